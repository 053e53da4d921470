import { within } from '../../async/bounded-waits.js';
import type { Clock } from '../../async/clock.js';
import type { NamedSpend } from '../../contracts/balance-store.js';
import type { SpendLedger } from './spend-ledger.js';

/** How long a close waits for the last message. */
const FLUSH_BOUND_MS = 250;

/** The part of a store that takes spend. */
export interface SpendTaker {
  /**
   * Sends spend to the store.
   *
   * @param onStored - Called once the store has it, which may be later than anybody waits.
   * @returns `undefined` if the store does not answer in time.
   */
  addSpend(
    spend: { readonly microUsd: number; readonly sums: readonly NamedSpend[] },
    keepMs: number,
    onStored: (at: number) => void,
  ): Promise<true | undefined>;
  /** Asks the store again at once, however recently it has failed. */
  resume(): void;
}

/** What an outbox needs. */
export interface SpendOutboxParts {
  readonly ledger: SpendLedger;
  readonly store: SpendTaker;
  readonly clock: Clock;
  /** How long the store has to keep the spend. */
  readonly keepMs: number;
}

/**
 * Sends the store what it does not have. Spend recorded while one message is under way goes out in the next one; spend
 * that the store did not take stays in the ledger until the next time.
 */
export class SpendOutbox {
  readonly #parts: SpendOutboxParts;
  #isSending = false;
  #sending: Promise<void> = Promise.resolve();

  constructor(parts: SpendOutboxParts) {
    this.#parts = parts;
  }

  /** Sends everything that is left. */
  send(): Promise<void> {
    if (!this.#isSending) {
      this.#isSending = true;
      this.#sending = this.#sendAll();
    }
    return this.#sending;
  }

  /** Sends everything that is left a last time, and waits for it up to a bound. */
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
    // In the same turn as the last look into the ledger, so that spend recorded later starts another round.
    this.#isSending = false;
  }
}
