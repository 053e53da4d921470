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
 * Whether a name occurs as a member that is not `null`.
 *
 * @param orAsValue - Whether it also counts as a value, as in `"type": "error"`.
 */
function hasValue(bytes: Uint8Array, name: Uint8Array, orAsValue: boolean): boolean {
  let at = indexOf(bytes, name, 0);
  while (at !== -1) {
    const end = skipSpace(bytes, at + name.length);
    if (bytes[end] === COLON ? bytes[skipSpace(bytes, end + 1)] !== LOWER_N : orAsValue) {
      return true;
    }
    at = indexOf(bytes, name, end);
  }
  return false;
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
