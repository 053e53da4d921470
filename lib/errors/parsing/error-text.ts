import { tryParseJson } from '../../untrusted/json.js';
import { parseCutJson } from './cut-json.js';

/** Of a longer string, only the beginning is parsed. */
const MAX_PARSED_LENGTH = 262_144;
const MAX_PART_LENGTH = 65_536;

/** The body of an error answer as JSON. */
export interface ErrorContent {
  /** `undefined` if it is not JSON. */
  readonly content: unknown;
  /** Whether it was cut, so that something may be missing. */
  readonly isCut: boolean;
}

/** Parses the body of an error answer; of an incomplete or overlong one, the beginning. */
export function parseErrorText(text: string): ErrorContent {
  const content = text.length > MAX_PARSED_LENGTH ? undefined : tryParseJson(text);
  if (content !== undefined) {
    return { content, isCut: false };
  }
  return { content: parseCutJson(text.slice(0, MAX_PART_LENGTH)), isCut: true };
}
