import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { SpendUsage } from '../../lib/index.js';
import { OpenRouterSandbox } from '../../lib/testing/index.js';
import { askedAgain } from '../spend-limits/support/asked-again.js';
import { NOON_ZONE } from '../spend-limits/support/noon-zone.js';
import { Replica } from '../support/replica.js';
import { until } from '../support/waiting.js';
import { HAS_REDIS, RedisServer } from './support/redis-server.js';

// Every test starts programs, which take their time on a busy machine.
jest.setTimeout(60_000);

const PROGRAM = 'test/redis/support/limited-replica.mjs';
const REPLICAS = 4;

let server: RedisServer;
let sandbox: OpenRouterSandbox;
const replicas: Replica[] = [];

async function start(count: number, spendLimits: object): Promise<Replica[]> {
  const { apiKey, baseUrl } = sandbox;
  const options = {
    apiKey,
    baseUrl,
    spendLimits: {
      rules: [{ by: 'tenant', usd: 5, period: 'day', timeZone: NOON_ZONE }],
      holdUsd: 0.1,
      ...spendLimits,
    },
  };
  const settings = { redisPort: server.port, options, prefix: randomUUID() };
  const started = Array.from({ length: count }, () => new Replica(PROGRAM, settings));
  replicas.push(...started);
  await Promise.all(started.map((replica) => replica.ready()));
  return started;
}

beforeEach(async () => {
  server = await RedisServer.start();
  sandbox = await OpenRouterSandbox.start({ completionCost: 0.1 });
});

afterEach(async () => {
  await Promise.all(replicas.splice(0).map((replica) => replica.end()));
  await sandbox.stop();
  await server.stop();
});

const billed = (): number => Math.round(sandbox.charges.reduce((sum, { usd }) => sum + usd * 1e9, 0)) / 1e9;

(HAS_REDIS ? describe : describe.skip)('processes under one spend limit', () => {
  it('let exactly as many completions pass as fit', async () => {
    const all = await start(REPLICAS, {});
    const statuses: number[] = [];
    const complete = async (one: Replica, times: number): Promise<void> => {
      statuses.push(...(await one.tell<number[]>('complete', { times })));
    };
    await Promise.all(all.map((one) => complete(one, 25)));
    // On a busy machine some were refused because the store did not answer in time.
    await until(async () => {
      await complete(all[0]!, 1);
      const usage = await askedAgain(() => all[0]!.tell<SpendUsage>('usage'));
      return usage.heldUsd === 0 && usage.spentUsd >= 5;
    }, 30_000);
    await Promise.all(all.map((one) => complete(one, 5)));
    expect(statuses.filter((status) => status === 200)).toHaveLength(50);
    expect(sandbox.charges).toHaveLength(50);
  });

  it('learn what was billed for the streams of one that was killed', async () => {
    const [killed, other] = (await start(2, { leaseMs: 1_000 })) as [Replica, Replica];
    sandbox.onCompletion(() => ({ chunks: 200, chunkDelayMs: 20 }));
    void killed.tell('complete', { times: 20, stream: true }).catch(() => undefined);
    const usage = (): Promise<SpendUsage> => askedAgain(() => other.tell('usage'));
    // Then each hold has its generation.
    await until(async () => (await killed.tell<number>('answered')) === 20);
    expect((await usage()).heldUsd).toBe(2);
    await killed.kill();
    await until(async () => (await usage()).spentUsd > 0, 20_000);
    await until(async () => {
      const { heldUsd, unsettledUsd } = await usage();
      return heldUsd === 0 && unsettledUsd === 0;
    }, 20_000);
    expect(sandbox.charges).toHaveLength(20);
    expect((await usage()).spentUsd).toBe(billed());
  });
});
