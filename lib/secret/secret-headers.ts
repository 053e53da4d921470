import { REDACTED, scrubShapes } from './scrub.js';

const SECRET_NAME = /auth|key|token|secret|cookie|signature|credential|jwt|pass|pwd|session/i;

/** Last words of a name by which the value is a secret itself, as opposed to something about one (`x-session-mode`). */
const SECRET_NOUN =
  /(?:auth|authorization|key|keys|token|tokens|secret|secrets|cookie|cookies|signature|sig|credential|credentials|jwt|session|sid)$/;
/** What people choose themselves may be any word. */
const PASSWORD_NOUN = /(?:password|passwd|passphrase|pass|pwd)$/;
/** Says no more of what it stands behind. */
const IDLE_WORD = /^(?:id|value|v?\d+)$/;

/** A text that is shorter is met by chance. */
const SHORTEST = 4;
const SHORTEST_PART = 8;
/** One, or a few that are written as one: `OpenRouter`. */
const PLAIN_WORD = /^(?=.{1,15}$)(?:[A-Z]+|[a-z]+|[A-Z]?[a-z]{2,}(?:[A-Z][a-z]{2,})*)$/;
const NUMBER = /^[\d.,:-]{1,7}$/;
/** So much of a text shows what it looks like. */
const LOOKED_AT = 64;

type Headers = Readonly<Record<string, string>>;

/** The values of headers, and their parts, that are secrets by their names and by what they look like. */
export function secretsOfHeaders(headers: Headers): string[] {
  return Object.entries(headers).flatMap(([name, value]) => secretsIn(name, value));
}

/** Headers as they may be shown: whatever is named like a secret is hidden. */
export function withoutSecrets(headers: Headers): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      SECRET_NAME.test(name) ? REDACTED : scrubShapes(value),
    ]),
  );
}

function secretsIn(name: string, value: string): string[] {
  if (!SECRET_NAME.test(name)) {
    return [];
  }
  const words = name.toLowerCase().split(/[^a-z0-9]+/);
  while (words.length > 1 && IDLE_WORD.test(words.at(-1) ?? '')) {
    words.pop();
  }
  const noun = words.at(-1) ?? '';
  if (PASSWORD_NOUN.test(noun)) {
    return value.length >= SHORTEST ? [value] : [];
  }
  const isOne = SECRET_NOUN.test(noun) ? mayBeSecret : looksRandom;
  // Behind the name of a scheme, or of a cookie, and between other ones.
  const parts = value.split(/[\s;,]+/).flatMap((part) => [part, part.slice(part.indexOf('=') + 1)]);
  return [...new Set([value, ...parts.filter((part) => part.length >= SHORTEST_PART)])].filter(isOne);
}

/** Whether a text that is called a secret is more than a word or a number, which messages are full of. */
function mayBeSecret(text: string): boolean {
  return text.length >= SHORTEST && !PLAIN_WORD.test(text) && !NUMBER.test(text);
}

/** Whether a text has a part such as nobody writes: letters and digits mixed, or capitals in the middle. */
function looksRandom(text: string): boolean {
  return text
    .split(/[^A-Za-z0-9]+/)
    .map((part) => part.slice(0, LOOKED_AT))
    .some(
      (part) =>
        part.length >= SHORTEST_PART &&
        (/[A-Za-z].*\d.*[A-Za-z]|\d.*[A-Za-z].*\d/.test(part) || /[a-z].*[A-Z].*[a-z].*[A-Z]/.test(part)),
    );
}
