import { types } from 'node:util';
import type { Rule } from '../options/define-options.js';
import { Obeys } from '../options/obeys.js';
import { standardSchema, type StandardSchemaProps } from '../options/standard-schema.js';
import {
  isMatching,
  KEY_HASH_PATTERN,
  keyHashRule,
  NOT_BLANK_PATTERN,
  userIdRule,
  UUID_PATTERN,
  workspaceIdRule,
} from '../wire/identifiers.js';
import { dayText, parseDay } from './activity-day.js';
import { openApi, optional, text } from '../openapi/open-api.js';

const DAY_PATTERN = /^\d{4}-\d{2}-\d{2}$/;

const dayRule: Rule = (value) =>
  wireDay(value) === undefined
    ? "must be a day of the calendar: a string such as '2026-08-24', or a Date, of which the day in UTC counts"
    : undefined;

const groupRule: Rule = (value) =>
  value === 'workspace' ? undefined : "must be 'workspace', or be left out";

/**
 * Selects a part of the activity; all of it by default. May be used behind a `ValidationPipe` as a controller's query.
 */
export class ActivityQuery {
  /** One day in UTC: a string `YYYY-MM-DD`, or a `Date`, of which the day in UTC counts. */
  @Obeys(dayRule)
  date?: string | Date | undefined;

  /**
   * Hash of the one key whose activity is asked for: 64 lower-case hexadecimal digits. `ApiKeysService.hashOf(key)`
   * has it.
   */
  @Obeys(keyHashRule)
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

  /** The class as a Standard Schema: `@Query({ schema: ActivityQuery })` on NestJS 12, behind a `StandardSchemaValidationPipe`. */
  static get '~standard'(): StandardSchemaProps<ActivityQuery> {
    return standardSchema(this);
  }

  /** @internal */
  static _OPENAPI_METADATA_FACTORY(): Record<string, object> {
    return openApi<ActivityQuery>({
      date: optional(
        text('One day in UTC', { format: 'date', pattern: DAY_PATTERN.source, example: '2026-08-24' }),
      ),
      apiKeyHash: optional(text('Hash of an API key', { pattern: KEY_HASH_PATTERN.source })),
      userId: optional(text('Id of a member of the organization', { pattern: NOT_BLANK_PATTERN.source })),
      workspaceId: optional(text('Id of a workspace', { pattern: UUID_PATTERN.source })),
      groupBy: optional(text(undefined, { enum: ['workspace'] })),
    });
  }
}

/** A day in the form that goes over the wire; `undefined` if the value is not a day. */
export function wireDay(value: unknown): string | undefined {
  // Not by instanceof: a Date may come from another realm.
  const text = types.isDate(value) && !Number.isNaN(value.getTime()) ? dayText(value) : value;
  return isMatching(text, DAY_PATTERN) && parseDay(text) !== undefined ? text : undefined;
}
