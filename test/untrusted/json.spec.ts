import { describe, expect, it } from '@jest/globals';
import { tryParseJson } from '../../lib/untrusted/json.js';

describe('untrusted JSON', () => {
  it.each<[string, unknown]>([
    ['{"a":[1,null,"x"]}', { a: [1, null, 'x'] }],
    ['\uFEFF{"a":1}', { a: 1 }],
    [' 7 ', 7],
    ['null', null],
    ['false', false],
    ['""', ''],
    ['1e400', Infinity],
    ['{"a":1,"a":2}', { a: 2 }],
  ])('%j is %j', (text, expected) => {
    expect(tryParseJson(text)).toEqual(expected);
  });

  it.each([
    '',
    '\uFEFF',
    '\uFEFF\uFEFF{}',
    'NaN',
    'undefined',
    'Infinity',
    "{'a':1}",
    '{"a":1',
    '{"a":1}}',
    '[1,]',
    '01',
    '"a\nb"',
    '<html>',
    'sk-or-v1-abcdefabcdefabcdef',
  ])('%j is none', (text) => {
    expect(tryParseJson(text)).toBeUndefined();
  });

  it('keeps `__proto__` a name like any other', () => {
    const value = tryParseJson(
      '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}',
    ) as object;
    expect(Object.hasOwn(value, '__proto__')).toBe(true);
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  });

  it('nests as deep as it likes', () => {
    let value = tryParseJson(`${'['.repeat(200_000)}${']'.repeat(200_000)}`);
    let depth = 0;
    while (Array.isArray(value)) {
      depth += 1;
      value = (value as unknown[])[0];
    }
    expect(depth).toBe(200_000);
  });
});
