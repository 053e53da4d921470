import { inspect } from 'node:util';

/** Checks a field: what its value must be, or `undefined` if it is that. */
export interface Check {
  (value: unknown): string | undefined;
  /** Whether the field may not be left out. */
  readonly isRequired?: true;
  /** Whether the value may be a key, which no message repeats. */
  readonly isSecret?: true;
}

/** A check for each field of `T`. */
export type Fields<T> = { readonly [Name in keyof T]-?: Check };

/** What was given, as a frozen copy without the fields that were `undefined`. */
export type Checked<T> = { readonly [Name in keyof T]: Exclude<T[Name], undefined> };

/** Longer strings may be keys. */
const MAX_SHOWN_LENGTH = 12;

/** Typing errors in a name that are guessed at. */
const MAX_TYPOS = 2;

/**
 * Checks an object of fields.
 *
 * @param where - The call, so that the message reads without its stack.
 * @param owner - The field that holds the object, with a dot behind it; empty for an argument itself.
 * @throws TypeError that names the first field that is wrong, what was given, and what it must be.
 */
export function checkFields<T extends object>(
  where: string,
  given: unknown,
  fields: Fields<T>,
  owner = '',
): Checked<T> {
  const known = Object.keys(fields);
  if (!isRecord(given)) {
    const subject = owner === '' ? 'the argument' : `\`${owner.slice(0, -1)}\``;
    throw new TypeError(`${where}: ${subject} must be an object with ${quoted(known)}; got ${shown(given)}`);
  }
  const copy = Object.create(null) as Record<string, unknown>;
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(fields, name)) {
      throw new TypeError(`${where}: \`${owner}${name}\` is not known; ${hint(name, known)}`);
    }
    if (value !== undefined) copy[name] = value;
  }
  for (const [name, check] of Object.entries<Check>(fields)) {
    const value = copy[name];
    if (value === undefined && check.isRequired !== true) continue;
    checkValue(where, owner + name, value, check);
  }
  return Object.freeze(copy) as Checked<T>;
}

/**
 * Checks one value, which may not be `undefined`.
 *
 * @throws TypeError
 */
export function checkValue(where: string, field: string, value: unknown, check: Check): void {
  const mustBe = check(value);
  if (mustBe !== undefined) {
    refuse(where, field, `${mustBe}; got ${check.isSecret === true ? kindOf(value) : shown(value)}`);
  }
}

/** `where` names the call, so that the message reads without its stack: ``spend: `usd` must be …``. */
export function refuse(where: string, field: string, mustBe: string): never {
  throw new TypeError(`${where}: \`${field}\` must be ${mustBe}`);
}

export function isRecord(value: unknown): value is Partial<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A check of one condition. */
export function mustBe(what: string, holds: (value: unknown) => boolean): Check {
  return (value) => (holds(value) ? undefined : what);
}

/** A field that may not be left out. */
export function required(check: Check): Check {
  return Object.assign((value: unknown) => check(value), { isRequired: true } as const);
}

/** A field whose value no message repeats. */
export function secret(check: Check): Check {
  return Object.assign((value: unknown) => check(value), { isSecret: true } as const);
}

export const usd = mustBe(
  'a finite number of US dollars, 0 or more',
  (value) => typeof value === 'number' && Number.isFinite(value) && value >= 0,
);

export const nonEmptyString = mustBe(
  'a non-empty string',
  (value) => typeof value === 'string' && value !== '',
);

/** Whole numbers from `min` to `max`. */
export function integer(min: number, max: number): Check {
  return mustBe(
    `a whole number from ${min} to ${max}`,
    (value) => typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max,
  );
}

/** A wait; a longer timer would fire at once. */
export const milliseconds = integer(0, 2_147_483_647);

export function oneOf(choices: readonly unknown[]): Check {
  const list = choices.map((choice) => JSON.stringify(choice)).join(', ');
  return mustBe(`one of ${list}`, (value) => choices.includes(value));
}

function hint(name: string, known: readonly string[]): string {
  const near = known
    .map((candidate) => ({ candidate, typos: typosBetween(name.toLowerCase(), candidate.toLowerCase()) }))
    .sort((one, other) => one.typos - other.typos)[0];
  return near !== undefined && near.typos <= MAX_TYPOS
    ? `did you mean \`${near.candidate}\`?`
    : `there are ${quoted(known)}`;
}

/** The Levenshtein distance. Written here, since the sandbox shares no code with what it tests. */
function typosBetween(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, column) => column);
  for (let line = 1; line <= one.length; line += 1) {
    const next = [line];
    for (let column = 1; column <= other.length; column += 1) {
      const [left = 0, above = 0, diagonal = 0] = [next[column - 1], row[column], row[column - 1]];
      const isSame = one.charAt(line - 1) === other.charAt(column - 1);
      next.push(Math.min(left + 1, above + 1, isSame ? diagonal : diagonal + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ');
}

function shown(value: unknown): string {
  if (typeof value === 'string' && value !== '') {
    return value.length <= MAX_SHOWN_LENGTH ? inspect(value) : `a string of ${value.length} characters`;
  }
  const isPrimitive = value === null || !['object', 'function', 'symbol'].includes(typeof value);
  return value === '' ? 'an empty string' : isPrimitive ? String(value) : kindOf(value);
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
