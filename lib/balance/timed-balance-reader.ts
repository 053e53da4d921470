import { LATE, within } from '../async/bounded-waits.js';
import type { BalanceSnapshot } from '../contracts/balance-snapshot.models.js';
import type { BalanceGetOptions } from './balance.options.js';
import type { BalanceService } from './balance.service.js';

/** Reads balances for callers that can wait only a short time. */
export class TimedBalanceReader {
  /** Balances of which a reading has already taken longer than a caller could wait. */
  readonly #late = new WeakSet<BalanceService>();

  /**
   * Gives the balance or, where a new reading takes longer than `withinMs`, the last snapshot. The reading goes on and
   * serves the next caller. While OpenRouter hangs, one caller waits for it, and the others get the last snapshot at
   * once.
   *
   * @param options - Options of `BalanceService.get`.
   * @returns `undefined` where there is no snapshot.
   * @throws What `BalanceService.get` throws.
   */
  async read(
    balance: BalanceService,
    withinMs: number,
    options?: BalanceGetOptions,
  ): Promise<BalanceSnapshot | undefined> {
    const atHand = this.#late.has(balance) ? balance.peek() : undefined;
    if (atHand !== undefined) {
      return atHand;
    }
    const reading = options === undefined ? balance.get() : balance.get(options);
    const snapshot = await within(reading, withinMs);
    if (snapshot !== LATE) {
      return snapshot;
    }
    this.#rememberAsLate(balance, reading);
    return balance.peek();
  }

  #rememberAsLate(balance: BalanceService, reading: Promise<unknown>): void {
    this.#late.add(balance);
    const forget = (): boolean => this.#late.delete(balance);
    reading.then(forget, forget);
  }
}
