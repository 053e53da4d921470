import { REDACTED, type Scrub } from '../secret/scrub.js';

/** How much of a string is read: on millions of characters a pattern takes long, or throws a RangeError. */
export const MAX_READ_LENGTH = 16_384;

/** How much of the end of a cut string is not shown: no pattern recognises a secret that the cut goes through. */
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
