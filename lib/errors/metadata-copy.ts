import type { Scrub } from '../secret/scrub.js';
import { bounded, scrubBounded } from '../untrusted/bounded-text.js';
import { isRecord } from '../untrusted/is-record.js';

const MAX_DEPTH = 6;
const MAX_MEMBERS = 256;
const MAX_STRING_LENGTH = 2_000;
const MAX_NAME_LENGTH = 100;
/** How many characters of all strings together are copied. */
const MAX_CHARACTERS = 65_536;

const TOO_DEEP = '[nested too deep]';
const CUT_SHORT = '[cut short]';

/** How much may still be copied. */
interface Allowance {
  members: number;
  characters: number;
}

/**
 * A copy of an error's metadata without secrets and account ids, or `undefined` if it is not an object.
 *
 * Untrusted JSON may nest deeper than the stack allows and be of any size: the copy has at most six levels, 256
 * members, and 2 000 characters of a string.
 */
export function copyMetadata(metadata: unknown, scrub: Scrub): Readonly<Record<string, unknown>> | undefined {
  return isRecord(metadata)
    ? copyOfObject(metadata, scrub, 0, { members: MAX_MEMBERS, characters: MAX_CHARACTERS })
    : undefined;
}

function copyOf(value: unknown, scrub: Scrub, depth: number, left: Allowance): unknown {
  if (typeof value === 'string') {
    return copyOfText(value, MAX_STRING_LENGTH, scrub, left);
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  if (depth === MAX_DEPTH) {
    return TOO_DEEP;
  }
  return Array.isArray(value)
    ? copyOfList(value, scrub, depth, left)
    : copyOfObject(value, scrub, depth, left);
}

function copyOfList(list: readonly unknown[], scrub: Scrub, depth: number, left: Allowance): unknown[] {
  const copy: unknown[] = [];
  for (const item of list) {
    if (left.members === 0) {
      copy.push(CUT_SHORT);
      break;
    }
    left.members -= 1;
    copy.push(copyOf(item, scrub, depth + 1, left));
  }
  return copy;
}

function copyOfObject(
  object: object,
  scrub: Scrub,
  depth: number,
  left: Allowance,
): Readonly<Record<string, unknown>> {
  const copy: Record<string, unknown> = {};
  for (const name in object) {
    if (!Object.hasOwn(object, name) || name === 'user_id' || name === '__proto__') {
      continue;
    }
    if (left.members === 0) {
      copy['…'] = CUT_SHORT;
      break;
    }
    left.members -= 1;
    const value: unknown = Reflect.get(object, name);
    copy[copyOfText(name, MAX_NAME_LENGTH, scrub, left)] = copyOf(value, scrub, depth + 1, left);
  }
  return copy;
}

function copyOfText(text: string, maxLength: number, scrub: Scrub, left: Allowance): string {
  if (text === '') {
    return text;
  }
  if (left.characters <= 0) {
    return CUT_SHORT;
  }
  left.characters -= bounded(text).length;
  const clean = scrubBounded(text, scrub);
  return clean.length > maxLength ? `${clean.slice(0, maxLength)}…` : clean;
}
