/** Shorter JSON is parsed in a moment, whatever is in it. */
const SHORTEST_JUDGED = 65_536;

/** Answers of the API have a depth of six or so. */
const DEEPEST = 64;

// What takes about as long to parse as so many bytes of text.
const COST_OF_OBJECT = 8;
const COST_OF_EMPTY_OBJECT = 20;
const COST_OF_LIST = 6;
const COST_OF_MEMBER = 2;
/** V8 keeps a description of each order of names that it meets. Rows have a few of them, however many rows there are. */
const COST_OF_NEW_SHAPE = 48;

/** Shapes that are remembered; of two that meet in one slot the later one stays. */
const SLOTS = 16_384;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;
const OPENING_BRACKET = 0x5b;
const CLOSING_BRACKET = 0x5d;

/** Other in each process, so that nobody can make up names that look alike. */
const SEED = Math.trunc(Math.random() * 0xffff_ffff);

/**
 * Whether JSON has so many objects, lists and members in it, or nests them so deep, that parsing a megabyte of it
 * would keep everything else waiting. What counts most are names that have not been met before.
 */
export function isIntricate(json: Uint8Array): boolean {
  const { length } = json;
  if (length < SHORTEST_JUDGED) {
    return false;
  }
  const seen = new Int32Array(SLOTS);
  /** The names of the open object so far, by depth. */
  const shapes = new Int32Array(DEEPEST + 1);
  let depth = 0;
  let costs = 0;
  let textStart = 0;
  let textEnd = 0;
  let before = 0;
  for (let at = 0; at < length; at += 1) {
    const byte = json[at] ?? 0;
    if (byte === QUOTE) {
      textStart = at + 1;
      textEnd = endOfText(json, textStart);
      at = textEnd;
    } else if (byte === OPENING_BRACE || byte === OPENING_BRACKET) {
      depth += 1;
      if (depth > DEEPEST) {
        return true;
      }
      costs += byte === OPENING_BRACE ? COST_OF_OBJECT : COST_OF_LIST;
      shapes[depth] = SEED;
    } else if (byte === CLOSING_BRACE || byte === CLOSING_BRACKET) {
      depth = Math.max(0, depth - 1);
      costs += before === OPENING_BRACE ? COST_OF_EMPTY_OBJECT - COST_OF_OBJECT : 0;
    } else if (byte === COLON) {
      const shape = carriedOn(shapes[depth] ?? 0, json, textStart, textEnd);
      // A name counts once, whatever follows it.
      textStart = textEnd;
      shapes[depth] = shape;
      const slot = (shape ^ (shape >>> 15)) & (SLOTS - 1);
      costs += seen[slot] === shape ? COST_OF_MEMBER : COST_OF_NEW_SHAPE;
      seen[slot] = shape;
    }
    before = byte > 0x20 ? byte : before;
  }
  return costs > length;
}

/** Where the quotation mark stands that ends a text. */
function endOfText(json: Uint8Array, start: number): number {
  let at = start;
  while (at < json.length && json[at] !== QUOTE) {
    at += json[at] === BACKSLASH ? 2 : 1;
  }
  return at;
}

function carriedOn(shape: number, json: Uint8Array, start: number, end: number): number {
  let hash = Math.imul(shape ^ QUOTE, 0x01000193);
  for (let at = start; at < end; at += 1) {
    hash = Math.imul(hash ^ (json[at] ?? 0), 0x01000193);
  }
  return hash | 0;
}
