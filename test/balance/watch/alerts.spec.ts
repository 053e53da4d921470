import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { FIRST_ALERT_STATE, nextAlert } from '../../../lib/balance/watch/alert-state.js';
import { InMemoryBalanceStore, OpenRouterClient } from '../../../lib/index.js';
import { OpenRouterSandbox } from '../../../lib/testing/index.js';
import {
  fakeTime,
  MINUTE,
  pass,
  type Replica,
  replicaOf,
  SECOND,
  SimulatedAccount,
} from '../support/simulated-account.js';
import { pause, storeThat, storeWith } from '../support/stores.js';
import { until } from '../../support/waiting.js';

describe('alerts while recorded spend may stand in the figures already', () => {
  let sandbox: OpenRouterSandbox;
  let client: OpenRouterClient;
  let alerts: string[];

  beforeEach(async () => {
    sandbox = await OpenRouterSandbox.start({ credits: { totalCredits: 65, totalUsage: 0 } });
    const { managementKey, baseUrl } = sandbox;
    client = new OpenRouterClient({
      managementKey,
      baseUrl,
      balance: { pollIntervalMs: 20, ttlMs: 10, thresholds: { low: 40, critical: 10 } },
    });
    alerts = [];
    client.balance.alerts$.subscribe(({ type, threshold, snapshot }) =>
      alerts.push([type, threshold, snapshot?.spendable].join(' ')),
    );
    await until(() => client.balance.peek() !== undefined, 5_000);
  });

  afterEach(async () => {
    await client.close();
    await sandbox.stop();
  });

  const someReadings = async (): Promise<void> => {
    const count = sandbox.requests.length + 4;
    await until(() => sandbox.requests.length >= count, 5_000);
  };

  it.each([
    ['before OpenRouter has booked it', () => client.balance.recordSpend(20), () => sandbox.spend(20)],
    ['after OpenRouter has booked it', () => sandbox.spend(20), () => client.balance.recordSpend(20)],
  ])('say nothing of a burst that is recorded %s', async (_title, first, second) => {
    first();
    await someReadings();
    second();
    await someReadings();
    expect(client.balance.peek()).toMatchObject({ balance: 45, spendable: 25 });
    expect(alerts).toEqual([]);
  });

  it('say what is certain, as soon as a reading has it, and a recovery that no recorded spend takes back', async () => {
    client.balance.recordSpend(20);
    sandbox.spend(20);
    sandbox.spend(6);
    await until(() => alerts.length > 0, 5_000);
    // 65 − 26 − 20: the snapshot itself is as careful as ever.
    expect(alerts).toEqual(['low 40 19']);
    sandbox.topUp(20);
    await someReadings();
    expect(client.balance.peek()).toMatchObject({ balance: 59, spendable: 39 });
    expect(alerts).toHaveLength(1);
    sandbox.topUp(10);
    await until(() => alerts.length > 1, 5_000);
    expect(alerts[1]).toBe('recovered 40 49');
  });
});

