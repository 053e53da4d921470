import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { StoreAccess } from '../../lib/balance/store-access.js';
import { SYSTEM_ENVIRONMENT } from '../../lib/balance/balance-environment.js';
import {
  type BalanceAlert,
  type BalanceStore,
  InMemoryBalanceStore,
  OpenRouterAbortException,
} from '../../lib/index.js';
import { failure, fakeTime, replicaOf, SimulatedAccount } from './support/simulated-account.js';

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

const SECOND = 1_000;
const pass = (ms: number): Promise<void> => jest.advanceTimersByTimeAsync(ms);

/** Lets time pass until a promise is settled. */
async function settle<T>(promise: Promise<T>, stepMs = 10): Promise<T> {
  const state = { isSettled: false };
  promise
    .catch(() => undefined)
    .finally(() => {
      state.isSettled = true;
    });
  while (!state.isSettled) await pass(stepMs);
  return promise;
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
    await other.reader.get();
    await pass(0);
    expect(other.reader.peek()).toMatchObject({ balance: 100, spendable: 99.5 });
    expect(one.reader.peek()).toMatchObject({ spendable: 99.4999995 });
    await one.reader.refresh(undefined);
    await pass(SECOND);
    await other.reader.get();
    await pass(0);
    expect(other.reader.peek()).toMatchObject({ balance: 90, spendable: 89.5 });
    expect(account.asked).toHaveLength(2);
    one.reader.invalidate();
    await pass(SECOND);
    await other.reader.get();
    await pass(0);
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
    const slow = storeWith('invalidate', async (name) => {
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
    const counted = storeWith('read', (name) => {
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
    const late = storeWith('begin', async (name, holdMs) => {
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
    const slow = storeWith('read', async (name) => {
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
    await one.reader.get();
    await pass(0);
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
    // One recorded amount is enough for all.
    account.credits.totalUsage = 0;
    expect(await types(121 * SECOND)).toEqual(['recovered']);
    replicas[0]!.reader.recordSpend(85);
    expect(await types(3 * SECOND)).toEqual(['low']);
    for (const { watch } of replicas) watch.end();
  });

  it('tell what has changed while they were telling something', async () => {
    const slow = storeWith('claimAlert', async (...given) => {
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
    reader.recordSpend(81);
    await pass(50);
    reader.recordSpend(15);
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

const hang = (): Promise<never> => new Promise(() => undefined);
const METHODS = ['read', 'begin', 'end', 'write', 'invalidate', 'addSpend', 'claimAlert'] as const;

function storeThat(does: (method: string, given: unknown[]) => unknown): BalanceStore {
  return Object.fromEntries(
    METHODS.map((name) => [name, (...given: unknown[]) => does(name, given)]),
  ) as unknown as BalanceStore;
}

const LIAR = storeThat((method) =>
  Promise.resolve(
    method === 'read'
      ? { sequence: 0, reading: undefined, spend: [], alertState: undefined }
      : method === 'begin'
        ? { sequence: 5, leads: false }
        : false,
  ),
);

const BAD_STORES: Record<string, BalanceStore> = {
  'never answers': storeThat(hang),
  rejects: storeThat(() => Promise.reject(new Error('down'))),
  // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- a store may be that bad
  'rejects with nothing': storeThat(() => Promise.reject()),
  throws: storeThat(() => {
    throw new Error('down');
  }),
  'answers nothing, and not by a promise': storeThat(() => undefined),
  'answers late': storeThat(() => new Promise((resolve) => setTimeout(resolve, 5_000, {}))),
  'answers nonsense': storeThat(() => Promise.resolve('nonsense')),
  'answers with the wrong types': storeThat(() =>
    Promise.resolve({ sequence: '1', reading: 7, spend: {}, alertState: 0, leads: 'no' }),
  ),
  'answers with garbage inside': storeThat((method) =>
    Promise.resolve(
      method === 'read'
        ? { sequence: 1e15, reading: { text: '{"version":1,', ageMs: 0 }, spend: [], alertState: 'what?' }
        : method === 'begin'
          ? { sequence: 5, leads: true }
          : method === 'write' || method === 'claimAlert',
    ),
  ),
  'says that another one has done everything': LIAR,
  'answers with what throws when it is read': storeThat(() =>
    Promise.resolve(
      new Proxy(
        {},
        {
          get: (_target, name) => {
            if (name === 'then') return undefined;
            throw new Error('gotcha');
          },
        },
      ),
    ),
  ),
};

/** A store of which one method may answer later, or fail, like {@link store} otherwise. */
function storeWith<Name extends keyof BalanceStore>(name: Name, method: BalanceStore[Name]): BalanceStore {
  return new Proxy(store, {
    get: (target, wanted: Name) =>
      wanted === name
        ? method
        : typeof target[wanted] === 'function'
          ? target[wanted].bind(target)
          : target[wanted],
  });
}

function loseData(): void {
  (store as unknown as { accounts: Map<string, unknown> }).accounts.clear();
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

describe('a store that', () => {
  it.each(Object.entries(BAD_STORES))(
    '%s hurts nobody',
    async (_title, bad) => {
      const { reader, watch } = replicaOf(account, {
        store: bad,
        deadlineMs: 4 * SECOND,
        thresholds: { low: 20, hysteresis: 0.1 },
      });
      const startedAt = performance.now();
      await expect(settle(reader.get())).resolves.toMatchObject({ balance: 100 });
      expect(performance.now() - startedAt).toBeLessThan(2.5 * SECOND);
      const alerts: string[] = [];
      const subscription = watch.alerts$.subscribe(({ type }) => alerts.push(type));
      for (let second = 0; second < 130; second += 1) {
        reader.recordSpend(0.01);
        await settle(reader.get());
        await pass(SECOND);
      }
      expect(account.asked.length).toBeLessThan(5);
      expect(reader.peek()?.spendable).toBeLessThan(99.6);
      reader.invalidate();
      account.credits.totalUsage = 81;
      await expect(settle(reader.get())).resolves.toMatchObject({ balance: 19 });
      await pass(3 * SECOND);
      // Where it says that another process has told it, there is no way to know better.
      expect(alerts).toEqual(bad === LIAR ? [] : ['low']);
      subscription.unsubscribe();
      watch.end();
      reader.close();
      await pass(20 * SECOND);
      expect(jest.getTimerCount()).toBe(0);
    },
    20_000,
  );

  it('is down is left alone for a second, and used again as soon as it is up', async () => {
    let calls = 0;
    let isUp = false;
    const flaky = new Proxy(store, {
      get: (target, name: keyof BalanceStore) =>
        typeof target[name] === 'function'
          ? (...values: never[]) => {
              calls += 1;
              return isUp
                ? (target[name] as (...given: never[]) => unknown)(...values)
                : Promise.reject(new Error('down'));
            }
          : target[name],
    });
    const { reader } = replicaOf(account, { store: flaky });
    await settle(reader.get());
    expect(calls).toBe(1);
    reader.recordSpend(0.5);
    await pass(900);
    await settle(reader.refresh(undefined));
    expect(calls).toBe(1);
    isUp = true;
    await pass(SECOND);
    await reader.refresh(undefined);
    await pass(0);
    const other = replicaOf(account, { store });
    await other.reader.get();
    expect(account.asked).toHaveLength(3);
  });

  it('is slow gets what is recorded in the meantime as one amount', async () => {
    const amounts: number[] = [];
    const slow = storeWith('addSpend', async (_name, microUsd) => {
      amounts.push(microUsd);
      await pause(100);
    });
    const { reader } = replicaOf(account, { store: slow });
    for (let times = 0; times < 5; times += 1) {
      reader.recordSpend(0.1);
      await pass(10);
    }
    await pass(SECOND);
    expect(amounts).toEqual([100_000, 400_000]);
  });

  it('answers after the end has nothing to say any more', async () => {
    const slow = storeWith('read', async (name) => {
      await pause(100);
      return store.read(name);
    });
    await replicaOf(account, { store }).reader.get();
    account.latencyMs = 100;
    for (const own of [
      replicaOf(account, { store: slow }),
      replicaOf(new SimulatedAccount(), { store: slow }),
    ]) {
      const call = own.reader.refresh(undefined).catch(() => undefined);
      await pass(50);
      own.reader.close();
      await settle(call);
      expect(own.reader.peek()).toBeUndefined();
    }
  });

  it('has hung, and then has the spend after all, does not make it count twice', async () => {
    let isHung = true;
    const release: (() => void)[] = [];
    const slow = storeWith('addSpend', async (...given) => {
      if (isHung) await new Promise<void>((resolve) => release.push(resolve));
      return store.addSpend(...given);
    });
    const { reader } = replicaOf(account, { store: slow });
    await reader.get();
    reader.recordSpend(1);
    await pass(5 * SECOND);
    expect(reader.peek()).toMatchObject({ spendable: 99 });
    isHung = false;
    release[0]!();
    await pass(SECOND);
    await settle(reader.get());
    expect(reader.peek()).toMatchObject({ spendable: 99 });
    await expect(store.read('a1b2')).resolves.toMatchObject({ spend: [{ microUsd: 1_000_000 }] });
  });

  it('is slow, but not too slow, is waited for even by a process that was busy', async () => {
    jest.useRealTimers();
    let resolve!: (answer: unknown) => void;
    const access = new StoreAccess(
      storeThat(() => new Promise((done) => (resolve = done))),
      () => Promise.resolve('a1'),
      SYSTEM_ENVIRONMENT,
    );
    const begun = access.begin(1_000);
    await new Promise((done) => setTimeout(done, 10));
    setImmediate(() => resolve({ sequence: 1, leads: true }));
    const busyUntil = performance.now() + 300;
    while (performance.now() < busyUntil);
    await expect(begun).resolves.toEqual({ sequence: 1, leads: true });
  });
});
