import { describe, expect, it } from '@jest/globals';
import { isOpenRouterException, type OpenRouterValidationException } from '../../lib/errors/index.js';
import { checkScope, mergeScopes } from '../../lib/options/spend-scope.js';

function refusalOf(scope: unknown): OpenRouterValidationException {
  try {
    checkScope(scope, 'Here');
  } catch (error) {
    if (isOpenRouterException(error)) return error as OpenRouterValidationException;
    throw error;
  }
  throw new Error('the scope was accepted');
}

const LONG = 'x'.repeat(200);

describe('a scope', () => {
  it.each<[Record<string, string>]>([
    [{}],
    [{ tenant: 'acme' }],
    [{ tenant: 'Zürich & Söhne 🦊', user: '4711', featureX9: LONG }],
    [{ [`a${'b'.repeat(31)}`]: ' ' }],
    [{ constructor: 'c', toString: 't' }],
  ])('%j is accepted as a frozen copy that inherits nothing', (scope) => {
    const checked = checkScope(scope, 'Here');
    expect({ ...checked }).toEqual(scope);
    expect(checked).not.toBe(scope);
    expect(Object.isFrozen(checked)).toBe(true);
    expect(Object.getPrototypeOf(checked)).toBeNull();
  });

  it.each<[unknown, string, string]>([
    [undefined, '', "must be an object of strings, for example { tenant: 'acme' }; got undefined"],
    [null, '', 'got null'],
    ['acme', '', 'got a string'],
    [['acme'], '', 'got a list'],
    [Promise.resolve({ tenant: 'acme' }), '', 'got a promise; await it first'],
    [{ Tenant: 'acme' }, 'Tenant', 'the name "Tenant" must be a lower-case letter followed by'],
    [
      { 'tenant-id': 'acme' },
      'tenant-id',
      'must be a lower-case letter followed by up to 31 letters and digits',
    ],
    [{ ['a'.repeat(33)]: 'acme' }, 'a'.repeat(33), 'must be a lower-case letter'],
    [JSON.parse('{"__proto__":"acme"}'), '__proto__', 'must be a lower-case letter'],
    [
      { tenant: undefined },
      'tenant',
      '`tenant` must be a string; got undefined; if nobody is known, refuse the request, or leave the name out',
    ],
    [{ tenant: null }, 'tenant', 'got null; if nobody is known'],
    [{ tenant: 7 }, 'tenant', '`tenant` must be a string; got a number; use String(…)'],
    [{ tenant: { id: 7 } }, 'tenant', 'got an object'],
    [{ tenant: '' }, 'tenant', 'must be a string of 1 to 200 characters; got 0 characters'],
    [{ tenant: `${LONG}x` }, 'tenant', 'got 201 characters'],
    [{ tenant: 'a\nb' }, 'tenant', '`tenant` must not contain a control character'],
    [{ tenant: 'a\u0085' }, 'tenant', 'must not contain a control character'],
    [{ tenant: 'a\ud800' }, 'tenant', '`tenant` must not contain half of a surrogate pair'],
    [
      Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`n${i}`, 'v'])),
      '',
      'at most 16 names; got 17',
    ],
  ])('%j is refused', (scope, property, problem) => {
    const { message, errors } = refusalOf(scope);
    expect(errors.map((error) => error.property)).toEqual([property]);
    expect(message).toContain('Here');
    expect(Object.values(errors[0]?.constraints ?? {}).join()).toContain(problem);
  });

  it('shows no value', () => {
    expect(refusalOf({ tenant: 'sk-or-v1-secret\n' }).message).not.toContain('secret');
  });

  it('names every wrong member', () => {
    expect(refusalOf({ tenant: 1, user: 2, ok: 'x' }).errors.map(({ property }) => property)).toEqual([
      'tenant',
      'user',
    ]);
  });

  it('is merged with the inner one over the outer one', () => {
    const outer = checkScope({ tenant: 'a', user: 'u' }, 'Here');
    const inner = checkScope({ user: 'v', feature: 'f' }, 'Here');
    expect({ ...mergeScopes(outer, inner) }).toEqual({ tenant: 'a', user: 'v', feature: 'f' });
    expect(Object.isFrozen(mergeScopes(outer, inner))).toBe(true);
    expect(mergeScopes(undefined, inner)).toBe(inner);
  });
});