describe('alerts of a simulated account', () => {
  let account: SimulatedAccount;
  let alerts: string[];
  const replicas: Replica[] = [];

  beforeEach(() => {
    fakeTime();
    account = new SimulatedAccount();
    alerts = [];
  });

  afterEach(async () => {
    const closed = replicas.splice(0).map(({ watch, reader }) => {
      watch.end();
      return reader.close();
    });
    // A store that is away is waited for only so long.
    await pass(SECOND);
    await Promise.all(closed);
    expect(jest.getTimerCount()).toBe(0);
    jest.useRealTimers();
  });

  function listen(replica: Replica): Replica {
    replicas.push(replica);
    replica.watch.alerts$.subscribe(({ type }) => alerts.push(type));
    return replica;
  }

  const since = (startedAt: number): number => performance.now() - startedAt;

  describe('where recorded spend says that a threshold was crossed', () => {
    const thresholds = { low: 40, hysteresis: 0.1 };
    const options = { thresholds, pollIntervalMs: 30 * MINUTE };

    it('come with the next reading that has it, for which nobody waits until the next poll', async () => {
      const { reader } = listen(replicaOf(account, options));
      await pass(MINUTE);
      reader.recordSpend(70);
      account.credits.totalUsage = 70;
      await pass(SECOND);
      expect(alerts).toEqual(['low']);
      expect(account.asked).toHaveLength(2);
    });

    it('come 70 seconds after it at the latest, where figures are a minute old', async () => {
      const { reader } = listen(replicaOf(account, options));
      await pass(10 * MINUTE + 5 * SECOND);
      const startedAt = performance.now();
      reader.recordSpend(70);
      await pass(MINUTE - 1);
      expect(alerts).toEqual([]);
      account.credits.totalUsage = 70;
      while (alerts.length === 0 && since(startedAt) < 5 * MINUTE) await pass(100);
      expect(since(startedAt)).toBeLessThanOrEqual(70 * SECOND);
      expect(account.asked.length).toBeLessThanOrEqual(9);
    });

    it('do not come of what OpenRouter never charges, which is read for no longer than a minute and ten', async () => {
      const { reader } = listen(replicaOf(account, options));
      await pass(MINUTE);
      reader.recordSpend(70);
      await pass(2 * MINUTE);
      const { length } = account.asked;
      expect(length).toBeLessThanOrEqual(9);
      await pass(20 * MINUTE);
      expect(account.asked).toHaveLength(length);
      expect(alerts).toEqual([]);
    });

    it('have replicas make these readings together', async () => {
      const store = new InMemoryBalanceStore();
      const replicas = [0.1, 0.4, 0.7, 0.9].map((random) =>
        listen(replicaOf(account, { ...options, store, random: () => random })),
      );
      await pass(MINUTE);
      const before = account.asked.length;
      replicas[0]!.reader.recordSpend(70);
      for (let ms = 0; ms < 2 * MINUTE; ms += 500) {
        for (const { reader } of replicas) await reader.get();
        await pass(500);
      }
      expect(account.asked.length - before).toBeLessThanOrEqual(16);
      expect(alerts).toEqual([]);
    });
  });

  describe('across an outage of the store', () => {
    const thresholds = { low: 40, critical: 10, hysteresis: 0.1 };
    let store: InMemoryBalanceStore;
    const down = new Set<number>();

    beforeEach(() => {
      store = new InMemoryBalanceStore();
      down.clear();
    });

    /** A process whose way to the store can be cut by its number. */
    function replica(number: number, options: object = {}): Replica {
      const own = storeThat((method, given) =>
        down.has(number)
          ? Promise.reject(new Error('down'))
          : (store as unknown as Record<string, (...values: unknown[]) => unknown>)[method]!(...given),
      );
      return listen(replicaOf(account, { store: own, thresholds, ...options }));
    }

    /** The store has been told that all is well. */
    async function recovered(): Promise<void> {
      account.credits.totalUsage = 70;
      await pass(61 * SECOND);
      account.credits.totalUsage = 0;
      await pass(61 * SECOND);
      expect(alerts.splice(0)).toEqual(['low', 'recovered']);
      await expect(store.read('a1b2')).resolves.toMatchObject({ alertState: 'ok' });
    }

    it('are not told again by the one that has told them', async () => {
      replica(1);
      await recovered();
      down.add(1);
      account.credits.totalUsage = 70;
      await pass(61 * SECOND);
      expect(alerts).toEqual(['low']);
      down.clear();
      await pass(3 * SECOND);
      await expect(store.read('a1b2')).resolves.toMatchObject({ alertState: 'low' });
      await pass(10 * MINUTE);
      expect(alerts).toEqual(['low']);
      account.credits.totalUsage = 0;
      await pass(61 * SECOND);
      expect(alerts).toEqual(['low', 'recovered']);
    });

    it('are not told by one that looks after the other has told and the store is back', async () => {
      replica(1);
      const other = replica(2, { pollIntervalMs: 20 * MINUTE, random: () => 0.9 });
      await recovered();
      down.add(1).add(2);
      account.credits.totalUsage = 70;
      await pass(61 * SECOND);
      expect(alerts).toEqual(['low']);
      down.clear();
      await pass(3 * SECOND);
      await other.reader.get();
      await pass(40 * MINUTE);
      expect(alerts).toEqual(['low']);
    });

    it('are told by each of those that the store does not answer, and by none of them afterwards', async () => {
      for (const number of [1, 2, 3]) replica(number);
      await recovered();
      for (const number of [1, 2, 3]) down.add(number);
      account.credits.totalUsage = 70;
      await pass(61 * SECOND);
      expect(alerts.splice(0)).toEqual(['low', 'low', 'low']);
      down.clear();
      await pass(10 * MINUTE);
      expect(alerts).toEqual([]);
      account.credits.totalUsage = 95;
      await pass(61 * SECOND);
      expect(alerts.splice(0)).toEqual(['critical']);
      account.credits.totalUsage = 0;
      await pass(61 * SECOND);
      expect(alerts).toEqual(['recovered']);
    });

    it('follow what others have told meanwhile', async () => {
      replica(1);
      replica(2);
      await recovered();
      down.add(1);
      account.credits.totalUsage = 70;
      await pass(61 * SECOND);
      // One by the store, and one by itself.
      expect(alerts.splice(0)).toEqual(['low', 'low']);
      down.clear();
      account.credits.totalUsage = 95;
      await pass(61 * SECOND);
      expect(alerts.splice(0)).toEqual(['critical']);
      await pass(10 * MINUTE);
      expect(alerts).toEqual([]);
    });

    it('are told once where a claim is carried out and answered too late', async () => {
      const late = storeWith(store, 'claimAlert', async (...given) => {
        const claimed = await store.claimAlert(...given);
        await pause(400);
        return claimed;
      });
      listen(replicaOf(account, { store: late, thresholds }));
      replica(2);
      account.credits.totalUsage = 70;
      await pass(3 * MINUTE);
      expect(alerts).toEqual(['low']);
      account.credits.totalUsage = 0;
      await pass(3 * MINUTE);
      expect(alerts).toEqual(['low', 'recovered']);
    });

    it.each([1, 2, 3, 4, 5])(
      'are what one process would tell without a store, whenever that is away: %d',
      async (seed) => {
        const { reader } = replica(1);
        const expected: string[] = [];
        let state = FIRST_ALERT_STATE;
        let random = seed;
        const next = (count: number): number => {
          random = (random * 48_271) % 2_147_483_647;
          return random % count;
        };
        for (let step = 0; step < 60; step += 1) {
          const usage = [0, 58, 70, 95][next(4)]!;
          if (next(3) === 0) down.add(1);
          else down.delete(1);
          account.credits.totalUsage = usage;
          await pass(61 * SECOND + next(3 * SECOND));
          await reader.get();
          const told = nextAlert(state, { spendable: 100 - usage, sequence: Infinity }, thresholds);
          ({ state } = told);
          if (told.news !== undefined) expected.push(told.news.type);
        }
        down.clear();
        await pass(2 * MINUTE);
        expect(alerts).toEqual(expected);
        expect(expected.length).toBeGreaterThan(20);
      },
    );

    it('leave nothing undone where the money is back before the store is', async () => {
      replica(1);
      await recovered();
      down.add(1);
      account.credits.totalUsage = 70;
      await pass(61 * SECOND);
      down.clear();
      account.credits.totalUsage = 0;
      await pass(61 * SECOND);
      expect(alerts).toEqual(['low', 'recovered']);
      await pass(10 * MINUTE);
      expect(alerts).toHaveLength(2);
      await expect(store.read('a1b2')).resolves.toMatchObject({ alertState: 'ok' });
    });
  });
});
