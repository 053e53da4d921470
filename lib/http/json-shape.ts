/** Shorter JSON is parsed in a moment, whatever is in it. */
const SHORTEST_JUDGED = 65_536;

/** Answers of the API have a depth of six or so. */
const DEEPEST = 64;

/** How much text costs as much; rows of the API have twice as much at least. */
const BYTES_OF_CONTAINER = 24;
const BYTES_OF_MEMBER = 8;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;
const OPENING_BRACKET = 0x5b;
const CLOSING_BRACKET = 0x5d;

/**
 * Whether JSON has so many objects, lists and members in it, or nests them so deep, that parsing a megabyte of it
 * would keep everything else waiting.
 */
export function isIntricate(json: Uint8Array): boolean {
  const { length } = json;
  if (length < SHORTEST_JUDGED) {
    return false;
  }
  let depth = 0;
  let costs = 0;
  let isInText = false;
  for (let at = 0; at < length; at += 1) {
    const byte = json[at];
    if (isInText) {
      if (byte === BACKSLASH) {
        at += 1;
      } else if (byte === QUOTE) {
        isInText = false;
      }
    } else if (byte === QUOTE) {
      isInText = true;
    } else if (byte === OPENING_BRACE || byte === OPENING_BRACKET) {
      depth += 1;
      costs += BYTES_OF_CONTAINER;
      if (depth > DEEPEST) {
        return true;
      }
    } else if (byte === CLOSING_BRACE || byte === CLOSING_BRACKET) {
      depth -= 1;
    } else if (byte === COLON) {
      costs += BYTES_OF_MEMBER;
    }
  }
  return costs > length;
}
