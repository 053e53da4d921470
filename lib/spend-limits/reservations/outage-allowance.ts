import { toNanoUsd } from '../../money/nano-usd.js';
import type { SpendStoreFailure } from '../../options/spend-limits-options.js';

/** Tells what came of an amount that was taken: its bill in nano-dollars, which may be another amount, or 0. */
export type SettleTaken = (billedNanoUsd: number) => void;

/** What this process may admit by itself in one outage of the store. */
export class OutageAllowance {
  readonly #mostNanoUsd: number;
  /** A new one for each outage, so that bills of an earlier one leave its successor alone. */
  #outage = { admittedNanoUsd: 0 };

  constructor(onStoreFailure: SpendStoreFailure) {
    this.#mostNanoUsd =
      typeof onStoreFailure === 'object'
        ? toNanoUsd(onStoreFailure.allowUsd)
        : onStoreFailure === 'allow'
          ? Infinity
          : 0;
  }

  /** Takes an amount out of the allowance; `undefined` if it does not fit. */
  take(nanoUsd: number): SettleTaken | undefined {
    const outage = this.#outage;
    if (outage.admittedNanoUsd + nanoUsd > this.#mostNanoUsd) {
      return undefined;
    }
    outage.admittedNanoUsd += nanoUsd;
    return (billedNanoUsd) => {
      outage.admittedNanoUsd += billedNanoUsd - nanoUsd;
    };
  }

  /** An outage is over: the next one has the whole allowance. */
  renew(): void {
    this.#outage = { admittedNanoUsd: 0 };
  }
}
