import type { BalanceSnapshot } from './balance.models.js';
import type { BalanceGetOptions } from './balance.options.js';
import type { BalanceService } from './balance.service.js';

/** Reads balances for those who cannot wait for long. */
export class PromptReader {
  /** Whose reading takes longer than somebody has waited already. */
  readonly #late = new WeakSet<BalanceService>();

  /**
   * The balance; where a new reading takes longer than `withinMs`, what is at hand; `undefined` if that is nothing. The
   * reading goes on, and serves whoever comes next. While OpenRouter hangs, one caller waits, and not each of them.
   *
   * @param options - Of `BalanceService.get`.
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
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => {
        this.#remember(balance, reading);
        resolve(undefined);
      }, withinMs);
    });
    try {
      return (await Promise.race([reading, late])) ?? balance.peek();
    } finally {
      clearTimeout(timer);
    }
  }

  #remember(balance: BalanceService, reading: Promise<unknown>): void {
    this.#late.add(balance);
    const forget = (): boolean => this.#late.delete(balance);
    reading.then(forget, forget);
  }
}
