import type { Account } from '../account/account.js';
import { type AccountKey, randomKey } from '../account/keys.js';
import { PERIODS, type Period } from '../account/periods.js';
import { currentKeyBody, keyBody } from './key-bodies.js';
import { type SandboxCall, type SandboxReply, type SandboxRoute, invalid, refusal } from './route.js';
import {
  AMOUNT,
  FLAG,
  NAME,
  TEXT,
  UTC_TIME,
  UUID,
  bodyProblem,
  oneOf,
  orNull,
  queryProblem,
  wholeNumber,
} from './rules.js';

const PAGE_SIZE = 100;

const LIST_RULES = {
  include_disabled: oneOf('true', 'false'),
  offset: wholeNumber(0),
  workspace_id: UUID,
};

const SETTINGS_RULES = {
  limit: orNull(AMOUNT),
  limit_reset: oneOf(...PERIODS, null),
  include_byok_in_limit: FLAG,
};

const CREATE_RULES = {
  ...SETTINGS_RULES,
  name: NAME,
  expires_at: orNull(UTC_TIME),
  creator_user_id: orNull(NAME),
  workspace_id: UUID,
};

const UPDATE_RULES = { ...SETTINGS_RULES, name: TEXT, disabled: FLAG };

/** The fields of both bodies, once they were checked. */
interface KeyFields {
  readonly name?: string;
  readonly disabled?: boolean;
  readonly limit?: number | null;
  readonly limit_reset?: Period | null;
  readonly include_byok_in_limit?: boolean;
  readonly expires_at?: string | null;
  readonly creator_user_id?: string | null;
  readonly workspace_id?: string;
}

export function keysRoutes(account: Account): SandboxRoute[] {
  const { keys, workspaces } = account;

  const getCurrent = ({ caller }: SandboxCall): SandboxReply => ({
    status: 200,
    headers: { 'cache-control': 'private, no-store' },
    json: { data: currentKeyBody(account, caller.kind === 'api' ? caller.key : undefined) },
  });

  const list = ({ query }: SandboxCall): SandboxReply => {
    const problem = queryProblem(query, LIST_RULES);
    if (problem !== undefined) return invalid(problem);
    const wanted = query.get('workspace_id')?.toLowerCase() ?? workspaces.default.id;
    const offset = Number(query.get('offset') ?? 0);
    const found = keys
      .list()
      .filter(({ workspaceId }) => workspaceId === wanted)
      .filter(({ disabled }) => !disabled || query.get('include_disabled') === 'true');
    return { status: 200, json: { data: found.slice(offset, offset + PAGE_SIZE).map(keyBody) } };
  };

  const create = ({ body }: SandboxCall): SandboxReply => {
    const problem = bodyProblem(body, CREATE_RULES, ['name']);
    if (problem !== undefined) return invalid(problem);
    const fields = body as KeyFields;
    const workspace =
      fields.workspace_id === undefined
        ? workspaces.default
        : workspaces.find(fields.workspace_id.toLowerCase());
    if (workspace === undefined) return invalid('workspace_id must be that of a workspace of this account');
    const text = randomKey();
    const key = keys.create({
      text,
      name: fields.name ?? '',
      disabled: false,
      limit: fields.limit ?? null,
      limitReset: fields.limit_reset ?? null,
      includeByokInLimit: fields.include_byok_in_limit ?? false,
      workspaceId: workspace.id,
      creatorUserId: fields.creator_user_id ?? account.userId,
      expiresAt: typeof fields.expires_at === 'string' ? new Date(fields.expires_at) : null,
    });
    return { status: 201, json: { data: keyBody(key), key: text } };
  };

  const update = (key: AccountKey, { body }: SandboxCall): SandboxReply => {
    const problem = bodyProblem(body, UPDATE_RULES);
    if (problem !== undefined) return invalid(problem);
    const fields = body as KeyFields;
    // `null` clears a field; a field that is left out stays unchanged.
    if (fields.name !== undefined) key.name = fields.name;
    if (fields.disabled !== undefined) key.disabled = fields.disabled;
    if (fields.limit !== undefined) key.limit = fields.limit;
    if (fields.limit_reset !== undefined) key.limitReset = fields.limit_reset;
    if (fields.include_byok_in_limit !== undefined) key.includeByokInLimit = fields.include_byok_in_limit;
    key.updatedAt = new Date();
    return { status: 200, json: { data: keyBody(key) } };
  };

  const onKey =
    (handle: (key: AccountKey, call: SandboxCall) => SandboxReply) =>
    (call: SandboxCall): SandboxReply => {
      const key = keys.byHash(call.params['hash'] ?? '');
      return key === undefined || key.deleted ? refusal(404) : handle(key, call);
    };

  const managed = { access: 'management-key' } as const;
  return [
    { method: 'GET', path: '/key', access: 'any-key', handle: getCurrent },
    { method: 'GET', path: '/auth/key', access: 'any-key', handle: getCurrent },
    { ...managed, method: 'GET', path: '/keys', handle: list },
    { ...managed, method: 'POST', path: '/keys', handle: create },
    {
      ...managed,
      method: 'GET',
      path: '/keys/{hash}',
      handle: onKey((key) => ({ status: 200, json: { data: keyBody(key) } })),
    },
    { ...managed, method: 'PATCH', path: '/keys/{hash}', handle: onKey(update) },
    {
      ...managed,
      method: 'DELETE',
      path: '/keys/{hash}',
      handle: onKey((key) => {
        key.deleted = true;
        return { status: 200, json: { deleted: true } };
      }),
    },
  ];
}
