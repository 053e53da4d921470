import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { SYSTEM_CLOCK } from '../../../lib/async/clock.js';
import { BoundedStore } from '../../../lib/balance/store/bounded-store.js';
import { type BalanceStore, InMemoryBalanceStore } from '../../../lib/index.js';
import { fakeTime, pass, replicaOf, SECOND, SimulatedAccount } from '../support/simulated-account.js';
import { usedHeap } from '../support/heap.js';
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

const hang = (): Promise<never> => new Promise(() => undefined);
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
      void reader.close();
      await pass(20 * SECOND);
      expect(jest.getTimerCount()).toBe(0);
    },
    120_000,
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
    const slow = storeWith(store, 'addSpend', async (...given) => {
      amounts.push(given[1]);
      await pause(100);
      return store.addSpend(...given);
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
    const slow = storeWith(store, 'read', async (name) => {
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
      void own.reader.close();
      await settle(call);
      expect(own.reader.peek()).toBeUndefined();
    }
  });

  it('has hung, and then has the spend after all, does not make it count twice', async () => {
    let isHung = true;
    const release: (() => void)[] = [];
    const slow = storeWith(store, 'addSpend', async (...given) => {
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

  it('gives the lead too late has it back', async () => {
    const slow = storeWith(store, 'begin', async (...given) => {
      const flight = await store.begin(...given);
      await pause(500);
      return flight;
    });
    const { reader } = replicaOf(account, { store: slow });
    await settle(reader.get());
    await expect(store.read('a1b2')).resolves.toMatchObject({ isLed: true });
    await pass(2 * SECOND);
    await expect(store.read('a1b2')).resolves.toMatchObject({ isLed: false });
  });

  it.each<[string, () => Promise<never>]>([
    ['fails', () => Promise.reject(new Error('down'))],
    ['hangs', hang],
  ])('%s when it is to take a reading has the lead back', async (_what, write) => {
    const flaky = storeWith(store, 'write', write);
    const { reader } = replicaOf(account, { store: flaky });
    await settle(reader.get());
    await expect(store.read('a1b2')).resolves.toMatchObject({ isLed: true });
    await pass(2 * SECOND);
    await expect(store.read('a1b2')).resolves.toMatchObject({ isLed: false });
  });

  it('hangs, keeps nobody longer than a quarter of a second who closes', async () => {
    const { reader } = replicaOf(account, { store: storeThat(hang) });
    reader.recordSpend(1);
    await pass(0);
    let isClosed = false;
    void reader.close().then(() => (isClosed = true));
    await pass(249);
    expect(isClosed).toBe(false);
    await pass(1);
    expect(isClosed).toBe(true);
    await pass(SECOND);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('has failed a moment ago gets what is left when somebody closes', async () => {
    let isDown = true;
    const flaky = storeWith(store, 'addSpend', (...given) =>
      isDown ? Promise.reject(new Error('down')) : store.addSpend(...given),
    );
    const { reader } = replicaOf(account, { store: flaky });
    reader.recordSpend(1);
    await pass(100);
    isDown = false;
    await reader.close();
    await expect(store.read('a1b2')).resolves.toMatchObject({ spend: [{ microUsd: 1_000_000 }] });
  });

  it.each<[string, () => Promise<void>]>([
    ['fails', () => Promise.reject(new Error('down'))],
    ['hangs', hang],
  ])(
    '%s costs no memory, however much is recorded',
    async (_what, addSpend) => {
      const { reader } = replicaOf(account, { store: storeWith(store, 'addSpend', addSpend) });
      await reader.get();
      const recordFor = async (times: number): Promise<number> => {
        for (let count = 0; count < times; count += 1) {
          reader.recordSpend(0.000001);
          // As in an application, where each comes by itself.
          await Promise.resolve();
          if (count % 1_000 === 0) await pass(1);
        }
        return usedHeap();
      };
      const before = await recordFor(10_000);
      expect((await recordFor(100_000)) - before).toBeLessThan(1_000_000);
      expect(reader.peek()?.spendable).toBe(99.89);
      void reader.close();
      await pass(SECOND);
    },
    240_000,
  );

  it('is slow, but not too slow, is waited for even by a process that was busy', async () => {
    jest.useRealTimers();
    let resolve!: (answer: unknown) => void;
    const bounded = new BoundedStore(
      storeThat(() => new Promise((done) => (resolve = done))),
      () => Promise.resolve('a1'),
      SYSTEM_CLOCK,
    );
    const begun = bounded.begin(1_000);
    await new Promise((done) => setTimeout(done, 10));
    setImmediate(() => resolve({ sequence: 1, leads: true }));
    const busyUntil = performance.now() + 300;
    while (performance.now() < busyUntil);
    await expect(begun).resolves.toEqual({ sequence: 1, leads: true });
  });
});
