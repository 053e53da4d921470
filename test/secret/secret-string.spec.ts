import { format, inspect } from 'node:util';
import { deserialize, serialize } from 'node:v8';
import { describe, expect, it, jest } from '@jest/globals';
import { resolveOptions } from '../../lib/options/resolve-options.js';
import { isSecretString, SecretString } from '../../lib/secret/secret-string.js';
import { leaksIn } from '../support/leaks.js';

const TEXT = 'very-secret-0123456789-abcdefghij';

describe('a SecretString', () => {
  const secret = new SecretString(TEXT);

  it('gives its text to who asks for it', () => {
    expect(secret.reveal()).toBe(TEXT);
    expect(new SecretString('').reveal()).toBe('');
  });

  it.each<[string, () => string, string]>([
    ['String', () => String(secret), '[redacted]'],
    ['interpolation', () => `<${secret as unknown as string}>`, '<[redacted]>'],
    ['a sum', () => 'x' + (secret as unknown as string), 'x[redacted]'],
    [
      'JSON',
      () => JSON.stringify({ secret, list: [secret] }),
      '{"secret":"[redacted]","list":["[redacted]"]}',
    ],
    ['inspect', () => inspect(secret), '[redacted]'],
    [
      'deep inspect',
      () =>
        inspect(
          { a: { b: { c: { d: secret } } } },
          { depth: Infinity, showHidden: true, compact: true, breakLength: Infinity },
        ),
      '{ a: { b: { c: { d: [redacted] } } } }',
    ],
    ['%s', () => format('%s', secret), '[redacted]'],
    ['%o', () => format('%o', secret), '[redacted]'],
    ['%O', () => format('%O', secret), '[redacted]'],
    ['%j', () => format('%j', secret), '"[redacted]"'],
  ])('does not show it in %s', (_name, print, expected) => {
    expect(print()).toBe(expected);
  });

  it('does not show it to anything that looks inside', () => {
    expect(leaksIn(secret, [TEXT])).toEqual([]);
    expect(leaksIn({ nested: [secret] }, [TEXT])).toEqual([]);
    expect(inspect(secret, { customInspect: false, showHidden: true, depth: Infinity })).not.toContain(TEXT);
    expect(Object.keys(secret)).toEqual([]);
    expect(Object.assign({}, secret)).toEqual({});
  });

  it('does not travel', () => {
    expect(structuredClone(secret)).toEqual({});
    expect(deserialize(serialize({ secret }))).toEqual({ secret: {} });
    expect(serialize({ secret }).includes(TEXT)).toBe(false);
  });

  it('cannot be given another text', () => {
    expect(() => Object.assign(secret, { reveal: () => 'other' })).toThrow(TypeError);
    expect(secret.reveal()).toBe(TEXT);
  });

  it.each<unknown>([undefined, null, 7, {}, [TEXT], Object(TEXT)])('is not made of %p', (text) => {
    expect(() => new SecretString(text as string)).toThrow(
      new TypeError('SecretString: the secret must be a string.'),
    );
  });
});

describe('recognising one', () => {
  it.each<[string, unknown, boolean]>([
    ['one', new SecretString('x'), true],
    ['one of a subclass', new (class Mine extends SecretString {})('x'), true],
    ['a text', 'x', false],
    ['null', null, false],
    ['undefined', undefined, false],
    ['an object', {}, false],
    ['an object with reveal', { reveal: () => 'x' }, false],
    ['a function', () => 'x', false],
    ['the class', SecretString, false],
  ])('%s: %s', (_name, value, expected) => {
    expect(isSecretString(value)).toBe(expected);
  });

  it('works for another copy of the package', async () => {
    jest.resetModules();
    const copy = await import('../../lib/secret/secret-string.js');
    expect(copy.SecretString).not.toBe(SecretString);
    const foreign = new copy.SecretString(TEXT);
    expect(foreign).not.toBeInstanceOf(SecretString);
    expect(isSecretString(foreign)).toBe(true);
    expect(copy.isSecretString(new SecretString('x'))).toBe(true);
    expect(resolveOptions({ apiKey: foreign }, 'Here').options.keys.api).toBe(true);
    expect(() => resolveOptions({ apiKey: new copy.SecretString(' ') }, 'Here')).toThrow(
      '`apiKey` must not be blank',
    );
  });
});
