import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { Redis } from 'ioredis';
import { ApiKeysService, OpenRouterClient } from '../../lib/index.js';
import { RedisBalanceStore, type RedisScriptClient } from '../../lib/redis/index.js';
import { OpenRouterSandbox } from '../../lib/testing/index.js';
import { LaggingReplica } from './support/lagging-replica.js';
import { HAS_REDIS, RedisServer } from './support/redis-server.js';
import { sleep, timed, until } from '../support/waiting.js';

const CREDITS = 100;
const REPLICAS = 4;
const HOUR_S = 3_600;
/** For what takes a moment where the machine has nothing else to do. */
const PATIENCE_MS = 20_000;

let server: RedisServer;
let sandbox: OpenRouterSandbox;
let warn: jest.SpiedFunction<Logger['warn']>;
/** By how many seconds the clock of Redis is ahead. */
let clockOffsetS = 0;
const closers: (() => Promise<unknown>)[] = [];

function connect(port = server.port): Redis {
  const redis = new Redis({ host: '127.0.0.1', port, retryStrategy: () => 20 });
  redis.on('error', () => undefined);
  closers.push(() => {
    redis.disconnect();
    return Promise.resolve();
  });
  return redis;
}

/** A Redis whose clock scripts see is ahead. */
function withClock(redis: Redis): RedisScriptClient {
  return {
    evalsha: () => Promise.reject(new Error('NOSCRIPT')),
    eval: (script, ...rest) =>
      redis.eval(
        script.replace(
          "local time = redis.call('TIME')",
          `local time = redis.call('TIME')\ntime[1] = time[1] + (${clockOffsetS})`,
        ),
        ...rest,
      ),
  };
}

function replica(redis: RedisScriptClient = withClock(connect())): OpenRouterClient {
  const { managementKey, baseUrl } = sandbox;
  const client = new OpenRouterClient({
    managementKey,
    baseUrl,
    retry: false,
    balance: { store: new RedisBalanceStore(redis) },
  });
  closers.push(() => client.close());
  return client;
}

async function spendables(replicas: readonly OpenRouterClient[]): Promise<(number | null)[]> {
  return Promise.all(replicas.map(async ({ balance }) => (await balance.get()).spendable));
}

/** Waits until all of them say the same. */
async function settled(
  replicas: readonly OpenRouterClient[],
  usd: number,
  withinMs = PATIENCE_MS,
): Promise<void> {
  const end = performance.now() + withinMs;
  let last: (number | null)[] = [];
  while (performance.now() < end) {
    last = await spendables(replicas);
    if (last.every((spendable) => spendable === usd)) return;
    await sleep(50);
  }
  expect(last).toEqual(replicas.map(() => usd));
}

/** The most that any of them says in a while. */
async function most(replicas: readonly OpenRouterClient[], forMs: number): Promise<number> {
  let highest = -Infinity;
  for (const end = performance.now() + forMs; performance.now() < end;) {
    await sleep(20);
    for (const { balance } of replicas) highest = Math.max(highest, balance.peek()?.spendable ?? -Infinity);
    for (const spendable of await spendables(replicas)) highest = Math.max(highest, spendable ?? Infinity);
  }
  return highest;
}

/** Waits until the store is up, or down. */
async function health({ balance }: OpenRouterClient, storeUp: boolean): Promise<void> {
  await until(() => balance.diagnostics.storeUp === storeUp, PATIENCE_MS);
}

/** Waits until a replica has read and its store is up: on a busy machine the first answers may come too late. */
async function ready(client: OpenRouterClient): Promise<void> {
  await spendables([client]);
  await until(async () => {
    if (client.balance.diagnostics.storeUp !== true) await client.balance.refresh();
    return client.balance.diagnostics.storeUp === true;
  }, PATIENCE_MS);
  warn.mockClear();
}

async function key(redis: Redis): Promise<string> {
  const [found] = await redis.keys('*');
  return found!;
}

const LOSSES: [string, () => Promise<void>][] = [
  [
    'restarts empty',
    async () => {
      await server.kill();
      await server.run();
    },
  ],
  [
    'is flushed',
    async () => {
      await connect().flushall();
    },
  ],
  [
    'evicts the account',
    async () => {
      const admin = connect();
      await admin.del(await key(admin));
    },
  ],
  [
    'is flushed again and again',
    async () => {
      const admin = connect();
      for (let times = 0; times < 5; times += 1) {
        await admin.flushall();
        await sleep(100);
      }
    },
  ],
  [
    'jumps forward by two minutes',
    () => {
      clockOffsetS += 120;
      return Promise.resolve();
    },
  ],
  [
    'jumps forward by hours',
    () => {
      clockOffsetS += 3 * HOUR_S;
      return Promise.resolve();
    },
  ],
  [
    'jumps back by two minutes',
    () => {
      clockOffsetS -= 120;
      return Promise.resolve();
    },
  ],
];

