import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { type Cluster, Redis } from 'ioredis';
import {
  OpenRouterClient,
  type SpendLimitRule,
  type SpendReservation,
  type SpendUsage,
} from '../../lib/index.js';
import { type RedisSpendClient, RedisSpendStore } from '../../lib/redis/redis-spend-store.js';
import { openSpendLimitsOf } from '../../lib/spend-limits/spend-limits.service.js';
import { OpenRouterSandbox } from '../../lib/testing/index.js';
import { NOON_ZONE } from '../spend-limits/support/noon-zone.js';
import { until } from '../support/waiting.js';
import { LaggingReplica } from './support/lagging-replica.js';
import { RedisCluster } from './support/redis-cluster.js';
import { RedisProxy } from './support/redis-proxy.js';
import { HAS_REDIS, RedisServer } from './support/redis-server.js';

// Servers are started and lost, which takes its time on a busy machine.
jest.setTimeout(150_000);

const PATIENCE_MS = 30_000;
const ACME = { tenant: 'acme', user: 'u7' };
const RULES: SpendLimitRule[] = [
  { by: ['tenant', 'user'], usd: 5, period: 'day', timeZone: NOON_ZONE },
  { by: 'tenant', usd: 50, period: 'month', timeZone: NOON_ZONE },
  { by: [], usd: 500, period: 'total' },
];

let sandbox: OpenRouterSandbox;
const closers: (() => Promise<unknown>)[] = [];

/** A call for each thing that is opened, the last one first. */
function closeLater(close: () => Promise<unknown>): void {
  closers.unshift(close);
}

beforeEach(async () => {
  jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  sandbox = await OpenRouterSandbox.start({ completionCost: 0.1 });
  closeLater(() => sandbox.stop());
});

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
  jest.restoreAllMocks();
});

function connect(port: number): Redis {
  const redis = new Redis({ host: '127.0.0.1', port, retryStrategy: () => 20, maxRetriesPerRequest: null });
  redis.on('error', () => undefined);
  closeLater(() => {
    redis.disconnect();
    return Promise.resolve();
  });
  return redis;
}

/** A replica of the application. */
function open(redis: RedisSpendClient, prefix: string): OpenRouterClient {
  const { apiKey, baseUrl } = sandbox;
  const client = new OpenRouterClient({
    apiKey,
    baseUrl,
    spendLimits: { rules: RULES, store: new RedisSpendStore(redis, { prefix }), holdUsd: 0.1 },
  });
  closeLater(() => client.close());
  return client;
}

