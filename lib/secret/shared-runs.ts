import type { Range } from './bare-text.js';

/** A shorter run in common is considered chance. */
export const MIN_RUN_LENGTH = 16;

const { imul } = Math;

const BASE = 0x01000193;
/** The weight of the first character of a run in its hash. */
const FIRST_WEIGHT = power(BASE, MIN_RUN_LENGTH - 1);

/**
 * Finds the runs of {@link MIN_RUN_LENGTH} or more characters that a string shares with any of a set of strings. The
 * time is proportional to the length of the string, whatever the size of the set.
 */
export class SharedRuns {
  readonly #corpus: string;
  /** Hash table of the runs of the corpus, stored as positions counted from 1; 0 is a free slot. */
  readonly #slots: Int32Array;

  constructor(texts: readonly string[]) {
    const long = texts.filter((text) => text.length >= MIN_RUN_LENGTH);
    this.#corpus = long.join('');
    // At most half full, so that probing stays short.
    this.#slots = new Int32Array(2 ** Math.ceil(Math.log2(2 * this.#corpus.length + 2)));
    let offset = 0;
    for (const text of long) {
      eachRun(text, (start, hash) => this.#add(offset + start, hash));
      offset += text.length;
    }
  }

  /** The shared runs in order of their position; they may overlap. */
  find(text: string): Range[] {
    const found: [start: number, end: number][] = [];
    let last = -2;
    eachRun(text, (start, hash) => {
      if (this.#slots[this.#slotOf(text, start, hash)] === 0) {
        return;
      }
      const open = found.at(-1);
      if (open !== undefined && start === last + 1) {
        open[1] = start + MIN_RUN_LENGTH;
      } else {
        found.push([start, start + MIN_RUN_LENGTH]);
      }
      last = start;
    });
    return found;
  }

  #add(position: number, hash: number): void {
    const slot = this.#slotOf(this.#corpus, position, hash);
    this.#slots[slot] ||= position + 1;
  }

  /** The slot of a run, or the free slot for it. */
  #slotOf(text: string, start: number, hash: number): number {
    const mask = this.#slots.length - 1;
    let slot = spread(hash) & mask;
    for (;;) {
      const position = this.#slots[slot] ?? 0;
      if (position === 0 || isSameRun(this.#corpus, position - 1, text, start)) {
        return slot;
      }
      slot = (slot + 1) & mask;
    }
  }
}

/** Calls a function with the start of each run of a string and its rolling hash. */
function eachRun(text: string, take: (start: number, hash: number) => void): void {
  let hash = 0;
  for (let at = 0; at < text.length; at += 1) {
    const leaving = at < MIN_RUN_LENGTH ? 0 : text.charCodeAt(at - MIN_RUN_LENGTH);
    hash = (imul(hash - imul(leaving, FIRST_WEIGHT), BASE) + text.charCodeAt(at)) | 0;
    if (at >= MIN_RUN_LENGTH - 1) {
      take(at - MIN_RUN_LENGTH + 1, hash);
    }
  }
}

function isSameRun(one: string, oneStart: number, other: string, otherStart: number): boolean {
  for (let at = 0; at < MIN_RUN_LENGTH; at += 1) {
    if (one.charCodeAt(oneStart + at) !== other.charCodeAt(otherStart + at)) {
      return false;
    }
  }
  return true;
}

function spread(hash: number): number {
  const mixed = imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return mixed ^ (mixed >>> 13);
}

function power(base: number, exponent: number): number {
  let result = 1;
  for (let times = 0; times < exponent; times += 1) {
    result = imul(result, base);
  }
  return result;
}
