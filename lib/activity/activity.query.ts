import { types } from 'node:util';
import { UUID_PATTERN, workspaceIdRule } from '../api-keys/api-key.rules.js';
import { Obeys, type Rule } from '../options/option-rules.js';
import { dayText, parseDay } from './activity-day.js';

const DAY_PATTERN = /^\d{4}-\d{2}-\d{2}$/;
const HASH_PATTERN = /^[0-9a-f]{64}$/;
const NOT_BLANK = /\S/;

const dayRule: Rule = (value) =>
  wireDay(value) === undefined
    ? "must be a day of the calendar: a text such as '2026-08-24', or a Date, of which the day in UTC counts"
    : undefined;

const hashRule: Rule = (value) =>
  isText(value, HASH_PATTERN)
    ? undefined
    : 'must be the hash of a key, as `ApiKeysService.hashOf` makes it: 64 lower-case hexadecimal digits';

const userIdRule: Rule = (value) =>
  isText(value, NOT_BLANK)
    ? undefined
    : "must be the id of a member of the organization, such as 'user_abc123'";

const groupRule: Rule = (value) =>
  value === 'workspace' ? undefined : "must be 'workspace', or be left out";

/**
 * Which part of the activity is asked for; all of it by default. Fit to stand behind a `ValidationPipe` as a
 * controller's query.
 */
export class ActivityQuery {
  /** One day in UTC: a text `YYYY-MM-DD`, or a `Date`, of which the day in UTC counts. */
  @Obeys(dayRule)
  date?: string | Date | undefined;

  /** Hash of the one key whose activity is asked for: 64 lower-case hexadecimal digits. `ApiKeysService.hashOf(key)` has it. */
  @Obeys(hashRule)
  apiKeyHash?: string | undefined;

  /** Id of the one member of the organization whose activity is asked for. */
  @Obeys(userIdRule)
  userId?: string | undefined;

  /** Id of the one workspace whose activity is asked for: a UUID. */
  @Obeys(workspaceIdRule)
  workspaceId?: string | undefined;

  /** `'workspace'` splits the rows by workspace, and names it in each. */
  @Obeys(groupRule)
  groupBy?: 'workspace' | undefined;

  /** @internal */
  static _OPENAPI_METADATA_FACTORY(): Record<string, object> {
    return {
      date: {
        required: false,
        type: () => String,
        format: 'date',
        pattern: DAY_PATTERN.source,
        description: 'One day in UTC',
        example: '2026-08-24',
      },
      apiKeyHash: {
        required: false,
        type: () => String,
        pattern: HASH_PATTERN.source,
        description: 'Hash of an API key',
      },
      userId: {
        required: false,
        type: () => String,
        pattern: NOT_BLANK.source,
        description: 'Id of a member of the organization',
      },
      workspaceId: {
        required: false,
        type: () => String,
        pattern: UUID_PATTERN.source,
        description: 'Id of a workspace',
      },
      groupBy: { required: false, type: () => String, enum: ['workspace'] },
    };
  }
}

/** A day as the wire takes it; `undefined` for what is none. */
export function wireDay(value: unknown): string | undefined {
  // Not by instanceof: a Date may come from another realm.
  const text = types.isDate(value) && !Number.isNaN(value.getTime()) ? dayText(value) : value;
  return isText(text, DAY_PATTERN) && parseDay(text) !== undefined ? text : undefined;
}

function isText(value: unknown, pattern: RegExp): value is string {
  return typeof value === 'string' && pattern.test(value);
}
