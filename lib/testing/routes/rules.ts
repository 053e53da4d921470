import { isRecord } from '../check-fields.js';

/** A check of a field, with the words that follow "must be" in its refusal. */
export interface Rule {
  readonly accepts: (value: unknown) => boolean;
  readonly must: string;
}

export const TEXT: Rule = { accepts: (value) => typeof value === 'string', must: 'a string' };

export const NAME: Rule = {
  accepts: (value) => typeof value === 'string' && value !== '',
  must: 'a non-empty string',
};

export const FLAG: Rule = { accepts: (value) => typeof value === 'boolean', must: 'true or false' };

export const UUID: Rule = {
  accepts: (value) => typeof value === 'string' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value),
  must: 'a UUID',
};

export const UTC_TIME: Rule = {
  accepts: (value) =>
    typeof value === 'string' &&
    /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?Z$/.test(value) &&
    !Number.isNaN(Date.parse(value)),
  must: 'an ISO 8601 time in UTC that ends in Z',
};

/** The messages of a chat. */
export const MESSAGES_RULE: Rule = {
  accepts: (value) => Array.isArray(value) && value.length > 0 && value.every(isMessage),
  must: 'a list of messages, each with a role',
};

/** An amount of US dollars. JSON can hold numbers that overflow to infinity. */
export const AMOUNT: Rule = {
  accepts: (value) => typeof value === 'number' && Number.isFinite(value) && value >= 0,
  must: 'a number of US dollars, 0 or more',
};

/** A whole number in a query. */
export function wholeNumber(low: number, high = Infinity): Rule {
  return {
    accepts: (value) => /^\d+$/.test(String(value)) && Number(value) >= low && Number(value) <= high,
    must: high === Infinity ? `a whole number, ${low} or more` : `a whole number from ${low} to ${high}`,
  };
}

export function oneOf(...choices: readonly (string | null)[]): Rule {
  return {
    accepts: (value) => (choices as readonly unknown[]).includes(value),
    must: `one of ${choices.map(String).join(', ')}`,
  };
}

export function orNull({ accepts, must }: Rule): Rule {
  return { accepts: (value) => value === null || accepts(value), must: `${must}, or null` };
}

/** What is wrong with a body, if anything. Fields without a rule are ignored, as the API ignores them. */
export function bodyProblem(
  body: unknown,
  rules: Readonly<Record<string, Rule>>,
  required: readonly string[] = [],
): string | undefined {
  // A body that is not JSON arrives here as a string.
  if (!isRecord(body)) return 'the body must be a JSON object';
  return problemIn((field) => body[field], rules, required);
}

/** The same for the parameters of a query, which are all strings. */
export function queryProblem(
  query: URLSearchParams,
  rules: Readonly<Record<string, Rule>>,
): string | undefined {
  return problemIn((field) => query.get(field) ?? undefined, rules, []);
}

function problemIn(
  read: (field: string) => unknown,
  rules: Readonly<Record<string, Rule>>,
  required: readonly string[],
): string | undefined {
  for (const [field, { accepts, must }] of Object.entries(rules)) {
    const value = read(field);
    const isFine = value === undefined ? !required.includes(field) : accepts(value);
    if (!isFine) return `${field} must be ${must}`;
  }
  return undefined;
}

function isMessage(value: unknown): boolean {
  return isRecord(value) && typeof value['role'] === 'string';
}
