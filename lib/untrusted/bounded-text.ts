import { REDACTED, type Scrub } from '../secret/scrub.js';

/** The length up to which a string is read: on millions of characters a pattern is slow, or throws a RangeError. */
export const MAX_READ_LENGTH = 16_384;

/** The length of a cut string's end that is not shown: no pattern recognises a secret that was cut in two. */
export const UNCERTAIN_END = 2_048;

/** The beginning of a string, short enough for patterns. */
export function bounded(text: string): string {
  return text.length > MAX_READ_LENGTH ? text.slice(0, MAX_READ_LENGTH) : text;
}

/** A string without its secrets, or the beginning of a long one. */
export function scrubBounded(text: string, scrub: Scrub): string {
  if (text.length < MAX_READ_LENGTH) {
    return scrub(text);
  }
  const scrubbed = scrub(bounded(text));
  return scrubbed.endsWith(REDACTED) ? scrubbed : scrubbed.slice(0, -UNCERTAIN_END);
}
