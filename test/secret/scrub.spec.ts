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
    'Bearer token is missing',
    'Bearer tokens are not taken here',
    'Bearer authentication-required: please sign in',
    'a Bearer authorization header is needed',
    'C:\\users\\xavier\\u1',
    '\\u00e9t\\u00e9 &#39;quoted&#39; \\n &#99999999;',
    '\u001b[31mred\u001b[0m',
  ])('%j stays as it is', (text) => {
    expect(scrub(text)).toBe(text);
    expect(scrubShapes(text)).toBe(text);
  });

  it.each(['Bearer token-8f7a6c5b4d3e', 'Bearer auth.abc', 'Bearer key_1', 'Bearer invalid-x-y'])(
    'a word is no excuse for %s',
    (text) => {
      expect(scrub(text)).toBe('Bearer [redacted]');
    },
  );

  it.each<[string, (character: string, code: number) => string]>([
    ['JSON', (_, code) => `\\u${code.toString(16).padStart(4, '0')}`],
    ['JSON in JSON', (_, code) => `\\\\u${code.toString(16).padStart(4, '0')}`],
    ['a programming language', (_, code) => `\\x${code.toString(16)}`],
    ['HTML', (_, code) => `&#${code};`],
    ['HTML in hexadecimal digits', (_, code) => `&#x${code.toString(16)};`],
    ['JSON, with a NUL behind each', (character) => `${character}\\u0000`],
    ['JSON, with a line break behind each', (character) => `${character}\\n`],
    ['a terminal, in colours', (character) => `${character}\u001b[0;31m`],
  ])('finds a secret as %s writes its characters', (_name, write) => {
    for (const secret of [KEY, GATEWAY_KEY]) {
      const text = Array.from(secret, (character) => write(character, character.charCodeAt(0))).join('');
      expect(scrub(`<${text}>`)).toMatch(/^<\[redacted\].{0,7}>$/);
    }
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

  it('gives back the beginning of a long text, and nothing of a secret at its end', () => {
    for (const before of [65_536 - 40, 65_536 - 20, 65_536 - 15, 65_536 - 8]) {
      const text = scrub(`${'x'.repeat(before)}${GATEWAY_KEY}${'y'.repeat(100_000)}`);
      expect(text).toMatch(/^x{65000,}.*…$/);
      expect(text).not.toContain(GATEWAY_KEY.slice(0, 4));
      expect(text.length).toBeLessThanOrEqual(65_537);
    }
  });

  it('gets through long texts', () => {
    for (const text of [
      'sk-or-'.repeat(100_000),
      'bearer '.repeat(100_000),
      `bearer${' '.repeat(500_000)}`,
      `sk-or-${'a'.repeat(8_000_000)}`,
      `Bearer ${'a'.repeat(8_000_000)}`,
      'eyJ'.repeat(100_000),
      'eyJhbGciOiJF.'.repeat(100_000),
      'a.'.repeat(100_000),
      '\u200b'.repeat(100_000),
      'a\u200b'.repeat(100_000),
      KEY.slice(0, 15).repeat(100_000),
      KEY.slice(-15).repeat(100_000),
    ]) {
      expect(scrub(text).length).toBeGreaterThan(0);
    }
  });
});

const JWT = [
  base64url('{"alg":"ES256","typ":"JWT","kid":"2026-11"}'),
  base64url(`{"sub":"workload","aud":"openrouter","jti":"${'7f3a'.repeat(40)}"}`),
  'Zq81LmN0pXy2-_'.repeat(6).slice(0, 86),
].join('.');

/** Every piece of a secret of so many characters. */
function pieces(secret: string, length: number): string[] {
  return Array.from({ length: secret.length - length + 1 }, (_, start) =>
    secret.slice(start, start + length),
  );
}

