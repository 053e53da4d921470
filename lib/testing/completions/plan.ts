import type { OpenGeneration } from '../account/generations.js';

/** How a completion ends, if its client does not leave before. */
export type CompletionEnding = 'complete' | 'failed' | 'cut';

/** What becomes of a completion, decided before its answer begins. */
export interface CompletionPlan {
  readonly generation: OpenGeneration;
  /** The text chunks that the whole answer has. */
  readonly chunks: number;
  /** The text chunks before its ending. */
  readonly produced: number;
  readonly ending: CompletionEnding;
  /** Where the usage stands; `undefined` for where the API in question has it. */
  readonly usage: 'last' | 'missing' | 'null' | undefined;
  /** The cost of the whole answer, in exact units. */
  readonly wholeCost: bigint;
  readonly wholeByokCost: bigint;
  /** Milliseconds before the first text chunk, and before each other one. */
  readonly pausesMs: readonly [first: number, other: number];
}
