import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { BEGIN, READ } from '../../lib/redis/balance-scripts.js';
import { RedisBalanceStore } from '../../lib/redis/index.js';
import { replicaOf, SimulatedAccount } from '../balance/support/simulated-account.js';
import { until } from '../support/waiting.js';
import { HAS_REDIS, RedisServer } from './support/redis-server.js';

/** The name by which simulated replicas know their account. */
const ACCOUNT = 'a1b2';
const HOLD_MS = 31_000;

(HAS_REDIS ? describe : describe.skip)('a process that waits for the flight of another one', () => {
  let server: RedisServer;
  const clients: Redis[] = [];

  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(() => server.stop());

  beforeEach(async () => {
    const redis = open();
    // A server that does not know them yet is asked twice.
    for (const { text } of [BEGIN, READ]) await redis.script('LOAD', text);
  });
  afterEach(() => {
    for (const client of clients.splice(0)) client.disconnect();
  });

  function open(): Redis {
    const redis = new Redis({ host: '127.0.0.1', port: server.port });
    clients.push(redis);
    return redis;
  }

  it('asks for the lead once and then only reads, until the lead is free', async () => {
    const redis = open();
    const store = new RedisBalanceStore(redis);
    const scripts: string[] = [];
    const monitor = await redis.monitor();
    clients.push(monitor);
    monitor.on('monitor', (_time: string, [command, sha1]: string[]) => {
      if (command?.toLowerCase() === 'evalsha') scripts.push(String(sha1));
    });
    const countOf = ({ sha1 }: { sha1: string }): number =>
      scripts.filter((script) => script === sha1).length;

    /** @returns Whether it could be seen: a process does not wait for a store that does not answer in time. */
    const isSeen = async (): Promise<boolean> => {
      await redis.flushall();
      const leader = await store.begin(ACCOUNT, HOLD_MS);
      const [key] = await redis.keys('*');
      const drawn = async (): Promise<number> => Number(await redis.hget(key!, 'drawn'));
      await until(() => countOf(BEGIN) > 0);
      scripts.length = 0;
      const account = new SimulatedAccount();
      const { reader } = replicaOf(account, { store: new RedisBalanceStore(open()) });
      try {
        const reading = reader.get();
        const isAlone = (): boolean => account.asked.length > 0;
        await until(() => isAlone() || (countOf(BEGIN) === 1 && countOf(READ) >= 3));
        const numbered = await drawn();
        const looks = countOf(READ);
        await until(() => isAlone() || countOf(READ) >= looks + 10);
        if (isAlone()) return false;
        expect([countOf(BEGIN), await drawn()]).toEqual([1, numbered]);

        await store.end(ACCOUNT, leader.sequence);
        await expect(reading).resolves.toMatchObject({ balance: 100 });
        expect([countOf(BEGIN), account.asked.length]).toEqual([2, 1]);
        return true;
      } finally {
        await reader.close();
      }
    };

    await until(isSeen, 25_000);
  });
});