async function complete(client: OpenRouterClient, stream = false): Promise<number> {
  const answer = await client.metering.fetchFor(ACME)(`${sandbox.baseUrl}/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${sandbox.apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'openai/gpt-5-mini', stream, messages: [{ role: 'user', content: 'Hi' }] }),
  });
  await answer.text();
  return answer.status;
}

/** Sends completions until so many have passed: on a busy machine the store may answer some too late. */
async function completed(client: OpenRouterClient, times: number): Promise<void> {
  for (let passed = 0; passed < times;) if ((await complete(client)) === 200) passed += 1;
}

async function usageOf(client: OpenRouterClient): Promise<readonly SpendUsage[]> {
  return client.spendLimits.usage(ACME).catch(() => []);
}

/** Waits until every rule shows an amount as spent, and nothing as held. */
async function shows(client: OpenRouterClient, spentUsd: number): Promise<void> {
  let last: readonly SpendUsage[] = [];
  try {
    await until(async () => {
      last = await usageOf(client);
      return last.length > 0 && last.every((one) => one.spentUsd === spentUsd && one.heldUsd === 0);
    }, PATIENCE_MS);
  } catch {
    // Says by how much it is wrong.
    expect(last.map((one) => [one.spentUsd, one.heldUsd])).toEqual(RULES.map(() => [spentUsd, 0]));
  }
}

const billedUsd = (): number =>
  Math.round(sandbox.charges.reduce((sum, { usd }) => sum + 1e9 * usd, 0)) / 1e9;

/** Sends completions until the limit refuses, and counts those that have passed. */
async function fill(clients: readonly OpenRouterClient[]): Promise<void> {
  await Promise.all(
    clients.flatMap((client) => Array.from({ length: 30 }, (_, n) => complete(client, n % 2 === 0))),
  );
  const [first] = clients as [OpenRouterClient];
  await until(async () => {
    // One after the other would take too long where the store has answered few of them in time.
    await Promise.all(Array.from({ length: 10 }, () => complete(first)));
    const [usage] = await usageOf(first);
    return usage?.heldUsd === 0 && (usage.remainingUsd ?? 0) < 0.1;
  }, 2 * PATIENCE_MS);
}

/** Lets Redis lose something while spend is under way: it is noticed, the sums are restored, and the bills are added. */
async function expectRestored(
  replicas: readonly OpenRouterClient[],
  spentUsd: number,
  lose: () => Promise<void>,
  isPrompted = true,
): Promise<void> {
  const [first] = replicas as [OpenRouterClient];
  const alerts = replicas.map((replica) => {
    const types: string[] = [];
    replica.spendLimits.storeAlerts$.subscribe(({ type }) => types.push(type));
    return types;
  });
  const reservations = await Promise.all(replicas.map((replica) => reserved(replica)));
  // From now on a loss is noticed by its epoch.
  const check = (): Promise<unknown> =>
    Promise.all(replicas.map((replica) => openSpendLimitsOf(replica.spendLimits)!.checkForLosses()));
  await check();
  await lose();
  await until(async () => {
    if (isPrompted) await check();
    return alerts.every((types) => types.includes('data-loss'));
  }, PATIENCE_MS);
  await until(async () => (await usageOf(first)).every((one) => one.spentUsd === spentUsd), PATIENCE_MS);
  // Redis does not know these any more.
  await Promise.all(reservations.map((reservation) => reservation.commit(0.05)));
  const inAll = Math.round(100 * (spentUsd + 0.05 * replicas.length)) / 100;
  await shows(first, inAll);
  // Nothing is added twice, and the limit still holds.
  await fill(replicas);
  const last = replicas.at(-1)!;
  await until(async () => (await usageOf(last))[0]?.heldUsd === 0, PATIENCE_MS);
  const extra = 0.05 * replicas.length;
  expect((await usageOf(last))[0]?.spentUsd).toBe(Math.round(100 * (billedUsd() + extra)) / 100);
  expect(billedUsd() + extra).toBeLessThanOrEqual(5);
}

/** On a busy machine the store may answer too late. */
async function reserved(client: OpenRouterClient): Promise<SpendReservation> {
  let reservation: SpendReservation | undefined;
  await until(async () => {
    reservation = await client.spendLimits.reserve(ACME, 0.1).catch(() => undefined);
    return reservation !== undefined;
  }, PATIENCE_MS);
  return reservation!;
}

(HAS_REDIS ? describe : describe.skip)('spend limits on a Redis Cluster', () => {
  let cluster: RedisCluster;
  let client: Cluster;

  beforeEach(async () => {
    cluster = await RedisCluster.start();
    closeLater(() => cluster.stop());
    client = cluster.open();
    closeLater(() => client.quit());
  });

  it('let exactly as many completions pass as fit, and book what was billed', async () => {
    const prefix = randomUUID();
    const replicas = [open(client, prefix), open(client, prefix)];
    await fill(replicas);
    expect(sandbox.charges).toHaveLength(50);
    await shows(replicas[1]!, 5);
  });

  it('are at what was billed after all nodes have lost everything', async () => {
    const replica = open(client, randomUUID());
    await completed(replica, 20);
    await shows(replica, 2);
    await expectRestored([replica], 2, async () => {
      await Promise.all(cluster.servers.map(({ port }) => connect(port).flushall()));
    });
  });
});

(HAS_REDIS ? describe : describe.skip)('spend limits on a Redis that', () => {
  let server: RedisServer;

  beforeEach(async () => {
    server = await RedisServer.start();
    closeLater(() => server.stop());
  });

  /** Two replicas that have spent $3, of which a replica of Redis has seen $1. */
  async function spent(): Promise<{ replicas: OpenRouterClient[]; behind: LaggingReplica }> {
    const prefix = randomUUID();
    const replicas = [0, 1].map(() => open(connect(server.port), prefix));
    const [first, second] = replicas as [OpenRouterClient, OpenRouterClient];
    await completed(first, 10);
    const behind = await LaggingReplica.of(server);
    closeLater(() => behind.stop());
    await completed(second, 20);
    await Promise.all(replicas.map((replica) => shows(replica, 3)));
    return { replicas, behind };
  }

  it('is emptied are at what was billed', async () => {
    const { replicas } = await spent();
    const flush = async (): Promise<void> => {
      await connect(server.port).flushall();
    };
    // Here the replicas notice it by themselves, which takes seconds.
    await expectRestored(replicas, 3, flush, false);
  });

  it('restarts empty are at what was billed', async () => {
    const { replicas } = await spent();
    await expectRestored(replicas, 3, async () => {
      await server.kill();
      await server.run();
    });
  });

  it('fails over to a replica that lags behind are at what was billed', async () => {
    const { replicas, behind } = await spent();
    await expectRestored(replicas, 3, () => behind.takeOver());
  });

  it.each([
    ['pauses its clients', (redis: Redis) => redis.call('CLIENT', 'PAUSE', 600, 'ALL').then(() => undefined)],
    ['hangs', () => hang()],
    ['is gone for a moment', () => cut()],
  ] as const)('%s count each completion once', async (_what, disturb) => {
    const proxy = await RedisProxy.start(server.port);
    closeLater(() => proxy.stop());
    disturbed = { server, proxy };
    const prefix = randomUUID();
    const replicas = [0, 1].map(() => open(connect(proxy.port), prefix));
    await Promise.all(replicas.map((replica) => completed(replica, 5)));
    const admin = connect(server.port);
    const all = replicas.flatMap((replica) =>
      Array.from({ length: 30 }, (_, index) => complete(replica, index % 2 === 0)),
    );
    await Promise.all([...all, disturb(admin)]);
    await shows(replicas[0]!, billedUsd());
    await fill(replicas);
    expect(sandbox.charges).toHaveLength(50);
    await shows(replicas[0]!, 5);
  });
});

let disturbed: { readonly server: RedisServer; readonly proxy: RedisProxy };
const DISTURBED_MS = 600;

async function hang(): Promise<void> {
  disturbed.server.pause();
  await pause();
  disturbed.server.resume();
}

async function cut(): Promise<void> {
  disturbed.proxy.cut();
  await pause();
  disturbed.proxy.mend();
}

/** Longer than the store is waited for, so that calls are abandoned whose effect is not known. */
function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, DISTURBED_MS));
}
