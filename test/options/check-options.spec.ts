import { describe, expect, it } from '@jest/globals';
import { OpenRouterConfigException, OpenRouterValidationException } from '../../lib/errors/index.js';
import { checkCallOptions, checkConfig, configFaultIn } from '../../lib/options/check-options.js';
import { defineOptions, group, groupOrFalse, mustBe } from '../../lib/options/define-options.js';
import { headers } from '../../lib/options/header-rules.js';
import { key } from '../../lib/options/key-rules.js';
import { integerFrom, oneOf, trueOrFalse } from '../../lib/options/option-rules.js';
import { shown } from '../../lib/options/shown-value.js';
import { SecretString } from '../../lib/secret/secret-string.js';

interface Inner {
  size?: number | undefined;
}

interface Sample {
  flag?: boolean | undefined;
  mode?: 'a' | 'b' | undefined;
  list?: readonly number[] | undefined;
  inner?: Inner | undefined;
  maybe?: false | Inner | undefined;
  headers?: Readonly<Record<string, string>> | undefined;
  secret?: string | SecretString | undefined;
}

const INNER = defineOptions<Inner>('{ size: 1 }', { size: integerFrom(1, 3) });

const SAMPLE = defineOptions<Sample>('{ flag: true }', {
  flag: trueOrFalse,
  mode: oneOf('a', 'b'),
  list: mustBe<readonly number[]>('a list', Array.isArray),
  inner: group(INNER),
  maybe: groupOrFalse(INNER),
  headers,
  secret: key,
});

const problemsOf = (options: unknown): string | undefined => configFaultIn(SAMPLE, options, 'Here')?.message;

describe('options that are fine', () => {
  it('come back as a copy that is frozen, inherits nothing and leaves out what is undefined', () => {
    const given = {
      flag: true,
      mode: undefined,
      list: [1],
      inner: { size: 2 },
      maybe: false as const,
      headers: { 'x-a': 'b' },
    };
    const checked = checkConfig(SAMPLE, given, 'Here');
    expect({ ...checked }).toEqual({ ...given, mode: undefined });
    expect(Object.keys(checked)).not.toContain('mode');
    for (const copy of [checked, checked.inner, checked.list, checked.headers]) {
      expect(Object.isFrozen(copy)).toBe(true);
    }
    for (const copy of [checked, checked.inner, checked.headers]) {
      expect(Object.getPrototypeOf(copy)).toBeNull();
    }
    expect([given, given.list, given.inner, given.headers].some(Object.isFrozen)).toBe(false);
  });

  it('are not completed by what somebody has put on Object.prototype', () => {
    const pollution = { flag: 'polluted', inner: { size: 9 } };
    Object.assign(Object.prototype, pollution);
    try {
      const checked = checkConfig(SAMPLE, {}, 'Here');
      expect([checked.flag, checked.inner]).toEqual([undefined, undefined]);
    } finally {
      for (const name of Object.keys(pollution)) Reflect.deleteProperty(Object.prototype, name);
    }
  });

  it('are read once, by one look at each', () => {
    let looks = 0;
    const given = {
      get flag(): boolean {
        looks += 1;
        return looks === 1;
      },
    };
    expect(checkConfig(SAMPLE, given, 'Here').flag).toBe(true);
    expect(looks).toBe(1);
  });
});

describe('options that are wrong', () => {
  it.each<[unknown, string]>([
    [undefined, 'the options must be an object, for example { flag: true }; got undefined'],
    [[], 'the options must be an object, for example { flag: true }; got an empty list'],
    [{ flag: 'yes' }, "`flag` must be true or false; got 'yes'"],
    [{ mode: 'c' }, "`mode` must be 'a' or 'b'; got 'c'"],
    [{ inner: 5 }, '`inner` must be an object, for example { size: 1 }; got 5'],
    [{ inner: false }, '`inner` must be an object, for example { size: 1 }; got false'],
    [{ maybe: true }, '`maybe` must be false or an object, for example { size: 1 }; got true'],
    [{ inner: { size: 4 } }, '`inner.size` must be a whole number from 1 to 3; got 4'],
    [{ inner: { other: 4 } }, '`inner.other` is not known; there are `size`'],
    [
      { headers: 'x: y' },
      "`headers` must be an object of strings, for example { 'x-team': 'billing' }; got a string",
    ],
    [{ secret: 1234567 }, '`secret` must be a string or a SecretString; got a number'],
    [{ flag: 1, mode: 2 }, "`flag` must be true or false; got 1; `mode` must be 'a' or 'b'; got 2"],
  ])('%j', (options, problem) => {
    expect(problemsOf(options)).toBe(`Here: ${problem}.`);
  });

  it.each([
    [{ falg: true }, '`falg` is not known; did you mean `flag`?'],
    [{ inner: { sise: 1 } }, '`inner.sise` is not known; did you mean `size`?'],
    [JSON.parse('{"__proto__":{"flag":true}}'), '`__proto__` is not known; there are `flag`, `mode`'],
    [{ constructor: 1 }, '`constructor` is not known; there are `flag`, `mode`'],
  ])('%j has a name that is not known', (options, problem) => {
    expect(problemsOf(options)).toContain(`Here: ${problem}`);
  });

  it('are a fault of the configuration, or of an argument', () => {
    expect(() => checkConfig(SAMPLE, { flag: 1 }, 'Here')).toThrow(OpenRouterConfigException);
    expect(() => checkCallOptions(SAMPLE, { flag: 1 }, 'here')).toThrow(OpenRouterValidationException);
    expect(() => checkCallOptions(SAMPLE, { flag: 1 }, 'here')).toThrow(
      'here: `flag` must be true or false; got 1. Nothing was sent.',
    );
  });
});

describe('a value in a message', () => {
  it.each<[unknown, string]>([
    [undefined, 'undefined'],
    [null, 'null'],
    [5, '5'],
    [5n, '5n'],
    [Number.NaN, 'NaN'],
    [false, 'false'],
    ['', 'an empty string'],
    [' \t', 'a blank string'],
    ['abc', "'abc'"],
    ['a\nb', "'a\\nb'"],
    ['sk-or-v1-0123456789abcdef', 'a string of 25 characters'],
    [[80, 0.5], '[80, 0.5]'],
    [[], 'an empty list'],
    [Array(13).fill(1), 'a list'],
    [[1, 'abc'], 'a list'],
    [{ key: 'abc' }, 'an object'],
    [new SecretString('abc'), 'an object'],
    [() => 'abc', 'a function'],
    [Symbol('abc'), 'a symbol'],
  ])('%p is shown as %s', (value, text) => {
    expect(shown(value)).toBe(text);
  });
});

// @ts-expect-error -- a check for each option
defineOptions<Inner>('{}', {});
// @ts-expect-error -- no check for what is no option
defineOptions<Inner>('{}', { size: integerFrom(1, 3), other: trueOrFalse });
// @ts-expect-error -- a check of another type
defineOptions<Inner>('{}', { size: trueOrFalse });
