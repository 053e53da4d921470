import { REDACTED, type Scrub } from '../secret/scrub.js';

/** No more of a text is looked at: a pattern that meets millions of characters takes long, or throws a RangeError. */
export const MAX_READ_LENGTH = 16_384;

/**
 * What is not shown of a text that was cut, although it was read: where the cut goes through a secret, no pattern finds
 * what is left of it.
 */
export const UNCERTAIN_END = 2_048;

/** The beginning of a text, short enough for patterns. */
export function bounded(text: string): string {
  return text.length > MAX_READ_LENGTH ? text.slice(0, MAX_READ_LENGTH) : text;
}

/** A text without secrets, or the beginning of a long one. */
export function scrubBounded(text: string, scrub: Scrub): string {
  if (text.length < MAX_READ_LENGTH) {
    return scrub(text);
  }
  const scrubbed = scrub(bounded(text));
  return scrubbed.endsWith(REDACTED) ? scrubbed : scrubbed.slice(0, -UNCERTAIN_END);
}
