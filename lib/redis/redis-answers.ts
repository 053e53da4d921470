/** Checks of what Redis answers. */
import { saturated } from '../spend-limits/model/saturated.js';

export function listOf(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) {
    throw new TypeError('Redis did not return a list.');
  }
  return value;
}

/** A client may be configured to return numbers as strings. */
export function wholeNumber(value: unknown): number {
  const number = typeof value === 'string' || typeof value === 'number' ? Number(value) : NaN;
  if (!Number.isSafeInteger(number)) {
    throw new TypeError('Redis did not return a whole number.');
  }
  return number;
}

/** A sum, which may be greater than a `number` holds exactly. */
export function sumOf(value: unknown): number {
  const number = typeof value === 'string' || typeof value === 'number' ? Number(value) : NaN;
  return wholeNumber(Number.isInteger(number) ? saturated(number) : value);
}

export function textOf(value: unknown): string {
  if (typeof value !== 'string') {
    throw new TypeError('Redis did not return a text.');
  }
  return value;
}
