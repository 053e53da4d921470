import type { SpendScope } from '../contracts/completion-cost.js';
import { BadScopeException } from '../errors/bad-scope.exception.js';
import type { OpenRouterValidationError } from '../errors/client.exceptions.js';
import { isRecord } from '../untrusted/is-record.js';
import { isThenable } from '../untrusted/is-thenable.js';
import type { Rule } from './define-options.js';
import { kindOf } from './shown-value.js';

const MAX_NAMES = 16;
const MAX_LENGTH = 200;

const NAME = /^[a-z][A-Za-z0-9]{0,31}$/;

/** What may be shown of a wrong name: a key is longer. */
const SHOWN_NAME = /^[\w-]{1,32}$/;

const CONTROL_CHARACTER = /\p{Cc}/u;
/** Stores would replace it, and so confuse two values. */
const LONE_SURROGATE = /\p{Cs}/u;

/**
 * Checks a scope where it is set.
 *
 * @param subject - Where it was given, for the message.
 * @returns A frozen copy that inherits nothing.
 * @throws `OpenRouterValidationException` that names every wrong member and shows no value.
 */
export function checkScope(scope: unknown, subject: string): SpendScope {
  if (!isRecord(scope) || isThenable(scope)) {
    throw new BadScopeException(subject, [
      {
        property: '',
        constraints: {
          isObject: `the scope must be an object of strings, for example { tenant: 'acme' }; got ${kindOf(scope)}`,
        },
      },
    ]);
  }
  const names = Object.keys(scope);
  const errors =
    names.length > MAX_NAMES ? [tooMany(names.length)] : names.flatMap((name) => errorsOf(name, scope[name]));
  if (errors.length > 0) {
    throw new BadScopeException(subject, errors);
  }
  return frozenScope(scope as SpendScope);
}

/** Names the first wrong name, unless it may be a key. */
function wrongOf(names: readonly unknown[]): string {
  const wrong: unknown = names.find((name) => !isName(name));
  return typeof wrong === 'string' && SHOWN_NAME.test(wrong) ? `; '${wrong}' is none` : '';
}

/**
 * A list of names of the scope.
 *
 * @param taken - Names that already mean something else where the list is used.
 */
export function scopeNames(taken: readonly string[] = []): Rule<readonly string[]> {
  return (value) => {
    if (!Array.isArray(value)) {
      return { mustBe: "a list of names of the scope, for example ['tenant']" };
    }
    const names: unknown[] = value;
    if (!names.every(isName)) {
      return `must contain names of the scope only: a lower-case letter followed by up to 31 letters and digits${wrongOf(names)}`;
    }
    const isWrong = (name: string, index: number): boolean =>
      taken.includes(name) || names.indexOf(name) < index;
    const wrong = names.find(isWrong);
    if (wrong === undefined) {
      return undefined;
    }
    return taken.includes(wrong)
      ? `contains '${wrong}', which already means something else here; use another name in the scope`
      : `contains '${wrong}' twice`;
  };
}

/** Merges two scopes; where both have a name, the inner one's value counts. */
export function mergeScopes(outer: SpendScope | undefined, inner: SpendScope): SpendScope {
  return outer === undefined ? inner : frozenScope({ ...outer, ...inner });
}

function isName(name: unknown): name is string {
  return typeof name === 'string' && NAME.test(name);
}

function frozenScope(scope: SpendScope): SpendScope {
  return Object.freeze(Object.assign(Object.create(null) as Record<string, string>, scope));
}

function errorsOf(name: string, value: unknown): OpenRouterValidationError[] {
  if (!NAME.test(name)) {
    const shownName = JSON.stringify(name.slice(0, 40));
    return [
      {
        property: name.slice(0, 40),
        constraints: {
          matches: `the name ${shownName} must be a lower-case letter followed by up to 31 letters and digits`,
        },
      },
    ];
  }
  const problem = problemOf(value);
  return problem === undefined
    ? []
    : [{ property: name, constraints: { isString: `\`${name}\` ${problem}` } }];
}

function problemOf(value: unknown): string | undefined {
  if (typeof value !== 'string') {
    return `must be a string; got ${kindOf(value)}${fixFor(value)}`;
  }
  if (value === '' || value.length > MAX_LENGTH) {
    return `must be a string of 1 to ${MAX_LENGTH} characters; got ${value.length} characters`;
  }
  if (LONE_SURROGATE.test(value)) {
    return 'must not contain half of a surrogate pair';
  }
  return CONTROL_CHARACTER.test(value) ? 'must not contain a control character' : undefined;
}

function fixFor(value: unknown): string {
  if (value === undefined || value === null) {
    return (
      '; if nobody is known, refuse the request, or leave the name out: a scope without it is not limited by rules ' +
      'that count by it'
    );
  }
  return typeof value === 'number' || typeof value === 'bigint' ? '; use String(…)' : '';
}

function tooMany(count: number): OpenRouterValidationError {
  return {
    property: '',
    constraints: { maxNames: `the scope must have at most ${MAX_NAMES} names; got ${count}` },
  };
}
