import { toNanoUsd } from '../../money/nano-usd.js';
import type { SpendStoreFailure } from '../../options/spend-limits-options.js';

/** What this process may admit by itself while the store does not answer. */
export class OutageAllowance {
  readonly #mostNanoUsd: number;
  #admittedNanoUsd = 0;

  constructor(onStoreFailure: SpendStoreFailure) {
    this.#mostNanoUsd =
      typeof onStoreFailure === 'object'
        ? toNanoUsd(onStoreFailure.allowUsd)
        : onStoreFailure === 'allow'
          ? Infinity
          : 0;
  }

  /** Takes an amount out of the allowance; `false` if it does not fit. */
  take(nanoUsd: number): boolean {
    if (this.#admittedNanoUsd + nanoUsd > this.#mostNanoUsd) {
      return false;
    }
    this.#admittedNanoUsd += nanoUsd;
    return true;
  }

  /** What was taken has been billed, which may be another amount, or nothing. */
  settle(nanoUsd: number, billedNanoUsd: number): void {
    this.#admittedNanoUsd = Math.max(0, this.#admittedNanoUsd + billedNanoUsd - nanoUsd);
  }

  /** The store answers again. */
  renew(): void {
    this.#admittedNanoUsd = 0;
  }
}
