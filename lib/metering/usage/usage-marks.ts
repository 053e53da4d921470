const USAGE = Buffer.from('"usage"');
const ERROR = Buffer.from('"error"');
const COLON = 0x3a;
const LOWER_N = 0x6e;

/**
 * Whether JSON, or a stream of it, may state a usage or an error. It is a search for bytes: a raw quotation mark cannot
 * be inside a string of JSON, so that what a model has written is not found.
 */
export function mayStateUsage(bytes: Uint8Array): boolean {
  return hasValue(bytes, USAGE, false) || hasValue(bytes, ERROR, true);
}

/**
 * Whether a string occurs other than as the name of a member that is `null`. An event may divide its JSON into lines
 * anywhere, so that the colon need not be next to the name.
 *
 * @param orAsValue - Whether it also counts as a value, as in `"type": "error"`.
 */
function hasValue(bytes: Uint8Array, name: Uint8Array, orAsValue: boolean): boolean {
  for (let at = indexOf(bytes, name, 0); at !== -1; at = indexOf(bytes, name, at + name.length)) {
    const next = skipSpace(bytes, at + name.length);
    const byte = bytes[next];
    const isNull = byte === COLON && bytes[skipSpace(bytes, next + 1)] === LOWER_N;
    if (!isNull && (orAsValue || !isAfterValue(byte))) {
      return true;
    }
  }
  return false;
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

type Search = (this: Uint8Array, name: Uint8Array, from: number) => number;

/** `Buffer`'s search works on any bytes, and saves a `Buffer` for each chunk. */
const search = (Buffer.prototype as { readonly indexOf: Search }).indexOf;

function indexOf(bytes: Uint8Array, name: Uint8Array, from: number): number {
  return search.call(bytes, name, from);
}
