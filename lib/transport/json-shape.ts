import { ShapeMemory } from './shape-memory.js';

/** Shorter JSON is parsed quickly, whatever it contains. */
const MIN_JUDGED_BYTES = 65_536;

/** Answers of the API are about six levels deep. */
const MAX_DEPTH = 64;

// Each costs about as much time to parse as this many bytes of a string.
const COST_OF_OBJECT = 8;
const COST_OF_EMPTY_OBJECT = 20;
const COST_OF_LIST = 6;
const COST_OF_MEMBER = 2;
/** V8 keeps a description for each sequence of member names. Real answers have few, however many rows they have. */
const COST_OF_NEW_SHAPE = 48;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;
const OPENING_BRACKET = 0x5b;
const CLOSING_BRACKET = 0x5d;

// The character in each of the four bytes of a word.
const QUOTES = 0x22222222;
const BACKSLASHES = 0x5c5c5c5c;

/** Odd, and different in each process, so that nobody can construct names that collide. */
const FACTOR = randomOddNumber();
const SECOND_FACTOR = randomOddNumber();
const SEED = randomOddNumber();

/**
 * Whether JSON contains so many objects, lists and members, or nests them so deeply, that parsing a megabyte of it
 * would block the event loop. Member names that have not occurred before cost most.
 */
export function isIntricate(json: Uint8Array): boolean {
  const { length } = json;
  if (length < MIN_JUDGED_BYTES) {
    return false;
  }
  const words = new DataView(json.buffer, json.byteOffset, length);
  const known = new ShapeMemory();
  /** A hash of the member names of the open object so far, by depth. */
  const shapes = new Int32Array(MAX_DEPTH + 1);
  let depth = 0;
  let costs = 0;
  let stringStart = 0;
  let stringEnd = 0;
  /** Whether an object was opened and nothing has followed yet. */
  let isEmpty = false;
  for (let at = 0; at < length; at += 1) {
    const byte = json[at] ?? 0;
    if (byte === QUOTE) {
      stringStart = at + 1;
      stringEnd = endOfString(json, words, stringStart);
      at = stringEnd;
      isEmpty = false;
    } else if (byte < COLON) {
      // A digit, a comma or white space.
      continue;
    } else if (byte === COLON) {
      const shape = extended(shapes[depth] ?? 0, json, words, stringStart, stringEnd);
      // A second colon must not count the same name again.
      stringStart = stringEnd;
      shapes[depth] = shape;
      costs += known.has(shape) ? COST_OF_MEMBER : COST_OF_NEW_SHAPE;
    } else if (byte === OPENING_BRACE || byte === OPENING_BRACKET) {
      depth += 1;
      if (depth > MAX_DEPTH) {
        return true;
      }
      isEmpty = byte === OPENING_BRACE;
      costs += isEmpty ? COST_OF_OBJECT : COST_OF_LIST;
      shapes[depth] = SEED;
    } else if (byte === CLOSING_BRACE || byte === CLOSING_BRACKET) {
      depth = Math.max(0, depth - 1);
      costs += isEmpty ? COST_OF_EMPTY_OBJECT - COST_OF_OBJECT : 0;
      isEmpty = false;
    }
  }
  return costs > length;
}

/** The position of the quotation mark that ends a string. Reads four bytes at once, since most bytes are in strings. */
function endOfString(json: Uint8Array, words: DataView, start: number): number {
  const lastWord = json.length - 4;
  let at = start;
  while (at <= lastWord) {
    const word = words.getInt32(at, true);
    const quotes = word ^ QUOTES;
    const backslashes = word ^ BACKSLASHES;
    // Sets the highest bit of the lowest zero byte of each word; the bits above it may be wrong. Not a function, since
    // the calls would take a third of the time.
    const marks =
      (((quotes - 0x01010101) & ~quotes) | ((backslashes - 0x01010101) & ~backslashes)) & 0x80808080;
    if (marks === 0) {
      at += 4;
      continue;
    }
    at += (31 - Math.clz32(marks & -marks)) >> 3;
    if (json[at] === QUOTE) {
      return at;
    }
    at += 2;
  }
  while (at < json.length && json[at] !== QUOTE) {
    at += json[at] === BACKSLASH ? 2 : 1;
  }
  return at;
}

/** The hash of a sequence of member names, extended by the name between the two positions. */
function extended(shape: number, json: Uint8Array, words: DataView, start: number, end: number): number {
  let hash = mixed(shape, end - start);
  let at = start;
  for (; at + 4 <= end; at += 4) {
    hash = mixed(hash, words.getInt32(at, true));
  }
  for (; at < end; at += 1) {
    hash = mixed(hash, json[at] ?? 0);
  }
  return hash;
}

/**
 * Multiplies twice: after one multiplication, a difference in the highest bits of two neighbouring words would cancel
 * itself.
 */
function mixed(hash: number, word: number): number {
  const product = Math.imul(hash ^ word, FACTOR);
  return Math.imul(product ^ (product >>> 15), SECOND_FACTOR);
}

function randomOddNumber(): number {
  return Math.trunc(Math.random() * 0xffff_ffff) | 1;
}
