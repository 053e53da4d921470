import type { Rule } from '../options/define-options.js';

/** Anything but white space: the names of keys, and the ids of users, whose form OpenRouter does not document. */
export const NOT_BLANK_PATTERN = /\S/;
/** The hash of a key: its SHA-256 in lower-case hexadecimal digits. */
export const KEY_HASH_PATTERN = /^[0-9a-f]{64}$/;
export const UUID_PATTERN = /^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$/;
/** The id of a workspace, or its slug. */
export const WORKSPACE_PATTERN = /^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/;
// Without the lookahead a key would match, and end up in a URL.
export const GENERATION_ID_PATTERN = /^(?!sk-)[A-Za-z0-9][A-Za-z0-9._:-]{0,199}$/;

/** Whether a value is a string that matches a pattern. */
export function isMatching(value: unknown, pattern: RegExp): value is string {
  return typeof value === 'string' && pattern.test(value);
}

export const keyHashRule: Rule = (value) =>
  isMatching(value, KEY_HASH_PATTERN)
    ? undefined
    : 'must be the hash of a key, as `ApiKeysService.hashOf` makes it: 64 lower-case hexadecimal digits';

export const userIdRule: Rule = (value) =>
  isMatching(value, NOT_BLANK_PATTERN)
    ? undefined
    : "must be the id of a member of the organization, such as 'user_abc123'";

export const workspaceIdRule: Rule = (value) =>
  isMatching(value, UUID_PATTERN) ? undefined : 'must be the id of a workspace: a UUID, and not its slug';
