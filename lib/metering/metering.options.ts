import type { SpendScope } from '../contracts/completion-cost.js';

/** What was paid in another way than through `MeteringService.fetch`. */
export interface RecordCostRequest {
  /** US dollars, from 0 to 9 000 000. */
  usd: number;
  /**
   * Identifies the cost, for example by the id of a generation, a video or a batch: an id counts once in a process.
   * 1 to 200 characters without halves of surrogate pairs. @defaultValue a new one, so that the cost counts in any case
   */
  id?: string | undefined;
  /** For whom it was spent. @defaultValue the scope in force */
  scope?: SpendScope | undefined;
  /** The model, for example `google/veo-3`. 1 to 200 characters. */
  model?: string | undefined;
}

/** Settings of `MeteringService.settled`. */
export interface SettledOptions {
  /** Ends the wait with an `OpenRouterAbortException`. */
  signal?: AbortSignal | undefined;
}

/** Settings of `MeteringService.run`, `MeteringService.fetchFor` and `@MeterAs`. */
export interface MeterOptions {
  /**
   * What each completion reserves under the account's spend limits, in US dollars, from 0 to `spendLimits.maxHoldUsd`.
   * @defaultValue what an outer scope says, else as `spendLimits` says
   */
  holdUsd?: number | undefined;
}
