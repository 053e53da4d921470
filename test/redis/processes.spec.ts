import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { OpenRouterSandbox } from '../../lib/testing/index.js';
import { HAS_REDIS, RedisServer } from './support/redis-server.js';
import { Replica } from '../support/replica.js';
import { sleep } from '../support/waiting.js';

const REPLICAS = 4;

let server: RedisServer;
let sandbox: OpenRouterSandbox;
let replicas: Replica[] = [];

async function start(balance: object, keys: object = {}): Promise<Replica[]> {
  const { apiKey, managementKey, baseUrl } = sandbox;
  const options = { apiKey, managementKey, baseUrl, ...keys, balance };
  replicas = Array.from(
    { length: REPLICAS },
    () => new Replica('test/redis/support/replica.mjs', { redisPort: server.port, options }),
  );
  await Promise.all(replicas.map((replica) => replica.ready()));
  return replicas;
}

const all = (name: string, order: object = {}): Promise<any[]> =>
  Promise.all(replicas.map((replica) => replica.tell(name, order)));

/** Waits until replicas show a balance to whoever looks without asking. */
async function shown(those: readonly Replica[], usd: number): Promise<void> {
  const seen = async (): Promise<unknown[]> => Promise.all(those.map((replica) => replica.tell('peek')));
  const end = performance.now() + 10_000;
  while (performance.now() < end && !(await seen()).every((spendable) => spendable === usd)) {
    await sleep(50);
  }
  expect(await seen()).toEqual(those.map(() => usd));
}

/** How often each endpoint was asked. */
function asked(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { path } of sandbox.requests) counts[path] = (counts[path] ?? 0) + 1;
  return counts;
}

(HAS_REDIS ? describe : describe.skip)('four processes on one Redis', () => {
  beforeEach(async () => {
    [server, sandbox] = await Promise.all([RedisServer.start(), OpenRouterSandbox.start()]);
  });

  afterEach(async () => {
    await Promise.all(replicas.splice(0).map((replica) => replica.end()));
    await Promise.all([server.stop(), sandbox.stop()]);
  });

  it('make one request to each endpoint for ten thousand cold callers', async () => {
    await start({});
    const results = await all('get', { times: 2_500 });
    expect(results).toEqual(Array(REPLICAS).fill({ count: 2_500, spendable: [74.75] }));
    expect(asked()).toEqual({ '/api/v1/credits': 1, '/api/v1/key': 1 });
  }, 30_000);

  it('make one request where there is a management key alone', async () => {
    await start({}, { apiKey: undefined });
    await all('get', { times: 2_500 });
    expect(asked()).toEqual({ '/api/v1/credits': 1 });
  }, 30_000);

  it('make at most one reading in each time that one is fresh, reading at full speed', async () => {
    const [ttlMs, forMs] = [500, 3_000];
    await start({ ttlMs });
    const startedAt = performance.now();
    const results = await all('read', { forMs });
    // They may begin and end at different times.
    const tookMs = performance.now() - startedAt;
    for (const { count } of results) expect(count).toBeGreaterThan(1_000);
    // A reading is fresh for at least 0.9 of `ttlMs`; one more for the beginning.
    expect(asked()['/api/v1/credits']).toBeLessThanOrEqual(tookMs / (0.9 * ttlMs) + 1);
    expect(asked()['/api/v1/credits']).toBeGreaterThan(2);
  }, 30_000);

  it('share what they spend, to the millionth', async () => {
    const [first] = await start({});
    await all('get', { times: 1 });
    await first!.tell('spend', { usd: 0.1 });
    await first!.tell('spend', { usd: 0.2 });
    await sleep(1_200);
    const results = await all('get', { times: 1 });
    // What is at hand is given while it is compared.
    await sleep(200);
    expect(results.length).toBe(REPLICAS);
    expect((await all('get', { times: 1 })).map(({ spendable }) => spendable)).toEqual(
      Array(REPLICAS).fill([74.45]),
    );
  }, 30_000);

  it('show, even when idle, what others spend to whoever looks without asking', async () => {
    const [first, ...idle] = await start({});
    await all('get', { times: 1 });
    // Nobody asks for a balance from now on.
    await sleep(2_500);
    await first!.tell('spend', { usd: 0.5 });
    await shown(idle, 74.25);
    await sleep(2_500);
    await first!.tell('spend', { usd: 0.25 });
    await shown(idle, 74);
    expect(asked()).toEqual({ '/api/v1/credits': 1, '/api/v1/key': 1 });
  }, 30_000);

  it('leave nothing behind that only they know', async () => {
    const [leaving, ...others] = await start({});
    await all('get', { times: 1 });
    await leaving!.tell('spendAndEnd', { usd: 4 });
    await shown(others, 70.75);
    await server.kill();
    await server.run();
    await replicas[1]!.tell('spend', { usd: 1 });
    await shown(others, 69.75);
  }, 30_000);

  it('tell of a crossing once', async () => {
    await start({ pollIntervalMs: 200, ttlMs: 100, thresholds: { low: 50 } });
    await all('listen');
    await sleep(600);
    sandbox.spend(40);
    await sleep(1_500);
    expect((await all('alerts')).flat()).toEqual(['low']);
  }, 30_000);

  it('go on without Redis, and share again once it is back', async () => {
    await start({ ttlMs: 1_000 });
    await all('get', { times: 10 });
    await server.kill();
    await sleep(1_200);
    sandbox.clearRequests();
    const results = await all('get', { times: 10 });
    expect(results.map(({ count }) => count)).toEqual(Array(REPLICAS).fill(10));
    await sleep(1_200);
    await all('get', { times: 10 });
    expect(asked()['/api/v1/credits']).toBeGreaterThan(1);
    await server.run();
    await sleep(2_500);
    sandbox.clearRequests();
    await all('get', { times: 10 });
    await sleep(1_200);
    await all('get', { times: 10 });
    await sleep(300);
    expect(asked()['/api/v1/credits']).toBeLessThanOrEqual(3);
  }, 30_000);

  it('answer within their deadline while Redis hangs', async () => {
    await start({ ttlMs: 100, staleWhileRevalidateMs: 0 }, { deadlineMs: 2_000 });
    await all('get', { times: 10 });
    await sleep(200);
    server.pause();
    const before = performance.now();
    await all('get', { times: 10 });
    expect(performance.now() - before).toBeLessThan(2_000);
    server.resume();
  }, 30_000);
});
