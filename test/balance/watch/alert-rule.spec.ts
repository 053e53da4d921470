import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { AlertRule } from '../../../lib/balance/watch/alert-rule.js';
import { nextAlert } from '../../../lib/balance/watch/alert-state.js';
import { type BalanceStore, InMemoryBalanceStore } from '../../../lib/index.js';
import {
  fakeTime,
  pass,
  type Replica,
  replicaOf,
  SECOND,
  SimulatedAccount,
} from '../support/simulated-account.js';
import { storeWith } from '../support/stores.js';

const THRESHOLDS = { low: 40, critical: 10, hysteresis: 0.1 };

describe('the rule of alerts', () => {
  let account: SimulatedAccount;
  let store: InMemoryBalanceStore;
  let evaluations: number;
  let alerts: string[];
  const replicas: Replica[] = [];

  beforeEach(() => {
    fakeTime();
    account = new SimulatedAccount();
    store = new InMemoryBalanceStore();
    alerts = [];
  });
  afterEach(() => {
    for (const { watch, reader } of replicas.splice(0)) {
      watch.end();
      void reader.close();
    }
    jest.useRealTimers();
  });

  const counting: AlertRule = (before, evidence) => {
    evaluations += 1;
    return nextAlert(before, evidence, THRESHOLDS);
  };

  /** A process that has seen that all is well, and then the crossing. */
  async function crossing(shared?: BalanceStore): Promise<void> {
    const replica = replicaOf(account, {
      ...(shared && { store: shared }),
      thresholds: THRESHOLDS,
      rule: counting,
    });
    replicas.push(replica);
    replica.watch.alerts$.subscribe(({ type }) => alerts.push(type));
    await pass(5 * SECOND);
    expect(alerts).toEqual([]);
    evaluations = 0;
    account.credits.totalUsage = 70;
    await replica.reader.refresh(undefined);
    // Long enough for the store to be read again and again.
    await pass(20 * SECOND);
  }

  it('is evaluated once for a crossing in a process that is alone', async () => {
    await crossing();
    expect([alerts, evaluations]).toEqual([['low'], 1]);
  });

  it('is evaluated once for a crossing in the process that tells it', async () => {
    await crossing(store);
    expect([alerts, evaluations]).toEqual([['low'], 1]);
  });

  it.each([
    ['the same state', 'low', 1, []],
    ['another state', 'critical', 2, ['recovered']],
  ])(
    'is evaluated once more at most where another process claims %s first',
    async (_what, state, times, told) => {
      const contested = storeWith(store, 'claimAlert', async (name, expected, next, keepMs) => {
        // Another process is quicker.
        await store.claimAlert(name, expected, state, keepMs);
        return store.claimAlert(name, expected, next, keepMs);
      });
      await crossing(contested);
      expect([alerts, evaluations]).toEqual([told, times]);
    },
  );
});
