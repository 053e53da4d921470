import { types } from 'node:util';
import type { Rule } from '../options/define-options.js';
import { isMatching, NOT_BLANK_PATTERN } from '../wire/identifiers.js';

/** The intervals after which a limit may be reset. */
export const LIMIT_RESETS = ['daily', 'weekly', 'monthly'] as const;

const UTC_PATTERN = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/;

export const NAME_IS_STRING = { message: '`name` must be a string' };
export const NAME_IS_NOT_BLANK = { message: '`name` must not be blank' };

export const limitRule: Rule = (value) =>
  value === null || (typeof value === 'number' && Number.isFinite(value) && value >= 0)
    ? undefined
    : 'must be a number of US dollars from 0, or null for no limit';

export const limitResetRule: Rule = (value) =>
  value === null || (LIMIT_RESETS as readonly unknown[]).includes(value)
    ? undefined
    : `must be one of ${LIMIT_RESETS.join(', ')}, or null for a limit that is not reset`;

export const expiryRule: Rule = (value) =>
  value === null || isUtcTime(utcText(value))
    ? undefined
    : "must be a valid Date, a UTC time in ISO 8601 that ends in Z such as '2030-01-31T00:00:00Z', or null for never";

export const creatorIdRule: Rule = (value) =>
  value === null || isMatching(value, NOT_BLANK_PATTERN) ? undefined : 'must be the id of a user, or null';

/** A point in time in the form that goes over the wire; a string is sent as it is. */
export function utcText(value: unknown): unknown {
  // Not by instanceof: under Jest a date comes from another realm.
  return types.isDate(value) && !Number.isNaN(value.getTime()) ? value.toISOString() : value;
}

/** The pattern alone would accept 30 February, which is then read as a day in March. */
function isUtcTime(text: unknown): boolean {
  if (typeof text !== 'string' || !UTC_PATTERN.test(text)) {
    return false;
  }
  const date = new Date(text);
  return !Number.isNaN(date.getTime()) && date.toISOString().slice(0, 19) === text.slice(0, 19);
}
