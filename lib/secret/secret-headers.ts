import { REDACTED, scrubShapes } from './scrub.js';

const SECRET_NAME = /auth|key|token|secret|cookie|signature|credential|jwt|pass|pwd|session/i;

/** Last words of a name whose value is a secret itself, not a fact about one (`x-session-mode`). */
const SECRET_NOUN =
  /(?:auth|authorization|key|keys|token|tokens|secret|secrets|cookie|cookies|signature|sig|credential|credentials|jwt|session|sid)$/;
/** A password may be an ordinary word. */
const PASSWORD_NOUN = /(?:password|passwd|passphrase|pass|pwd)$/;
/** Last words that add no meaning to the word before them. */
const FILLER_WORD = /^(?:id|value|v?\d+)$/;

/** Shorter strings occur by chance. */
const MIN_LENGTH = 4;
const MIN_PART_LENGTH = 8;
/** A word, or a few words written as one: `OpenRouter`. */
const PLAIN_WORD = /^(?=.{1,15}$)(?:[A-Z]+|[a-z]+|[A-Z]?[a-z]{2,}(?:[A-Z][a-z]{2,})*)$/;
const NUMBER = /^[\d.,:-]{1,7}$/;
/** This much of a part is enough to judge it. */
const MAX_INSPECTED_LENGTH = 64;

type Headers = Readonly<Record<string, string>>;

/** The values of headers, and parts of values, that are secrets, judged by the header's name and by their form. */
export function secretsOfHeaders(headers: Headers): string[] {
  return Object.entries(headers).flatMap(([name, value]) => secretsIn(name, value));
}

/** Headers that may be shown: the value of a header that is named like a secret is redacted. */
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
  while (words.length > 1 && FILLER_WORD.test(words.at(-1) ?? '')) {
    words.pop();
  }
  const noun = words.at(-1) ?? '';
  if (PASSWORD_NOUN.test(noun)) {
    return value.length >= MIN_LENGTH ? [value] : [];
  }
  const isOne = SECRET_NOUN.test(noun) ? mayBeSecret : looksRandom;
  // A secret may follow the name of a scheme or of a cookie, or stand between other values.
  const parts = value.split(/[\s;,]+/).flatMap((part) => [part, part.slice(part.indexOf('=') + 1)]);
  return [...new Set([value, ...parts.filter((part) => part.length >= MIN_PART_LENGTH)])].filter(isOne);
}

/** Whether a value of a header named like a secret is more than a word or a number, as messages contain them. */
function mayBeSecret(text: string): boolean {
  return text.length >= MIN_LENGTH && !PLAIN_WORD.test(text) && !NUMBER.test(text);
}

/** Whether a string has a part that looks generated: letters mixed with digits, or capitals in the middle. */
function looksRandom(text: string): boolean {
  return text
    .split(/[^A-Za-z0-9]+/)
    .map((part) => part.slice(0, MAX_INSPECTED_LENGTH))
    .some(
      (part) =>
        part.length >= MIN_PART_LENGTH &&
        (/[A-Za-z].*\d.*[A-Za-z]|\d.*[A-Za-z].*\d/.test(part) || /[a-z].*[A-Z].*[a-z].*[A-Z]/.test(part)),
    );
}
