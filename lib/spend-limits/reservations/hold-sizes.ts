import type { Clock } from '../../async/clock.js';
import { toNanoUsd } from '../../money/nano-usd.js';
import type { ResolvedSpendLimitsOptions, SpendHoldRequest } from '../../options/spend-limits-options.js';
import type { BoundedSpendStore } from '../store/bounded-spend-store.js';
import { holdNanoUsd } from './hold-amount.js';
import { LearnedHolds } from './learned-holds.js';

export interface HoldSizesParts {
  readonly options: ResolvedSpendLimitsOptions;
  readonly store: BoundedSpendStore;
  readonly clock: Clock;
  /** Called with a sentence about what is wrong with an amount that the application has chosen. */
  readonly onFault: (fault: string) => void;
}

/** Decides how much to hold for completions, also by what others of their models were billed. */
export class HoldSizes {
  readonly #parts: HoldSizesParts;
  readonly #learned: LearnedHolds;

  constructor(parts: HoldSizesParts) {
    this.#parts = parts;
    this.#learned = new LearnedHolds(parts.store, parts.clock);
  }

  /** How much to hold for a completion, in nano-dollars. */
  of(request: SpendHoldRequest, explicitUsd: number | undefined): number {
    const { onFault, options } = this.#parts;
    const learnedNanoUsd = options.learnHolds ? this.#learned.of(request.model) : undefined;
    return holdNanoUsd(options, { request, explicitUsd, learnedNanoUsd }, onFault);
  }

  /** Learns from a bill in US dollars. A bill of 0 does not tell what the next answer costs, if that is not cached. */
  learn(model: string | undefined, usd: number): void {
    const nanoUsd = toNanoUsd(usd);
    if (this.#parts.options.learnHolds && model !== undefined && nanoUsd > 0) {
      void this.#learned.learn(model, nanoUsd);
    }
  }
}
