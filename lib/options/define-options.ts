/**
 * What is wrong with a value: the end of a sentence that begins with the option's name, for example `has a space in
 * it`. With `mustBe`, the message also says what was given, and `fix` comes last.
 */
export type Problem = string | Expectation;

/** What a value must be. */
export interface Expectation {
  readonly mustBe: string;
  readonly fix?: string;
  /** Whether the message must not repeat the value, which may be a secret. */
  readonly isSecret?: boolean;
}

/**
 * Judges the value of an option, which is never `undefined`.
 *
 * @param siblings - The object that holds the option, without what it inherits.
 * @returns `undefined` if the value is fine.
 */
export interface Rule<T = unknown> {
  (value: unknown, siblings: object): Problem | undefined;
  /** Type of the values that pass, for the compiler alone. */
  readonly accepts?: T;
}

/** An option that is an object of options itself. */
export interface Group<T> {
  readonly kind: 'group';
  readonly members: OptionTable;
  /** Whether `false` is allowed in the place of the object. */
  readonly orFalse: boolean;
  /** Type of the values that pass, for the compiler alone. */
  readonly accepts?: T;
}

/** An option that is an object whose names are the user's own. */
export interface Dictionary<T> {
  readonly kind: 'dictionary';
  /** An example of the object, for the message. */
  readonly example: string;
  /** What is wrong with one member, worded as a problem of the whole object. */
  readonly problemOf: (name: string, value: unknown) => string | undefined;
  /** Type of the values that pass, for the compiler alone. */
  readonly accepts?: T;
}

/** An option that is a list of objects of options. */
export interface List<T> {
  readonly kind: 'list';
  readonly members: OptionTable;
  /** The maximum number of objects. */
  readonly max: number;
  /** The fix for an empty list, given the object that holds it; `undefined` if the list may be empty. */
  readonly emptyProblem: (siblings: object) => string | undefined;
  /** The members that each object must have. */
  readonly required: readonly string[];
  /** What is wrong with an object that has no wrong member, given those before it. */
  readonly problemOf: (each: never, before: readonly never[]) => string | undefined;
  /** Type of the values that pass, for the compiler alone. */
  readonly accepts?: T;
}

/** How an option is checked. */
export type Check<T = unknown> = Rule<T> | Group<T> | Dictionary<T> | List<T>;

/** How each option of `T` is checked. */
export type Checks<T> = { readonly [Name in keyof T]-?: Check<Exclude<T[Name], undefined>> };

/** Options with a check for each of them. */
export interface OptionTable {
  /** An example of the options, for the message. */
  readonly example: string;
  readonly checks: Readonly<Record<string, Check>>;
}

/** The options of `T`, each with a check. */
export interface Options<T extends object> extends OptionTable {
  readonly checks: Checks<T>;
}

/**
 * Declares an object of options. All of them may be absent or `undefined`.
 *
 * @param example - An example of the options, for the message if something else is given.
 * @param checks - Exactly the members of `T`, in the order in which messages list them.
 */
export function defineOptions<T extends object>(example: string, checks: Checks<T>): Options<T> {
  return { example, checks };
}

/** An option that is an object of options itself. */
export function group<T extends object>(members: Options<T>): Group<T> {
  return { kind: 'group', members, orFalse: false };
}

/** An option that is an object of options itself, or `false`. */
export function groupOrFalse<T extends object>(members: Options<T>): Group<T | false> {
  return { kind: 'group', members, orFalse: true };
}

/** An option that is a list of objects of options. */
export function listOf<T extends object>(
  members: Options<T>,
  rest: {
    readonly max: number;
    readonly emptyProblem: (siblings: object) => string | undefined;
    readonly required: readonly (keyof T & string)[];
    readonly problemOf: (each: T, before: readonly T[]) => string | undefined;
  },
): List<readonly T[]> {
  return { kind: 'list', members, ...rest };
}

/** A rule of one condition. */
export function mustBe<T>(mustBe: string, holds: (value: unknown) => boolean): Rule<T> {
  const expectation = { mustBe };
  return (value) => (holds(value) ? undefined : expectation);
}

/** The words for a problem, without the value, for answers to other people's requests. */
export function problemText(problem: Problem): string {
  return typeof problem === 'string'
    ? problem
    : `must be ${problem.mustBe}${problem.fix === undefined ? '' : `; ${problem.fix}`}`;
}
