import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { type BalanceAlertType, OpenRouterClient } from '../../lib/index.js';
import { BEGIN, CLAIM_ALERT } from '../../lib/redis/balance-scripts.js';
import { RedisBalanceStore } from '../../lib/redis/index.js';
import { OpenRouterSandbox } from '../../lib/testing/index.js';
import { RedisProxy } from './support/redis-proxy.js';
import { HAS_REDIS, RedisServer } from './support/redis-server.js';
import { sleep, type Timing, timed, until } from '../support/waiting.js';

const ACCOUNT = 'cd'.repeat(32);
const HOUR_MS = 3_600_000;
const PATIENCE_MS = 10_000;

(HAS_REDIS ? describe : describe.skip)('alerts through a Redis that is hard to reach', () => {
  let server: RedisServer;
  const closers: (() => unknown)[] = [];

  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(() => server.stop());

  beforeEach(async () => {
    const redis = open(server.port);
    await redis.flushall();
    // A server that does not know them yet is asked twice.
    for (const { text } of [BEGIN, CLAIM_ALERT]) await redis.script('LOAD', text);
  });

  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });

  function open(port: number): Redis {
    const redis = new Redis({ host: '127.0.0.1', port, retryStrategy: () => 10 });
    redis.on('error', () => undefined);
    closers.push(() => redis.disconnect());
    return redis;
  }

  async function openProxy(): Promise<RedisProxy> {
    const proxy = await RedisProxy.start(server.port);
    closers.push(() => proxy.stop());
    return proxy;
  }

  describe('whose answer is lost, so that the client sends the command again', () => {
    it('are claimed by the one that has claimed them', async () => {
      const proxy = await openProxy();
      const [store, other] = [
        new RedisBalanceStore(open(proxy.port)),
        new RedisBalanceStore(open(server.port)),
      ];
      proxy.loseAnswersTo(CLAIM_ALERT.sha1);
      await expect(store.claimAlert(ACCOUNT, undefined, 'low', HOUR_MS)).resolves.toBe(true);
      expect(proxy.lostAnswers).toBe(1);
      await expect(other.claimAlert(ACCOUNT, undefined, 'low', HOUR_MS)).resolves.toBe(false);
      await expect(store.claimAlert(ACCOUNT, undefined, 'low', HOUR_MS)).resolves.toBe(false);
      await expect(other.read(ACCOUNT)).resolves.toMatchObject({ alertState: 'low' });
    });

    it('are claimed by it also where others have gone on from there meanwhile', async () => {
      const proxy = await openProxy();
      const [store, other] = [
        new RedisBalanceStore(open(proxy.port)),
        new RedisBalanceStore(open(server.port)),
      ];
      await store.read(ACCOUNT);
      proxy.loseAnswersTo(CLAIM_ALERT.sha1);
      const claim = store.claimAlert(ACCOUNT, undefined, 'low', HOUR_MS);
      await until(() => proxy.lostAnswers === 1, PATIENCE_MS);
      proxy.cut();
      for (const [before, after] of [
        ['low', 'critical'],
        ['critical', 'ok'],
      ] as const) {
        await expect(other.claimAlert(ACCOUNT, before, after, HOUR_MS)).resolves.toBe(true);
      }
      proxy.mend();
      await expect(claim).resolves.toBe(true);
      await expect(other.read(ACCOUNT)).resolves.toMatchObject({ alertState: 'ok' });
    });

    it('leave the lead to the flight that has it', async () => {
      const proxy = await openProxy();
      const store = new RedisBalanceStore(open(proxy.port));
      proxy.loseAnswersTo(BEGIN.sha1);
      const flight = await store.begin(ACCOUNT, HOUR_MS);
      expect([proxy.lostAnswers, flight.leads]).toEqual([1, true]);
      await expect(store.begin(ACCOUNT, HOUR_MS)).resolves.toMatchObject({ leads: false });
      await store.end(ACCOUNT, flight.sequence);
      await expect(store.begin(ACCOUNT, HOUR_MS)).resolves.toMatchObject({ leads: true });
    });
  });

  describe('of replicas', () => {
    let sandbox: OpenRouterSandbox;

    beforeEach(async () => {
      sandbox = await OpenRouterSandbox.start({ credits: { totalCredits: 100, totalUsage: 0 } });
      closers.push(() => sandbox.stop());
    });

    function replica(port: number): string[] {
      const { managementKey, baseUrl } = sandbox;
      const client = new OpenRouterClient({
        managementKey,
        baseUrl,
        balance: {
          store: new RedisBalanceStore(open(port)),
          pollIntervalMs: 50,
          ttlMs: 25,
          thresholds: { low: 40 },
        },
      });
      closers.push(() => client.close());
      const alerts: string[] = [];
      client.balance.alerts$.subscribe(({ type }) => alerts.push(type));
      return alerts;
    }

    const someReadings = async (): Promise<void> => {
      const count = sandbox.requests.length + 8;
      await until(() => sandbox.requests.length >= count, PATIENCE_MS);
    };

    /** By one replica; by each, once, if the machine stalled: Redis then answers too late, and two are better than none. */
    function expectTold(
      told: readonly (readonly string[])[],
      type: BalanceAlertType,
      { stalledMs }: Timing<void>,
    ): void {
      const tellers = told.filter((alerts) => alerts.length > 0);
      expect(tellers).toEqual(tellers.map(() => [type]));
      expect(tellers.length === 1 || stalledMs > 50).toBe(true);
    }

    it('are told where the answer to the claim is lost, and once', async () => {
      const proxy = await openProxy();
      const told = [replica(proxy.port), replica(proxy.port)];
      await someReadings();
      proxy.loseAnswersTo(CLAIM_ALERT.sha1);
      const crossing = await timed(async () => {
        sandbox.spend(70);
        await until(() => told.flat().length > 0, PATIENCE_MS);
        await someReadings();
      });
      expect(proxy.lostAnswers).toBe(1);
      expectTold(told, 'low', crossing);
    }, 30_000);

    it('are not told again after an outage in the middle of a crossing', async () => {
      const proxy = await openProxy();
      const told = replica(proxy.port);
      sandbox.spend(70);
      await until(() => told.length === 1, PATIENCE_MS);
      sandbox.topUp(100);
      await until(() => told.length === 2, PATIENCE_MS);
      proxy.cut();
      sandbox.spend(100);
      await until(() => told.length === 3, PATIENCE_MS);
      proxy.mend();
      const redis = open(server.port);
      const states = async (): Promise<(string | null)[]> =>
        Promise.all((await redis.keys('*')).map((key) => redis.hget(key, 'alert')));
      const end = performance.now() + PATIENCE_MS;
      while (!(await states()).includes('low') && performance.now() < end) await sleep(20);
      const late = replica(server.port);
      await someReadings();
      expect(await states()).toEqual(['low']);
      expect(told).toEqual(['low', 'recovered', 'low']);
      const crossing = await timed(async () => {
        sandbox.topUp(100);
        await until(() => told.length + late.length >= 4, PATIENCE_MS);
        await someReadings();
      });
      expectTold([told.slice(3), late], 'recovered', crossing);
    }, 30_000);
  });
});