(HAS_REDIS ? describe : describe.skip)('what was spent, where Redis', () => {
  beforeEach(async () => {
    warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    clockOffsetS = 0;
    [server, sandbox] = await Promise.all([
      RedisServer.start(),
      OpenRouterSandbox.start({ credits: { totalCredits: CREDITS, totalUsage: 0 } }),
    ]);
  });

  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
    await Promise.all([server.stop(), sandbox.stop()]);
    warn.mockRestore();
  });

  it.each(LOSSES)(
    '%s, is overstated by nobody',
    async (_what, lose) => {
      const replicas = Array.from({ length: REPLICAS }, () => replica());
      const [first, second, third] = replicas as [OpenRouterClient, OpenRouterClient, OpenRouterClient];
      await spendables(replicas);
      first.balance.recordSpend(15);
      second.balance.recordSpend(25);
      await settled(replicas, 60);
      await lose();
      expect(await most(replicas, 1_500)).toBe(60);
      // A new reading, as everybody makes one sooner or later.
      await third.balance.refresh();
      expect(await most(replicas, 500)).toBe(60);
      third.balance.recordSpend(5);
      await settled(replicas, 55);
      const newcomer = replica();
      await settled([...replicas, newcomer], 55);
      expect(await most([...replicas, newcomer], 500)).toBe(55);
    },
    60_000,
  );

  it('is replaced by a replica that was behind, is overstated by nobody', async () => {
    const replicas = Array.from({ length: REPLICAS }, () => replica(connect()));
    const [first, second, third] = replicas as [OpenRouterClient, OpenRouterClient, OpenRouterClient];
    await spendables(replicas);
    first.balance.recordSpend(15);
    await settled(replicas, 85);
    const behind = await LaggingReplica.of(server);
    closers.push(() => behind.stop());
    first.balance.recordSpend(20);
    second.balance.recordSpend(5);
    await settled(replicas, 60);
    await behind.takeOver();
    // Hides in what the replica had what it has not.
    first.balance.recordSpend(0.5);
    expect(await most(replicas, 1_500)).toBe(60);
    await settled(replicas, 59.5);
    third.balance.recordSpend(5);
    await settled([...replicas, replica(connect())], 54.5);
  }, 60_000);

  it('restarts empty after the process has gone that has spent it, is told by the others', async () => {
    const [gone, ...others] = Array.from({ length: 3 }, () => replica()) as [
      OpenRouterClient,
      ...OpenRouterClient[],
    ];
    await spendables([gone, ...others]);
    gone.balance.recordSpend(40);
    await settled(others, 60);
    await gone.close();
    await server.kill();
    await server.run();
    await settled(others, 60);
    await settled([replica()], 60);
  }, 60_000);

  it('is down when it is recorded, shows to the others when it is up', async () => {
    const [one, other] = [replica(), replica()];
    await spendables([one, other]);
    await server.kill();
    for (let times = 0; times < 100; times += 1) one.balance.recordSpend(0.1);
    await settled([one], 90);
    await server.run();
    await settled([one, other], 90);
    expect(await most([one, other], 500)).toBe(90);
  }, 60_000);

  it('goes down, is warned of once, and once more when it is up', async () => {
    const client = replica();
    await ready(client);
    server.pause();
    await health(client, false);
    await sleep(2_000);
    expect(warn.mock.calls).toEqual([[expect.stringContaining('`balance.store` does not answer')]]);
    server.resume();
    // Of what was under way when it stopped, something may have been to be written: that has to be seen to work again.
    client.balance.recordSpend(0.01);
    await health(client, true);
    await sleep(1_000);
    expect(warn.mock.calls.slice(1)).toEqual([['`balance.store` answers again.']]);
  }, 60_000);

  it('cannot be written to, is down until it can', async () => {
    const client = replica();
    await ready(client);
    const admin = connect();
    await admin.config('SET', 'maxmemory', '1');
    client.balance.recordSpend(1);
    await health(client, false);
    await sleep(1_500);
    expect(client.balance.diagnostics.storeUp).toBe(false);
    await admin.config('SET', 'maxmemory', '0');
    await health(client, true);
    expect(warn).toHaveBeenCalledTimes(2);
    await settled([replica()], 99);
  }, 60_000);

  it('has what is recorded just before the end', async () => {
    const other = replica();
    await spendables([other]);
    for (let times = 1; times <= 5; times += 1) {
      const redis = connect();
      await redis.ping();
      const client = replica(redis);
      client.balance.recordSpend(1);
      await client.close();
      redis.disconnect();
      await settled([other], CREDITS - times);
    }
  }, 60_000);

  it('hangs, lets an account be closed in a moment', async () => {
    const client = replica();
    await spendables([client]);
    server.pause();
    client.balance.recordSpend(1);
    const { waitedMs } = await timed(() => client.close());
    expect(waitedMs).toBeLessThan(10_000);
    server.resume();
  }, 60_000);

  it('is shared, is taken from the limit of the key where it was spent with that key', async () => {
    const { managementKey, baseUrl } = sandbox;
    const admin = new OpenRouterClient({ managementKey, baseUrl });
    closers.push(() => admin.close());
    const { secret } = await admin.apiKeys.create({ name: 'own', limit: 5 });
    const apiKey = secret.reveal();
    const open = (): OpenRouterClient => {
      const store = new RedisBalanceStore(connect());
      const client = new OpenRouterClient({ managementKey, apiKey, baseUrl, balance: { store } });
      closers.push(() => client.close());
      return client;
    };
    const [one, other] = [open(), open()];
    await spendables([one, other]);
    one.balance.recordSpend(50, { keyHash: 'ab'.repeat(32) });
    one.balance.recordSpend(1, { keyHash: ApiKeysService.hashOf(apiKey) });
    await settled([one, other], 4);
    expect(other.balance.peek()).toMatchObject({ estimated: 49, keyLimitRemaining: 5 });
    // As an earlier version records it, for which every amount counts for everything.
    const client = connect();
    const account = /\{(.*)\}/.exec(await key(client))![1]!;
    await new RedisBalanceStore(client).addSpend(account, 2_000_000, 60_000);
    await settled([one, other], 2);
    expect(other.balance.peek()).toMatchObject({ estimated: 47 });
  }, 60_000);
});
