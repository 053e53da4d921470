import { jest } from '@jest/globals';
import type { Provider } from '@nestjs/common';
import { type BalanceSnapshot, BalanceService, getOpenRouterClientToken } from '../../lib/index.js';

/** An account of a test's own, whose balance is what the test says. */
export class FakeAccount {
  /** What can be spent; an error is why it cannot be read. */
  spendable: number | null | Error;
  readonly get = jest.fn(() => {
    const { spendable } = this;
    return spendable instanceof Error
      ? Promise.reject(spendable)
      : Promise.resolve<BalanceSnapshot>({
          totalCredits: null,
          totalUsage: null,
          balance: spendable,
          keyLimitRemaining: null,
          spendable,
          limitedBy: spendable === null ? null : 'balance',
          resetsAt: null,
          estimated: spendable,
          sources: { balance: null, keyLimit: null },
          stale: false,
          fetchedAt: new Date(),
        });
  });

  /** Nothing is ever at hand. */
  readonly peek = jest.fn((): BalanceSnapshot | undefined => undefined);

  constructor(spendable: number | null = 10) {
    this.spendable = spendable;
  }

  /** In the place of the default account's service, or of a named account's client. */
  provider(name?: string): Provider {
    return name === undefined
      ? { provide: BalanceService, useValue: this }
      : { provide: getOpenRouterClientToken(name), useValue: { balance: this } };
  }
}
