/** What stands in JSON where it states a usage or an error: names, and a value, of one length. */
const USAGE = bytesOf('"usage"');
const ERROR = bytesOf('"error"');
const LAST = USAGE.length - 1;

const QUOTE = 0x22;
const COLON = 0x3a;
const LOWER_N = 0x6e;

/** By the last byte of a place that is no mark: how far the next place is that may be one. */
const SHIFTS = shiftsOf([USAGE, ERROR]);

/**
 * Whether JSON, or a stream of it, may state a usage or an error. It is a search for bytes: a raw quotation mark cannot
 * be inside a string of JSON, so that what a model has written is not found.
 *
 * The search is Horspool's, for both marks at once. It runs for every chunk of a stream, and a `Buffer`'s search stops at
 * each quotation mark.
 */
export function mayStateUsage(bytes: Uint8Array): boolean {
  let at = LAST;
  while (at < bytes.length) {
    const byte = bytes[at] ?? 0;
    if (byte === QUOTE && bytes[at - LAST] === QUOTE && hasValue(bytes, at - LAST)) {
      return true;
    }
    at += SHIFTS[byte] ?? 1;
  }
  return false;
}

/**
 * Whether a mark is there, other than as the name of a member that is `null`. An event may divide its JSON into lines
 * anywhere, so that the colon need not be next to the name.
 */
function hasValue(bytes: Uint8Array, start: number): boolean {
  // As in `"type": "error"`.
  const isAlsoValue = isAt(bytes, start, ERROR);
  if (!isAlsoValue && !isAt(bytes, start, USAGE)) {
    return false;
  }
  const next = skipSpace(bytes, start + LAST + 1);
  const byte = bytes[next];
  const isNull = byte === COLON && bytes[skipSpace(bytes, next + 1)] === LOWER_N;
  return !isNull && (isAlsoValue || !isAfterValue(byte));
}

function isAt(bytes: Uint8Array, start: number, mark: Uint8Array): boolean {
  return mark.every((byte, index) => bytes[start + index] === byte);
}

/** Whether a byte of JSON is one that follows a value: a comma or a closing bracket. */
function isAfterValue(byte: number | undefined): boolean {
  return byte === 0x2c || byte === 0x5d || byte === 0x7d;
}

function skipSpace(bytes: Uint8Array, from: number): number {
  let at = from;
  for (let byte = bytes[at]; byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;) {
    at += 1;
    byte = bytes[at];
  }
  return at;
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function shiftsOf(marks: readonly Uint8Array[]): Uint8Array {
  const shifts = new Uint8Array(256).fill(LAST + 1);
  for (const mark of marks) {
    mark.subarray(0, LAST).forEach((byte, index) => {
      shifts[byte] = Math.min(shifts[byte] ?? 0, LAST - index);
    });
  }
  return shifts;
}
