import { describe, expect, it } from '@jest/globals';
import { createScrub, REDACTED, scrubShapes } from '../../lib/secret/scrub.js';

const KEY = `sk-or-v1-${'12ab34cd'.repeat(8)}`;
const GATEWAY_KEY = 'gw/k+y=7f3aZq81&Lm';

describe('scrubbing secrets', () => {
  const scrub = createScrub([KEY, GATEWAY_KEY]);

  it.each([KEY, GATEWAY_KEY])('finds %s in every spelling', (key) => {
    for (const [name, spelling] of [
      ['raw', key],
      ['URL-encoded', encodeURIComponent(key)],
      ['base64', Buffer.from(key).toString('base64')],
      ['base64 without padding', Buffer.from(key).toString('base64').replace(/=+$/, '')],
    ] as const) {
      const text = scrub(`<${spelling}> and <${spelling}>`);
      expect([name, text]).toEqual([name, expect.stringMatching(/^<\[redacted\]=*> and <\[redacted\]=*>$/)]);
    }
  });

  it.each([
    ['Bearer abc.def', 'Bearer [redacted]'],
    ['authorization: bearer abc', 'authorization: bearer [redacted]'],
    ['BEARER\tabc"', 'BEARER [redacted]"'],
    [`{"authorization":"Bearer ${KEY}"}`, '{"authorization":"Bearer [redacted]"}'],
    [`Bearer ${GATEWAY_KEY}, then`, 'Bearer [redacted], then'],
    [`key=${KEY}&x=1`, 'key=[redacted]&x=1'],
    [`${KEY}${KEY}`, '[redacted][redacted]'],
    [`a${GATEWAY_KEY}b`, 'a[redacted]b'],
    ['sk-or-v1-0123456789', '[redacted]'],
    ['sk-or-v12-0123456789', '[redacted]'],
    ['sk-or-abcdefgh', '[redacted]'],
    ['x sk-or-v1-abc_DEF-123 y', 'x [redacted] y'],
  ])('%s becomes %s', (text, expected) => {
    expect(scrub(text)).toBe(expected);
  });

  it.each([KEY, GATEWAY_KEY])('finds %s in whatever case', (key) => {
    for (const spelling of [key.toUpperCase(), key.replace(/^./, (first) => first.toUpperCase())]) {
      expect(scrub(`<${spelling}>`)).toBe('<[redacted]>');
    }
    expect(scrubShapes(KEY.toUpperCase())).toBe('[redacted]');
  });

  it('finds the beginnings and the ends of a secret, from 16 characters on', () => {
    for (let length = 16; length < KEY.length; length += 1) {
      expect(scrub(`<${KEY.slice(0, length)}>`)).toBe('<[redacted]>');
      expect(scrub(`<...${KEY.slice(-length)}>`)).toBe('<...[redacted]>');
      expect(scrub(`<${KEY.slice(-length).toUpperCase()}>`)).toBe('<[redacted]>');
    }
    for (const text of [GATEWAY_KEY.slice(0, 16), GATEWAY_KEY.slice(-16)]) {
      expect(scrub(`${text} and ${text}`)).toBe('[redacted] and [redacted]');
    }
    expect(scrub(GATEWAY_KEY.slice(0, 15))).toBe(GATEWAY_KEY.slice(0, 15));
    expect(scrub(KEY.slice(-15))).toBe(KEY.slice(-15));
  });

  it('looks for a very long secret as a whole alone', () => {
    const cookie = 'session=0f1e2d3c4b5a; '.repeat(500);
    expect(createScrub([cookie])(`<${cookie}> <${cookie.slice(0, 20)}>`)).toBe(
      `<[redacted]> <${cookie.slice(0, 20)}>`,
    );
  });

  it.each([
    '',
    'nothing to hide',
    'sk-or-v1-0e6...1c96',
    'the label is sk-or-v1-abc...def.',
    'sk-or-',
    'sk-or-v1-',
    'sk-proj-abcdefghijkl',
    'forbearer x',
    'the bearer',
  ])('%j stays as it is', (text) => {
    expect(scrub(text)).toBe(text);
    expect(scrubShapes(text)).toBe(text);
  });

  it('leaves a text alone that is too short to be a secret', () => {
    expect(createScrub(['', 'a', 'abc'])('abcdef')).toBe('abcdef');
    expect(createScrub(['abcd'])('abcdef')).toBe('[redacted]ef');
  });

  it('takes the longer one of two secrets, whatever their order', () => {
    const long = 'secret-number-one-extended';
    for (const secrets of [
      ['secret-number-one', long],
      [long, 'secret-number-one'],
    ]) {
      expect(createScrub(secrets)(`<${long}> <secret-number-one>`)).toBe('<[redacted]> <[redacted]>');
    }
  });

  it('knows shapes without any secret', () => {
    expect(createScrub([])(`a ${KEY} b`)).toBe('a [redacted] b');
    expect(scrubShapes(`a ${KEY} b`)).toBe('a [redacted] b');
    expect(createScrub([])(GATEWAY_KEY)).toBe(GATEWAY_KEY);
  });

  it('takes secrets as texts and not as patterns', () => {
    const odd = '.*$&^(a+)+[x]$1';
    expect(createScrub([odd])(`<${odd}> <anything>`)).toBe('<[redacted]> <anything>');
    expect(REDACTED).toBe('[redacted]');
  });

  it('says the same twice', () => {
    const once = scrub(`Bearer ${KEY} ${Buffer.from(KEY).toString('base64')}`);
    expect(scrub(once)).toBe(once);
    expect(scrub(`x ${KEY}`)).toBe(scrub(`x ${KEY}`));
  });

  it('gets through long texts', () => {
    for (const text of [
      'sk-or-'.repeat(100_000),
      'bearer '.repeat(100_000),
      `bearer${' '.repeat(500_000)}`,
      KEY.slice(0, 15).repeat(100_000),
      KEY.slice(-15).repeat(100_000),
    ]) {
      expect(scrub(text).length).toBeGreaterThan(0);
    }
  });
});
