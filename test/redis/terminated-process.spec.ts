import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { SpendUsage } from '../../lib/index.js';
import { OpenRouterSandbox } from '../../lib/testing/index.js';
import { Replica } from '../support/replica.js';
import { until } from '../support/waiting.js';
import { HAS_REDIS, RedisServer } from './support/redis-server.js';

// Programs take their time to start on a busy machine.
jest.setTimeout(90_000);

const STREAMS = 20;
const PATIENCE_MS = 30_000;

let server: RedisServer;
let sandbox: OpenRouterSandbox;
const replicas: Replica[] = [];

beforeEach(async () => {
  server = await RedisServer.start();
  sandbox = await OpenRouterSandbox.start({ completionCost: 0.1 });
});

afterEach(async () => {
  await Promise.all(replicas.splice(0).map((replica) => replica.kill()));
  await sandbox.stop();
  await server.stop();
});

const nano = (usd: number): number => Math.round(usd * 1e9);

(HAS_REDIS ? describe : describe.skip)('SIGTERM in the middle of streams', () => {
  it.each([
    ['is waited for until the streams have ended', 5_000, 50],
    ['leaves what is longer to another process', 100, 400],
  ])('%s, and each bill is booked', async (_what, shutdownMs, chunks) => {
    const { apiKey, baseUrl } = sandbox;
    const rules = [{ by: 'tenant', usd: 5, period: 'total' }];
    const spendLimits = { rules, holdUsd: 0.1, learnHolds: false, leaseMs: 1_000 };
    const options = { apiKey, baseUrl, spendLimits, metering: { shutdownMs } };
    const settings = { redisPort: server.port, prefix: randomUUID(), options };
    const ended = new Replica('test/redis/support/nest-replica.mjs', settings);
    replicas.push(ended);
    await ended.ready();
    sandbox.onCompletion(() => ({ chunks, chunkDelayMs: 20 }));
    await ended.tell('begin', { times: STREAMS });
    await until(async () => (await ended.tell<number>('begun')) === STREAMS, PATIENCE_MS);
    // Nest sends the signal to itself again, after its hooks.
    expect(await ended.terminate()).toBe('SIGTERM');

    const other = new Replica('test/redis/support/limited-replica.mjs', settings);
    replicas.push(other);
    await other.ready();
    let usage: SpendUsage | undefined;
    await until(async () => {
      usage = await other.tell<SpendUsage>('usage').catch(() => undefined);
      return sandbox.charges.length === STREAMS && usage?.heldUsd === 0 && usage.unsettledUsd === 0;
    }, PATIENCE_MS);
    const billed = sandbox.charges.reduce((sum, { usd }) => sum + nano(usd), 0);
    expect(nano(usage!.spentUsd)).toBe(billed);
    expect(sandbox.charges.some(({ isCancelled }) => isCancelled)).toBe(shutdownMs < 1_000);
  });
});
