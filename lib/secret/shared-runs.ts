import type { Range } from './bare-text.js';

/** Fewer characters that two texts have in common are taken for chance. */
export const SHORTEST_RUN = 16;

const { imul } = Math;

const BASE = 0x01000193;
/** The weight of the first character of a run in its hash. */
const FIRST_WEIGHT = power(BASE, SHORTEST_RUN - 1);

/**
 * Finds the runs of {@link SHORTEST_RUN} or more characters that a text has in common with any of some other texts, in
 * time that is proportional to the text, however long the others are.
 */
export class SharedRuns {
  readonly #corpus: string;
  /** Hash table of the runs of the corpus, as their positions from 1 on; 0 is a free slot. */
  readonly #slots: Int32Array;

  constructor(texts: readonly string[]) {
    const long = texts.filter((text) => text.length >= SHORTEST_RUN);
    this.#corpus = long.join('');
    // At most half full, so that a search ends soon.
    this.#slots = new Int32Array(2 ** Math.ceil(Math.log2(2 * this.#corpus.length + 2)));
    let offset = 0;
    for (const text of long) {
      eachRun(text, (start, hash) => this.#add(offset + start, hash));
      offset += text.length;
    }
  }

  /** The runs in the order in which they stand; they may overlap. */
  find(text: string): Range[] {
    const found: [start: number, end: number][] = [];
    let last = -2;
    eachRun(text, (start, hash) => {
      if (this.#slots[this.#slotOf(text, start, hash)] === 0) {
        return;
      }
      const open = found.at(-1);
      if (open !== undefined && start === last + 1) {
        open[1] = start + SHORTEST_RUN;
      } else {
        found.push([start, start + SHORTEST_RUN]);
      }
      last = start;
    });
    return found;
  }

  #add(position: number, hash: number): void {
    const slot = this.#slotOf(this.#corpus, position, hash);
    this.#slots[slot] ||= position + 1;
  }

  /** The slot of a run, or the free one where it would be. */
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

/** Hands out where each run of a text begins, with a hash that is carried on from one to the next. */
function eachRun(text: string, take: (start: number, hash: number) => void): void {
  let hash = 0;
  for (let at = 0; at < text.length; at += 1) {
    const leaving = at < SHORTEST_RUN ? 0 : text.charCodeAt(at - SHORTEST_RUN);
    hash = (imul(hash - imul(leaving, FIRST_WEIGHT), BASE) + text.charCodeAt(at)) | 0;
    if (at >= SHORTEST_RUN - 1) {
      take(at - SHORTEST_RUN + 1, hash);
    }
  }
}

function isSameRun(one: string, oneStart: number, other: string, otherStart: number): boolean {
  for (let at = 0; at < SHORTEST_RUN; at += 1) {
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
