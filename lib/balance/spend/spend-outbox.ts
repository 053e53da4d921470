import { within } from '../../async/bounded-waits.js';
import type { Clock } from '../../async/clock.js';
import type { NamedSpend } from '../../contracts/balance-store.js';
import type { SpendLedger } from './spend-ledger.js';

/** The maximum time for which closing waits for the last message. */
const FLUSH_BOUND_MS = 250;

/** The part of a store that takes spend. */
export interface SpendTaker {
  /**
   * Sends spend to the store.
   *
   * @param onStored - Called once the store has the spend, possibly after the returned promise has settled.
   * @returns `undefined` if the store does not answer in time.
   */
  addSpend(
    spend: { readonly microUsd: number; readonly sums: readonly NamedSpend[] },
    keepMs: number,
    onStored: (at: number) => void,
  ): Promise<true | undefined>;
  /** Allows calls to the store again at once, however recently it failed. */
  resume(): void;
}

export interface SpendOutboxParts {
  readonly ledger: SpendLedger;
  readonly store: SpendTaker;
  readonly clock: Clock;
  /** How long the store must keep the spend. */
  readonly keepMs: number;
}

/**
 * Sends the store the spend that it lacks. Spend recorded while a message is in flight goes into the next one. Spend
 * that the store did not accept stays in the ledger until the next attempt.
 */
export class SpendOutbox {
  readonly #parts: SpendOutboxParts;
  #isSending = false;
  #sending: Promise<void> = Promise.resolve();

  constructor(parts: SpendOutboxParts) {
    this.#parts = parts;
  }

  /** Sends all outstanding spend. */
  send(): Promise<void> {
    if (!this.#isSending) {
      this.#isSending = true;
      this.#sending = this.#sendAll();
    }
    return this.#sending;
  }

  /** Sends all outstanding spend a last time, and waits at most 250 ms for it. */
  async flush(): Promise<void> {
    await within(this.#flush(), FLUSH_BOUND_MS);
  }

  async #flush(): Promise<void> {
    await this.#sending;
    this.#parts.store.resume();
    await this.send();
  }

  async #sendAll(): Promise<void> {
    const { ledger, store, clock, keepMs } = this.#parts;
    let isTaken: true | undefined = true;
    while (isTaken) {
      const spend = ledger.take(clock.now());
      isTaken = spend && (await store.addSpend(spend, keepMs, spend.stored));
    }
    // Reset in the same turn as the last `take`, so that spend recorded later starts another round.
    this.#isSending = false;
  }
}
