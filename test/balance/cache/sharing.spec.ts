import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type BalanceAlert, InMemoryBalanceStore, OpenRouterAbortException } from '../../../lib/index.js';
import { HiddenParts } from '../../../lib/secret/hidden-parts.js';
import {
  failure,
  fakeTime,
  pass,
  replicaOf,
  SECOND,
  SimulatedAccount,
} from '../support/simulated-account.js';
import { pause, settle, storeThat, storeWith } from '../support/stores.js';

let account: SimulatedAccount;
let store: InMemoryBalanceStore;

beforeEach(() => {
  fakeTime();
  account = new SimulatedAccount();
  store = new InMemoryBalanceStore();
});
afterEach(() => {
  jest.useRealTimers();
});

function loseData(): void {
  new HiddenParts<{ accounts: Map<string, unknown> }>().of(store).accounts.clear();
}

describe('processes that share a store', () => {
  it('make one reading between them, cold', async () => {
    account.latencyMs = 500;
    const replicas = Array.from({ length: 4 }, () => replicaOf(account, { store, random: Math.random }));
    const calls = replicas.flatMap(({ reader }) => Array.from({ length: 100 }, () => reader.get()));
    const snapshots = await settle(Promise.all(calls));
    expect(new Set(snapshots.map(({ balance }) => balance))).toEqual(new Set([100]));
    expect(account.asked).toHaveLength(1);
  });

  it('make one reading in a window of ttlMs, however much they read', async () => {
    const replicas = Array.from({ length: 4 }, () =>
      replicaOf(account, { store, ttlMs: SECOND, random: Math.random }),
    );
    account.latencyMs = 20;
    await settle(Promise.all(replicas.map(({ reader }) => reader.get())));
    for (let ms = 0; ms < 60 * SECOND; ms += 5) {
      for (const { reader } of replicas) await reader.get();
      await pass(5);
    }
    expect(account.asked.length).toBeLessThanOrEqual(61);
    expect(account.asked.length).toBeGreaterThan(50);
  }, 30_000);

  it('see the reading, the spend and the invalidation of another one within a second', async () => {
    const [one, other] = [replicaOf(account, { store }), replicaOf(account, { store })] as const;
    await one.reader.get();
    await other.reader.get();
    // From memory.
    await other.reader.get();
    account.credits.totalUsage = 10;
    one.reader.recordSpend(0.5);
    one.reader.recordSpend(0.0000005);
    await pass(SECOND);
    // Nobody has asked for anything since.
    expect(other.reader.peek()).toMatchObject({ balance: 100, spendable: 99.5 });
    expect(one.reader.peek()).toMatchObject({ spendable: 99.4999995 });
    await one.reader.refresh(undefined);
    await pass(SECOND);
    expect(other.reader.peek()).toMatchObject({ balance: 90, spendable: 89.5 });
    expect(account.asked).toHaveLength(2);
    one.reader.invalidate();
    await pass(SECOND);
    expect(other.reader.peek()).toBeUndefined();
    await other.reader.get();
    await one.reader.get();
    expect(account.asked).toHaveLength(3);
  });

  it('know at once what has happened while they were idle', async () => {
    const [one, other] = [replicaOf(account, { store }), replicaOf(account, { store })] as const;
    await one.reader.get();
    await other.reader.get();
    account.credits.totalCredits = 200;
    one.reader.invalidate();
    one.reader.recordSpend(0.5);
    await pass(3 * SECOND);
    await expect(settle(other.reader.get())).resolves.toMatchObject({ balance: 200, spendable: 199.5 });
    one.reader.recordSpend(1);
    await pass(3 * SECOND);
    await expect(settle(other.reader.get())).resolves.toMatchObject({ spendable: 198.5 });
    expect(account.asked).toHaveLength(2);
  });

  it('are not given an old reading by one that began before an invalidation', async () => {
    const [one, other] = [replicaOf(account, { store }), replicaOf(account, { store })] as const;
    account.latencyMs = 500;
    const slow = one.reader.get();
    await pass(100);
    account.credits.totalCredits = 200;
    other.reader.invalidate();
    const after = other.reader.get();
    await settle(Promise.all([slow, after]));
    await expect(slow).resolves.toMatchObject({ balance: 100 });
    await expect(after).resolves.toMatchObject({ balance: 200 });
    expect(one.reader.peek()).toBeUndefined();
    await pass(SECOND);
    await settle(one.reader.get());
    expect(one.reader.peek()).toMatchObject({ balance: 200 });
  });

  it('do not keep a reading that began before an invalidation of which they have heard', async () => {
    const [one, other] = [replicaOf(account, { store }), replicaOf(account, { store })] as const;
    account.latencyMs = 500;
    const slow = one.reader.get();
    await pass(100);
    other.reader.invalidate();
    await pass(10);
    await one.reader.compare();
    await expect(settle(slow)).resolves.toMatchObject({ balance: 100 });
    await pass(0);
    expect(one.reader.peek()).toBeUndefined();
  });

  it('share what is read right after an invalidation, even where the store is slow to hear of that', async () => {
    const slow = storeWith(store, 'invalidate', async (name) => {
      await pause(100);
      return store.invalidate(name);
    });
    const { reader } = replicaOf(account, { store: slow });
    await reader.get();
    reader.invalidate();
    await settle(reader.get());
    await pass(SECOND);
    await replicaOf(account, { store }).reader.get();
    expect(account.asked).toHaveLength(2);
  });

  it.each([
    [4 * SECOND, 2 * SECOND],
    [60 * SECOND, 15 * SECOND],
  ])(
    'do not wait for ever for one that has died: with a deadline of %d ms for %d',
    async (deadlineMs, waitMs) => {
      await store.begin('a1b2', 3_600 * SECOND);
      const { reader } = replicaOf(account, { store, deadlineMs });
      const startedAt = performance.now();
      await expect(settle(reader.get())).resolves.toMatchObject({ balance: 100 });
      const tookMs = performance.now() - startedAt;
      expect(tookMs).toBeGreaterThanOrEqual(waitMs);
      expect(tookMs).toBeLessThan(waitMs + 200);
      // What is left of it.
      expect(account.deadlines[0]).toBeLessThanOrEqual(deadlineMs - waitMs);
      expect(account.deadlines[0]).toBeGreaterThan(deadlineMs - waitMs - 200);
    },
  );

  it('stop waiting for another one when the last caller has left', async () => {
    await store.begin('a1b2', 60 * SECOND);
    let reads = 0;
    const counted = storeWith(store, 'read', (name) => {
      reads += 1;
      return store.read(name);
    });
    const caller = new AbortController();
    const left = replicaOf(account, { store: counted }).reader.get({ signal: caller.signal });
    const failed = expect(left).rejects.toThrow(OpenRouterAbortException);
    await pass(SECOND);
    expect(reads).toBeGreaterThan(5);
    caller.abort();
    await failed;
    await pass(100);
    const before = reads;
    await pass(5 * SECOND);
    expect([reads, account.asked.length]).toEqual([before, 0]);
  });

  it('make one reading for all who want a new one at the same time', async () => {
    const replicas = [replicaOf(account, { store }), replicaOf(account, { store })];
    account.latencyMs = 500;
    await settle(Promise.all(replicas.map(({ reader }) => reader.get({ maxAgeMs: 0 }))));
    expect(account.asked).toHaveLength(1);
  });

  it('take over what lands just before it is their turn, and leave the turn to others', async () => {
    const late = storeWith(store, 'begin', async (name, holdMs) => {
      await replicaOf(account, { store }).reader.get();
      await pause(50);
      return store.begin(name, holdMs);
    });
    await settle(replicaOf(account, { store: late }).reader.get());
    expect(account.asked).toHaveLength(1);
    await expect(store.begin('a1b2', SECOND)).resolves.toMatchObject({ leads: true });
  });

  it.each([
    ['fresh enough for the one who asks', [5 * SECOND], 0],
    ['too old for the one who asks', [2 * SECOND], 1],
    ['not fresh', [undefined], 1],
    ['too old for the first of two', [2 * SECOND, 5 * SECOND], 1],
    ['too old for the second of two', [5 * SECOND, 2 * SECOND], 1],
    ['not fresh, which the second of two asks for', [5 * SECOND, undefined], 1],
  ])('read anew or not where the reading of another one is %s', async (_title, ages, times) => {
    const options = { store, ttlMs: SECOND };
    await replicaOf(account, options).reader.get();
    await pass(3 * SECOND);
    const { reader } = replicaOf(account, options);
    await settle(Promise.all(ages.map((maxAgeMs) => reader.get({ maxAgeMs }))));
    expect(account.asked).toHaveLength(1 + times);
  });

  it('serve what another one has read while they leave OpenRouter alone', async () => {
    const [one, other] = [replicaOf(account, { store }), replicaOf(account, { store })] as const;
    account.fault = failure(429, 60 * SECOND);
    await expect(one.reader.get()).rejects.toThrow();
    account.fault = undefined;
    await other.reader.get();
    await pass(2 * SECOND);
    await expect(settle(one.reader.get())).resolves.toMatchObject({ balance: 100 });
    expect(account.asked).toHaveLength(2);
  });

  it('take a reading for no younger than it can be where the store is slow', async () => {
    await replicaOf(account, { store }).reader.get();
    const slow = storeWith(store, 'read', async (name) => {
      const answer = await store.read(name);
      await pause(200);
      return answer;
    });
    await pass(500);
    const { reader } = replicaOf(account, { store: slow });
    await settle(reader.get());
    await pass(200);
    await settle(reader.get({ maxAgeMs: 800 }));
    expect(account.asked).toHaveLength(2);
  });

  it('have spend that a slow reading may not include', async () => {
    const [one, other] = [replicaOf(account, { store }), replicaOf(account, { store })] as const;
    await other.reader.get();
    one.reader.recordSpend(1);
    await pass(55 * SECOND);
    account.latencyMs = 10 * SECOND;
    await settle(one.reader.refresh(undefined));
    await pass(2 * SECOND);
    await expect(settle(other.reader.get())).resolves.toMatchObject({ spendable: 99 });
    expect(account.asked).toHaveLength(2);
  });

  it('do not wait for a flight in whose place there was a refresh', async () => {
    const { reader } = replicaOf(account, { store });
    account.latencyMs = 20 * SECOND;
    const slow = reader.get();
    await pass(100);
    account.latencyMs = 0;
    await reader.refresh(undefined);
    await expect(store.begin('a1b2', SECOND)).resolves.toMatchObject({ leads: true });
    await settle(slow);
  });

  it('follow a store that has lost its data, and numbers anew', async () => {
    const [one, other] = [replicaOf(account, { store }), replicaOf(account, { store })] as const;
    for (let times = 0; times < 5; times += 1) await one.reader.refresh(undefined);
    loseData();
    account.credits.totalUsage = 10;
    await pass(SECOND);
    await other.reader.get();
    await pass(SECOND);
    expect(one.reader.peek()).toMatchObject({ balance: 90 });
  });

  it('ask for themselves where the one that leads fails', async () => {
    account.latencyMs = 100;
    account.fault = failure(503);
    const [one, other] = [replicaOf(account, { store }), replicaOf(account, { store })] as const;
    const failed = expect(one.reader.get()).rejects.toThrow();
    const call = other.reader.get();
    await pass(50);
    account.fault = undefined;
    await expect(settle(call)).resolves.toMatchObject({ balance: 100 });
    await failed;
  });

  it('are told of a crossing once, all together', async () => {
    const options = { store, thresholds: { low: 20, hysteresis: 0.1 }, random: Math.random };
    const replicas = Array.from({ length: 4 }, () => replicaOf(account, options));
    // Nobody listens here, so that nobody would hear of it.
    replicas.push(replicaOf(account, options));
    replicas.at(-1)!.watch.enter();
    const alerts: BalanceAlert[] = [];
    for (const { watch } of replicas.slice(0, 4)) watch.alerts$.subscribe((alert) => alerts.push(alert));
    const types = async (ms: number): Promise<string[]> => {
      await pass(ms);
      return alerts.splice(0).map(({ type }) => type);
    };
    expect(await types(61 * SECOND)).toEqual([]);
    account.credits.totalUsage = 81;
    expect(await types(121 * SECOND)).toEqual(['low']);
    account.credits.totalUsage = 0;
    expect(await types(121 * SECOND)).toEqual(['recovered']);
    account.fault = failure(503);
    expect(await types(121 * SECOND)).toEqual(['unavailable']);
    account.fault = undefined;
    expect(await types(121 * SECOND)).toEqual(['recovered']);
    // A process that starts later knows what was told.
    account.credits.totalUsage = 81;
    expect(await types(121 * SECOND)).toEqual(['low']);
    replicaOf(account, options).watch.alerts$.subscribe((alert) => alerts.push(alert));
    expect(await types(121 * SECOND)).toEqual([]);
    // What one has recorded has all of them look sooner.
    account.credits.totalUsage = 0;
    expect(await types(121 * SECOND)).toEqual(['recovered']);
    replicas[0]!.reader.recordSpend(85);
    account.credits.totalUsage = 85;
    expect(await types(11 * SECOND)).toEqual(['low']);
    for (const { watch } of replicas) watch.end();
  });

  it('claim an alert after they have written the reading that it is of', async () => {
    const slow = storeWith(store, 'write', async (...given) => {
      await pause(100);
      return store.write(...given);
    });
    const thresholds = { low: 20, critical: 5, hysteresis: 0.1 };
    const [one, other] = [slow, store].map((each) => replicaOf(account, { store: each, thresholds }));
    const alerts: string[] = [];
    other!.watch.alerts$.subscribe(({ type }) => alerts.push(type));
    one!.watch.alerts$.subscribe(({ type }) => alerts.push(type));
    await pass(SECOND);
    account.credits.totalUsage = 81;
    await one!.reader.refresh(undefined);
    await pass(50);
    // By the older reading, the other one would take the alert back.
    await other!.reader.compare();
    await pass(SECOND);
    await other!.reader.compare();
    await pass(SECOND);
    expect(alerts).toEqual(['low']);
    for (const { watch } of [one!, other!]) watch.end();
  });

  it('tell what has changed while they were telling something', async () => {
    const slow = storeWith(store, 'claimAlert', async (...given) => {
      await pause(100);
      return store.claimAlert(...given);
    });
    const { reader, watch } = replicaOf(account, {
      store: slow,
      thresholds: { low: 20, critical: 5, hysteresis: 0.1 },
    });
    const alerts: string[] = [];
    watch.alerts$.subscribe(({ type }) => alerts.push(type));
    await pass(SECOND);
    account.credits.totalUsage = 81;
    await reader.refresh(undefined);
    await pass(50);
    account.credits.totalUsage = 96;
    await reader.refresh(undefined);
    await pass(SECOND);
    expect(alerts).toEqual(['low', 'critical']);
    watch.end();
  });

  it('tell the end of an outage in which the store has gone down as well', async () => {
    let isUp = true;
    const flaky = storeThat((method, given) =>
      isUp
        ? (store as unknown as Record<string, (...values: unknown[]) => unknown>)[method]!(...given)
        : Promise.reject(new Error('down')),
    );
    const { watch } = replicaOf(account, { store: flaky, thresholds: { low: 20, hysteresis: 0.1 } });
    const alerts: string[] = [];
    watch.alerts$.subscribe(({ type }) => alerts.push(type));
    account.fault = failure(503);
    await pass(2 * 60 * SECOND);
    isUp = false;
    account.fault = undefined;
    await pass(2 * 60 * SECOND);
    account.credits.totalUsage = 81;
    await pass(2 * 60 * SECOND);
    expect(alerts).toEqual(['unavailable', 'recovered', 'low']);
    watch.end();
  });

  it('do not tell again where the store has lost its data', async () => {
    const options = { store, thresholds: { low: 20, hysteresis: 0.1 } };
    account.credits.totalUsage = 81;
    const replicas = [replicaOf(account, options), replicaOf(account, options)];
    const alerts: string[] = [];
    for (const { watch } of replicas) watch.alerts$.subscribe(({ type }) => alerts.push(type));
    await pass(61 * SECOND);
    expect(alerts).toEqual(['low']);
    loseData();
    await pass(200 * SECOND);
    expect(alerts).toEqual(['low']);
    await expect(store.read('a1b2')).resolves.toMatchObject({ alertState: 'low' });
    for (const { watch } of replicas) watch.end();
  });
});
