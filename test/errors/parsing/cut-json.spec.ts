import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { jsonObjectIn, parseCutJson } from '../../../lib/errors/parsing/cut-json.js';

describe('JSON that was cut off', () => {
  it.each<[string, unknown]>([
    ['{', {}],
    ['\uFEFF {"a":1', {}],
    ['{"a":1,', { a: 1 }],
    ['{"a":1,"b', { a: 1 }],
    ['{"a":1,"b"', { a: 1 }],
    ['{"a":1,"b":', { a: 1 }],
    ['{"a":1,"b":2', { a: 1 }],
    ['{"a":{"b":[1,{"c":"d"}', { a: { b: [1, { c: 'd' }] } }],
    ['{"a":{"b":[1,{"c":"d"},', { a: { b: [1, { c: 'd' }] } }],
    ['{"a":"short', { a: '' }],
    ['{"a":"x","b":["y","', { a: 'x', b: ['y', ''] }],
    ['{"a":"q\\"{[,:","b":tru', { a: 'q"{[,:' }],
    ['[{"a":1}', undefined],
    ['text', undefined],
    ['', undefined],
    ['{bad', undefined],
  ])('%s', (text, expected) => {
    // A broken beginning leaves an object without members, and no members that were not sent.
    expect(parseCutJson(text) ?? undefined).toEqual(text === '{bad' ? {} : expected);
  });

  it('has the beginning of a long text, without the end in which half of a secret may stand', () => {
    const text = 'x\\n\\u00e9\\"'.repeat(1_000);
    for (let more = 0; more < 12; more += 1) {
      const { a } = parseCutJson(`{"a":"${text.slice(0, 8_000 + more)}`) as { a: string };
      const whole = JSON.parse(`"${text}"`) as string;
      expect(whole.startsWith(a)).toBe(true);
      expect(a.length).toBeGreaterThan(1_500);
    }
  });

  it('never has a member that the whole has not', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.nat(), (value, at) => {
        const text = JSON.stringify(value);
        const cut = parseCutJson(text.slice(0, at % (text.length + 1)));
        if (cut === undefined) return true;
        const whole = JSON.parse(text) as Record<string, unknown>;
        return Object.keys(cut as object).every((name) => Object.hasOwn(whole, name));
      }),
    );
  });
});

describe('the JSON object in a text', () => {
  it.each<[string, unknown]>([
    ['said: {"a":{"b":"}"}} and {"c":1}', { a: { b: '}' } }],
    ['{"a":1', {}],
    ['402 {"a":"x","b":1} (sorry)', { a: 'x', b: 1 }],
    ["{'a': 1}", undefined],
    ['no { brace', {}],
    ['none', undefined],
  ])('%s', (text, expected) => {
    expect(jsonObjectIn(text)).toEqual(expected);
  });

  it('is whatever stands first', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.string(), (value, after) => {
        const text = JSON.stringify(value);
        expect(jsonObjectIn(`x ${text} ${after}`)).toEqual(JSON.parse(text));
      }),
    );
  });
});
