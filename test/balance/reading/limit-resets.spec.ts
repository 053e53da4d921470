import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { BalanceReading } from '../../../lib/balance/reading/balance-snapshot.js';
import { limitsOf } from '../../../lib/balance/reading/spending-limits.js';
import { type BalanceSnapshot, InMemoryBalanceStore } from '../../../lib/index.js';
import {
  failure,
  fakeTime,
  MINUTE,
  pass,
  type Replica,
  replicaOf,
  SECOND,
  SimulatedAccount,
} from '../support/simulated-account.js';
import { settle } from '../support/stores.js';

/** An account whose key has a budget, which the test sets. */
class BudgetedAccount extends SimulatedAccount {
  budget = { remainingUsd: 0, resetsAt: new Date(0) };

  override readonly source = {
    read: async (): Promise<BalanceReading> => {
      this.asked.push(performance.now());
      await Promise.resolve();
      if (this.fault !== undefined) throw this.fault;
      const fetchedAt = Date.now();
      const key = {
        limitRemaining: null,
        effectiveBudget: { scope: 'member', limitUsd: 20, ...this.budget },
      };
      return {
        credits: { ...this.credits },
        key: { limitRemaining: null, ...limitsOf(key, fetchedAt) },
        fetchedAt,
      };
    },
    forget: () => undefined,
  };

  constructor() {
    super();
    this.spend(-2, MINUTE / 2);
  }

  /** So much is left, until so much later. */
  spend(remainingUsd: number, resetsInMs: number): void {
    this.budget = { remainingUsd, resetsAt: new Date(Date.now() + resetsInMs) };
  }
}

let account: BudgetedAccount;

beforeEach(() => {
  fakeTime();
  account = new BudgetedAccount();
});
afterEach(() => {
  jest.useRealTimers();
});

const EMPTY = { spendable: -2, limitedBy: 'budget', stale: false };
const RENEWED = { spendable: 20, limitedBy: 'budget', resetsAt: null, stale: true };

describe('a budget that starts anew', () => {
  it('has a new reading made, however young the one at hand is', async () => {
    const { reader } = replicaOf(account);
    await expect(reader.get()).resolves.toMatchObject(EMPTY);
    await pass(MINUTE / 2 - 1);
    await expect(reader.get()).resolves.toMatchObject(EMPTY);
    expect(account.asked).toHaveLength(1);
    account.spend(20, 1_440 * MINUTE);
    await pass(1);
    await expect(reader.get()).resolves.toMatchObject({ spendable: 20, limitedBy: 'budget', stale: false });
    await expect(reader.get({ maxAgeMs: 10 * MINUTE })).resolves.toMatchObject({ spendable: 20 });
    expect(account.asked).toHaveLength(2);
  });

  it('is served as whole at most, and as stale, while OpenRouter cannot be asked', async () => {
    const { reader } = replicaOf(account);
    await reader.get();
    account.fault = failure(503);
    await pass(MINUTE / 2);
    expect(reader.peek()).toMatchObject(RENEWED);
    const [first, second] = [await reader.get(), await reader.get()];
    expect(first).toMatchObject(RENEWED);
    expect(second).toBe(first);
    reader.recordSpend(0.5);
    expect(reader.peek()).toMatchObject({ ...RENEWED, spendable: 19.5 });
    await expect(reader.get({ maxAgeMs: 10 * MINUTE })).rejects.toMatchObject({ status: 503 });
    account.fault = undefined;
    account.spend(7, 1_440 * MINUTE);
    await pass(2 * MINUTE);
    await expect(reader.get()).resolves.toMatchObject({ spendable: 7, stale: false });
  });

  it('is not asked for again and again where OpenRouter has not noticed yet, or another clock counts', async () => {
    const { reader } = replicaOf(account);
    await reader.get();
    await pass(MINUTE / 2);
    for (let count = 0; count < 100; count += 1) await reader.get();
    expect(account.asked).toHaveLength(2);
    expect(reader.peek()).toMatchObject({ spendable: -2, stale: false });
    account.spend(-2, 0);
    await pass(MINUTE * 2);
    await reader.get();
    await pass(0);
    expect(account.asked).toHaveLength(3);
  });

  it.each([
    ['OpenRouter says so', 20, ['low', 'recovered']],
    ['OpenRouter says otherwise, which nobody has assumed', -2, ['low']],
  ])('is told to those who watch, however rarely they poll: %s', async (_title, left, told) => {
    const { watch } = replicaOf(account, {
      pollIntervalMs: 60 * MINUTE,
      thresholds: { low: 10, hysteresis: 0.1 },
    });
    const changes: BalanceSnapshot[] = [];
    const alerts: string[] = [];
    watch.changes$.subscribe((snapshot) => changes.push(snapshot));
    watch.alerts$.subscribe(({ type }) => alerts.push(type));
    await pass(0);
    expect([changes.map(({ spendable }) => spendable), alerts]).toEqual([[-2], ['low']]);
    account.spend(left, 1_440 * MINUTE);
    await pass(MINUTE / 2);
    expect(changes.at(-1)).toMatchObject({ spendable: left, stale: false });
    expect(alerts).toEqual(told);
    expect(account.asked).toHaveLength(2);
    watch.end();
  });

  it('is so on every process that shares the reading, by the clock of the one that has made it', async () => {
    const store = new InMemoryBalanceStore();
    const [one, other] = [replicaOf(account, { store }), replicaOf(account, { store })] as [Replica, Replica];
    await one.reader.get();
    await pass(10 * SECOND);
    const shown = await settle(other.reader.get());
    expect(shown).toMatchObject(EMPTY);
    expect(shown.resetsAt).toEqual(new Date(Date.UTC(2026, 0, 1) + MINUTE / 2));
    expect(account.asked).toHaveLength(1);
    // This process's own clock is far from right.
    jest.setSystemTime(Date.UTC(2020, 0, 1));
    account.spend(20, 1_440 * MINUTE);
    await pass(20 * SECOND);
    await expect(settle(other.reader.get())).resolves.toMatchObject({ spendable: 20 });
    expect(account.asked).toHaveLength(2);
  });
});
