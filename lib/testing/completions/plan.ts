import type { OpenGeneration } from '../account/generations.js';
import { shareOf, toUsd } from '../account/usd.js';

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

/** What some of the text chunks cost, in USD. */
export function costsOf(
  { wholeCost, wholeByokCost, chunks }: CompletionPlan,
  billed: number,
): { cost: number; byokCost: number } {
  return {
    cost: toUsd(shareOf(wholeCost, billed, chunks)),
    byokCost: toUsd(shareOf(wholeByokCost, billed, chunks)),
  };
}

export function tokensOf({ generation }: CompletionPlan, produced: number): number {
  return generation.cachedFrom === null && generation.apiType === 'completions' ? produced : 0;
}
