import { isSecretString } from '../secret/secret-string.js';
import type { Rule } from './define-options.js';
import type { OpenRouterKey, OpenRouterKeySource } from './openrouter-options.js';

/** What a template or a shell makes of a value that is not there. */
const UNSET = ['undefined', 'null'];

/** A key. */
export const key: Rule<OpenRouterKey> = (value) =>
  typeof value === 'string' || isSecretString(value)
    ? keyProblem(value)
    : { mustBe: 'a string or a SecretString', isSecret: true };

/** A key, or a function that returns it. */
export const keySource: Rule<OpenRouterKeySource> = (value) => {
  if (typeof value === 'function') {
    return undefined;
  }
  return typeof value === 'string' || isSecretString(value)
    ? keyProblem(value)
    : { mustBe: 'a string, a SecretString, or a function that returns one of them', isSecret: true };
};

/** What is wrong with a key, or with a value given as one. Shows no part of it. */
export function keyProblem(value: unknown): string | undefined {
  const text = isSecretString(value) ? value.reveal() : value;
  if (typeof text !== 'string') {
    return 'must be a string or a SecretString';
  }
  if (text.trim() === '') {
    return 'must not be blank; check that the environment variable that it comes from is set';
  }
  if (UNSET.includes(text.trim())) {
    return `must not be the text '${text.trim()}'; check that the environment variable that it comes from is set`;
  }
  if (text !== text.trim()) {
    return 'has white space or a line break around it; remove it';
  }
  if (/^["'].*["']$/.test(text)) {
    return 'has quotation marks around it; remove them';
  }
  if (/^bearer\s/i.test(text)) {
    return 'must be the key alone; leave out "Bearer"';
  }
  return /^[\x21-\x7E]+$/.test(text)
    ? undefined
    : 'has a character that no HTTP header can carry (a space, a line break, a letter outside ASCII); copy the key again';
}
