import { isObject, peek } from '../../untrusted/peek.js';

/** Reads a header by its lower-case name. */
export type HeaderReader = (name: string) => string | undefined;

/** An iterator may be endless. */
const MAX_HEADERS = 500;
const MAX_HEADER_LENGTH = 8_192;

/**
 * Reads headers in any form in which clients keep them: an object, `Headers`, a map, a list of pairs, Node's flat list.
 * Never throws.
 */
export function headerReader(headers: unknown): HeaderReader {
  const found = new Map<string, string>();
  try {
    let left = MAX_HEADERS;
    for (const [name, value] of pairsOf(headers)) {
      if (left-- === 0) {
        break;
      }
      const text = headerText(value);
      if (typeof name === 'string' && text !== undefined) {
        found.set(name.slice(0, MAX_HEADER_LENGTH).toLowerCase(), text);
      }
    }
  } catch {
    // The headers found so far still count.
  }
  return (name) => found.get(name);
}

function* pairsOf(headers: unknown): Generator<readonly [unknown, unknown]> {
  if (!isObject(headers)) {
    return;
  }
  if (Array.isArray(headers) && typeof headers[0] === 'string') {
    for (let at = 0; at + 1 < headers.length; at += 2) {
      yield [headers[at], headers[at + 1]];
    }
  } else if (Symbol.iterator in headers) {
    for (const pair of headers as Iterable<unknown>) {
      yield [peek(pair, 0), peek(pair, 1)];
    }
  } else {
    // Not with `Object.entries`, which copies all of them.
    for (const name in headers) {
      if (Object.hasOwn(headers, name)) yield [name, peek(headers, name)];
    }
  }
}

function headerText(value: unknown): string | undefined {
  const one: unknown = Array.isArray(value) ? value[0] : value;
  return typeof one === 'string' || typeof one === 'number'
    ? String(one).slice(0, MAX_HEADER_LENGTH)
    : undefined;
}