describe('pieces of a secret that is in use', () => {
  const scrub = createScrub([KEY, GATEWAY_KEY, JWT]);

  it.each([
    ['a key', KEY],
    ['a key of a gateway', GATEWAY_KEY],
    ['a JWT', JWT],
  ])('are found wherever they are from, from 16 characters on: %s', (_name, secret) => {
    for (const length of [16, 17, Math.max(16, Math.ceil(secret.length / 2))].filter(
      (one) => one <= secret.length,
    )) {
      for (const piece of pieces(secret, length)) {
        expect(scrub(`<${piece}>`)).toBe('<[redacted]>');
        expect(scrub(`<${piece.toUpperCase()}>`)).toBe('<[redacted]>');
      }
    }
  });

  it.each([KEY, GATEWAY_KEY, JWT])('are found in every spelling: %s', (secret) => {
    const bytes = Buffer.from(secret);
    const basic = (text: string) => Buffer.from(text).toString('base64');
    for (const spelling of [
      bytes.toString('hex'),
      bytes.toString('hex').toUpperCase(),
      bytes.toString('base64url'),
      basic(`:${secret}`),
      basic(`${secret}:`),
      basic(`Bearer ${secret}`),
      basic(`:${secret}`).replace(/=+$/, ''),
      [...bytes].map((byte) => `%${byte.toString(16)}`).join(''),
      encodeURIComponent(encodeURIComponent(secret)),
    ]) {
      expect(scrub(`<${spelling}>`)).toBe('<[redacted]>');
      for (const piece of pieces(spelling, 32)) {
        expect(scrub(`<${piece}>`)).toBe('<[redacted]>');
      }
    }
  });

  it('are found inside base64 of something longer, wherever they begin', () => {
    for (const before of ['user:', '{"key":"', '{"a":1,"key":"', 'x']) {
      const text = scrub(Buffer.from(`${before}${GATEWAY_KEY}"} and so on`).toString('base64'));
      expect(text).toContain('[redacted]');
      expect(Buffer.from(text.replace('[redacted]', ' '), 'base64').toString()).not.toContain('7f3a');
    }
  });

  it.each([
    ['zero-width spaces', '\u200b'],
    ['NULs', '\0'],
    ['controls', '\u0007'],
    ['line breaks', '\r\n'],
    ['soft hyphens', '\u00ad'],
    ['byte order marks', '\ufeff'],
    ['marks of direction', '\u202e'],
    ['word joiners', '\u2060'],
    ['variation selectors', '\ufe0f'],
    ['tags', '\u{e0041}'],
    ['combining marks', '\u0336'],
    ['thin spaces', '\u2009'],
    ['halves of surrogate pairs', '\ud800'],
  ])('are found with %s in between', (_name, between) => {
    for (const secret of [KEY, GATEWAY_KEY, JWT, KEY.slice(20, 40)]) {
      expect(scrub(`<${Array.from(secret).join(between)}>`)).toBe('<[redacted]>');
      expect(scrub(`ü<${secret.slice(0, 8)}${between}${secret.slice(8)}>`)).toBe('ü<[redacted]>');
    }
  });

  it('leave the rest as it was, in whatever alphabet', () => {
    const around = 'Zeile eins\nZeile zwei\t\u00e9t\u00e9 \u{1f600} \u0130stanbul\u200b';
    expect(scrub(`${around}${KEY}${around}`)).toBe(`${around}[redacted]${around}`);
    expect(scrub(around)).toBe(around);
  });

  it('are no pieces if they are shorter', () => {
    for (const secret of [GATEWAY_KEY, JWT]) {
      for (const piece of pieces(secret, 15)) {
        expect(scrub(`<${piece}>`)).toBe(`<${piece}>`);
      }
    }
  });

  it('are found of a very long secret, too', () => {
    const cookie = Array.from({ length: 400 }, (_, at) => `c${at}=${(at * 7919).toString(36)}`).join('; ');
    const scrubCookie = createScrub([cookie]);
    for (const piece of pieces(cookie, 40).filter((_, at) => at % 97 === 0)) {
      expect(scrubCookie(`<${piece}>`)).toBe('<[redacted]>');
    }
  });
});

describe('JSON web tokens', () => {
  it.each([
    [JWT, '[redacted]'],
    [`token ${JWT}, then`, 'token [redacted], then'],
    [`Bearer ${JWT}`, 'Bearer [redacted]'],
    [`{"jwt":"${JWT}"}`, '{"jwt":"[redacted]"}'],
    [`...${JWT}`, '...[redacted]'],
    [`a.b.${JWT}`, 'a.b.[redacted]'],
    [`key_${JWT}`, 'key_[redacted]'],
    [JWT.slice(0, JWT.lastIndexOf('.')), '[redacted]'],
    [Array.from(JWT).join('\u200b'), '[redacted]'],
    [`${JWT}.more.parts`, '[redacted]'],
  ])('are found by their shape alone', (text, expected) => {
    expect(scrubShapes(text)).toBe(expected);
  });

  it.each([
    'eyJ',
    'eyJhbGciOiJFUzI1NiJ9',
    'see docs/eyJ.a.b',
    '1.2.3',
    'a.b.c',
    'www.example.com',
    'eyJhbGci...',
  ])('%s is none', (text) => {
    expect(scrubShapes(text)).toBe(text);
  });
});

describe('what is shaped like a key', () => {
  it('is found in base64 and in hexadecimal digits, too', () => {
    for (const before of ['', ':', 'ab', 'Bearer ']) {
      const text = scrubShapes(`<${Buffer.from(before + KEY).toString('base64')}>`);
      expect(text).toMatch(/^<[A-Za-z0-9]{0,12}\[redacted\]>$/);
    }
    expect(scrubShapes(`<${Buffer.from(KEY).toString('hex')}>`)).toBe('<[redacted]>');
  });

  it('is found with what nobody sees in between', () => {
    expect(scrubShapes(`<${Array.from(KEY).join('\u200b')}>`)).toBe('<[redacted]>');
    expect(scrubShapes(`Bearer a\0b\0c d`)).toBe('Bearer [redacted] d');
    expect(scrubShapes(`${KEY}\nNext`)).toBe('[redacted]\nNext');
  });
});

function base64url(text: string): string {
  return Buffer.from(text).toString('base64url');
}
