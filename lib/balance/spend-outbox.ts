import type { SpendLedger } from './spend-ledger.js';
import type { StoreAccess } from './store-access.js';

/** Sends own spend to the store: what is recorded while one amount is under way goes out as one. */
export class SpendOutbox {
  readonly #ledger: SpendLedger;
  readonly #store: Pick<StoreAccess, 'addSpend'>;
  readonly #keepMs: number;
  #isSending = false;

  /** @param keepMs - How long the store has to keep it. */
  constructor(ledger: SpendLedger, store: Pick<StoreAccess, 'addSpend'>, keepMs: number) {
    this.#ledger = ledger;
    this.#store = store;
    this.#keepMs = keepMs;
  }

  /** Sends whatever there is. */
  async send(): Promise<void> {
    if (this.#isSending) {
      return;
    }
    this.#isSending = true;
    for (let spend = this.#ledger.take(); spend !== undefined; spend = this.#ledger.take()) {
      await this.#store.addSpend(spend, this.#keepMs);
    }
    this.#isSending = false;
  }
}
