import type { BalanceEnvironment } from '../../async/clock.js';
import type { SpendLedger } from './spend-ledger.js';
import type { StoreAccess } from '../store/bounded-store.js';

/** Longer than this nobody who closes waits. */
const FLUSH_BOUND_MS = 250;

/** What an outbox needs. */
export interface SpendOutboxParts {
  readonly ledger: SpendLedger;
  readonly store: Pick<StoreAccess, 'addSpend' | 'resume'>;
  readonly environment: BalanceEnvironment;
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
    let timer: NodeJS.Timeout | undefined;
    const bound = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, FLUSH_BOUND_MS);
    });
    await Promise.race([this.#flush(), bound]);
    clearTimeout(timer);
  }

  async #flush(): Promise<void> {
    await this.#sending;
    this.#parts.store.resume();
    await this.send();
  }

  async #sendAll(): Promise<void> {
    const { ledger, store, environment, keepMs } = this.#parts;
    let isTaken: true | undefined = true;
    while (isTaken) {
      const spend = ledger.take(environment.now());
      isTaken = spend && (await store.addSpend(spend, keepMs));
    }
    // In the same turn as the last look into the ledger: what comes later begins anew.
    this.#isSending = false;
  }
}
