import { inspect } from 'node:util';
import { isThenable } from '../untrusted/is-thenable.js';

/** Longer strings may be keys. */
const MAX_SHOWN_LENGTH = 12;

const MAX_SHOWN_NUMBERS = 12;

/** A value as a message shows it: primitives as they are written, anything that may hold a secret by its kind alone. */
export function shown(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return shownString(value);
    case 'number':
    case 'boolean':
    case 'undefined':
      return String(value);
    case 'bigint':
      return `${value}n`;
    default:
      return isShortListOfNumbers(value) ? `[${value.join(', ')}]` : kindOf(value);
  }
}

/** The kind of a value, as messages name it. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) {
    return String(value);
  }
  if (Array.isArray(value)) {
    return value.length === 0 ? 'an empty list' : 'a list';
  }
  if (isThenable(value)) {
    return 'a promise; await it first';
  }
  const type = typeof value;
  return type === 'object' ? 'an object' : `a ${type}`;
}

function isShortListOfNumbers(value: unknown): value is readonly number[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.length <= MAX_SHOWN_NUMBERS &&
    value.every((one) => typeof one === 'number')
  );
}

function shownString(text: string): string {
  if (text === '') {
    return 'an empty string';
  }
  if (text.trim() === '') {
    return 'a blank string';
  }
  return text.length <= MAX_SHOWN_LENGTH ? inspect(text) : `a string of ${text.length} characters`;
}
