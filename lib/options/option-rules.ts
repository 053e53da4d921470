import { mustBe, type Rule } from './define-options.js';

/** `setTimeout` fires at once for anything longer. */
export const MAX_TIMER_MS = 2_147_483_647;

export const trueOrFalse: Rule<boolean> = mustBe('true or false', (value) => typeof value === 'boolean');

export const nonEmptyString: Rule<string> = mustBe('a non-empty string', isNonEmptyString);

/** The name of an account. */
export const accountName: Rule<string> = (value) =>
  isNonEmptyString(value)
    ? undefined
    : { mustBe: 'the name of an account', fix: 'leave it out for the default one' };

/** A time limit or an interval. */
export const duration: Rule<number> = mustBe(
  `a number of milliseconds above 0 and at most ${MAX_TIMER_MS}`,
  (value) => isBetween(value, 0, MAX_TIMER_MS) && value !== 0,
);

/** A time, which may be 0. */
export const delay: Rule<number> = mustBe(`a number of milliseconds from 0 to ${MAX_TIMER_MS}`, (value) =>
  isBetween(value, 0, MAX_TIMER_MS),
);

/** An amount of US dollars, which may be negative. */
export const usd: Rule<number> = mustBe('a number of US dollars', (value) => Number.isFinite(value));

/** An amount of US dollars that cannot be negative. */
export const usdFromZero: Rule<number> = mustBe('a number of US dollars, 0 or more', (value) =>
  isBetween(value, 0, Number.MAX_VALUE),
);

/** Numbers from `min` to `max`. */
export function numberFrom(min: number, max: number): Rule<number> {
  return mustBe(`a number from ${min} to ${max}`, (value) => isBetween(value, min, max));
}

/** Whole numbers from `min` to `max`. */
export function integerFrom(min: number, max: number): Rule<number> {
  return mustBe(
    `a whole number from ${min} to ${max}`,
    (value) => Number.isInteger(value) && isBetween(value, min, max),
  );
}

/** One of a few strings. */
export function oneOf<const T extends string>(...choices: readonly [T, T]): Rule<T> {
  return mustBe(choices.map((choice) => `'${choice}'`).join(' or '), (value) => choices.includes(value as T));
}

/** A function. Its parameters and its result cannot be checked. */
export function functionOf<T>(): Rule<T> {
  return mustBe('a function', (value) => typeof value === 'function');
}

function isNonEmptyString(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== '';
}

function isBetween(value: unknown, min: number, max: number): boolean {
  return typeof value === 'number' && value >= min && value <= max;
}
