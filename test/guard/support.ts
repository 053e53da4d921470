import { jest } from '@jest/globals';
import type { Provider } from '@nestjs/common';
import type { BalanceFigures } from '../../lib/account-lookup.js';
import { getOpenRouterClientToken } from '../../lib/openrouter.tokens.js';

/** An account of a test's own, whose balance is what the test says. */
export class FakeAccount {
  /** What can be spent; an error is why it cannot be read. */
  spendable: number | null | Error;
  readonly get = jest.fn(() => {
    const { spendable } = this;
    return spendable instanceof Error
      ? Promise.reject(spendable)
      : Promise.resolve<BalanceFigures>({
          totalCredits: null,
          totalUsage: null,
          balance: spendable,
          keyLimitRemaining: null,
          spendable,
          estimated: spendable,
          stale: false,
          fetchedAt: new Date(),
        });
  });

  constructor(spendable: number | null = 10) {
    this.spendable = spendable;
  }

  provider(name?: string): Provider {
    return { provide: getOpenRouterClientToken(name), useValue: { balance: this } };
  }
}
