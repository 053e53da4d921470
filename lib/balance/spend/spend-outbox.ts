import { within } from '../../async/bounded-waits.js';
import type { Clock } from '../../async/clock.js';
import type { SpendLedger } from './spend-ledger.js';
import type { BoundedStore } from '../store/bounded-store.js';

/** Longer than this nobody who closes waits. */
const FLUSH_BOUND_MS = 250;

/** What an outbox needs. */
export interface SpendOutboxParts {
  readonly ledger: SpendLedger;
  readonly store: Pick<BoundedStore, 'addSpend' | 'resume'>;
  readonly clock: Clock;
  /** How long the store has to keep it. */
  readonly keepMs: number;
}

/**
 * Sends the store what it does not have: what is recorded while one message is under way goes out as one, and what the
 * store did not take stays in the ledger until the next time.
 */
export class SpendOutbox {
  readonly #parts: SpendOutboxParts;
  #isSending = false;
  #sending: Promise<void> = Promise.resolve();

  constructor(parts: SpendOutboxParts) {
    this.#parts = parts;
  }

  /** Sends whatever there is. */
  send(): Promise<void> {
    if (!this.#isSending) {
      this.#isSending = true;
      this.#sending = this.#sendAll();
    }
    return this.#sending;
  }

  /** Sends whatever there is a last time, and waits for it, but not for long. */
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
      isTaken = spend && (await store.addSpend(spend, keepMs));
    }
    // In the same turn as the last look into the ledger: what comes later begins anew.
    this.#isSending = false;
  }
}
