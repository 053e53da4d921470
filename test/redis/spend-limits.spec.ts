import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import {
  type CompletionCost,
  OpenRouterClient,
  type SpendLimitRule,
  type SpendStoreAlert,
  type SpendUsage,
} from '../../lib/index.js';
import { RedisSpendStore } from '../../lib/redis/redis-spend-store.js';
import { openSpendLimitsOf } from '../../lib/spend-limits/spend-limits.service.js';
import { OpenRouterSandbox } from '../../lib/testing/index.js';
import { askedAgain } from '../spend-limits/support/asked-again.js';
import { NOON_ZONE } from '../spend-limits/support/noon-zone.js';
import { until } from '../support/waiting.js';
import { HAS_REDIS, RedisServer } from './support/redis-server.js';

const ACME = { tenant: 'acme' };
const RULES: SpendLimitRule[] = [
  { by: 'tenant', usd: 5, period: 'day', timeZone: NOON_ZONE },
  { by: [], usd: 100, period: 'month', timeZone: NOON_ZONE },
];

(HAS_REDIS ? describe : describe.skip)('spend limits on Redis', () => {
  const closers: (() => Promise<unknown>)[] = [];
  let server: RedisServer;
  let redis: Redis;
  let sandbox: OpenRouterSandbox;

  beforeAll(async () => {
    server = await RedisServer.start();
    redis = new Redis({ host: '127.0.0.1', port: server.port });
    sandbox = await OpenRouterSandbox.start({ completionCost: 0.1 });
  });

  afterEach(async () => {
    for (const close of closers.splice(0)) await close();
  });

  afterAll(async () => {
    await sandbox.stop();
    await redis.quit();
    await server.stop();
  });

  function openClient(store: RedisSpendStore, leaseMs = 120_000): OpenRouterClient {
    const { apiKey, baseUrl } = sandbox;
    const client = new OpenRouterClient({
      apiKey,
      baseUrl,
      spendLimits: { rules: RULES, store, holdUsd: 0.1, leaseMs },
    });
    closers.push(() => client.close());
    return client;
  }

  async function complete(client: OpenRouterClient): Promise<Response> {
    const answer = await client.metering.fetchFor(ACME)(`${sandbox.baseUrl}/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${sandbox.apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'openai/gpt-5-mini', messages: [{ role: 'user', content: 'Hi' }] }),
    });
    await answer.text();
    return answer;
  }

  it('let as many completions pass as fit, of all replicas together', async () => {
    const store = new RedisSpendStore(redis, { prefix: randomUUID() });
    const clients = [1, 2, 3, 4].map(() => openClient(store));
    const answers = await Promise.all(
      clients.flatMap((client) => Array.from({ length: 25 }, () => complete(client))),
    );
    let passed = answers.filter(({ status }) => status === 200).length;
    const { spendLimits } = clients[0]!;
    const usageNow = async (): Promise<SpendUsage | undefined> =>
      (await askedAgain(() => spendLimits.usage(ACME)))[0];
    const isSettled = async (): Promise<boolean> => (await usageNow())?.heldUsd === 0;
    await until(isSettled, 30_000);
    // On a busy machine some were refused because Redis did not answer in time.
    await until(async () => {
      const more = await Promise.all(Array.from({ length: 10 }, () => complete(clients[0]!)));
      passed += more.filter(({ status }) => status === 200).length;
      await until(isSettled, 30_000);
      return (await usageNow())?.remainingUsd === 0;
    }, 100_000);
    expect(passed).toBe(50);
    expect(await askedAgain(() => spendLimits.usage(ACME))).toMatchObject([
      { spentUsd: 5, unsettledUsd: 0, remainingUsd: 0 },
      { spentUsd: 5, unsettledUsd: 0, remainingUsd: 95 },
    ]);
  }, 150_000);

  it('find the bill of a completion whose process has ended without a word', async () => {
    const store = new RedisSpendStore(redis, { prefix: randomUUID() });
    const lost = openClient(store, 1_000);
    const charged = sandbox.charges.length;
    await complete(openClient(new RedisSpendStore(redis, { prefix: randomUUID() })));
    const { generationId } = sandbox.charges[charged]!;
    const attached = await openSpendLimitsOf(lost.spendLimits)!.reserve({
      scope: ACME,
      nanoUsd: 500_000_000,
      id: 'attached',
      note: JSON.stringify({ scope: ACME, model: 'openai/gpt-5-mini' }),
    });
    const unattached = await openSpendLimitsOf(lost.spendLimits)!.reserve({
      scope: ACME,
      nanoUsd: 250_000_000,
      id: 'unattached',
      note: JSON.stringify({ scope: ACME }),
    });
    if (attached.status !== 'held' || unattached.status !== 'held') throw new Error('Not held.');
    await attached.held.attach(generationId);
    await lost.close();

    const costs: CompletionCost[] = [];
    const other = openClient(store, 1_000);
    other.metering.costs$.subscribe((cost) => costs.push(cost));
    await until(() => costs.length === 2);
    expect(costs.toSorted((one, next) => one.id.localeCompare(next.id))).toMatchObject([
      { id: 'attached', generationId, usd: 0.1, source: 'generation', scope: ACME, outcome: 'failed' },
      { id: 'unattached', usd: 0.25, source: 'hold', scope: ACME, outcome: 'failed' },
    ]);
    expect(await askedAgain(() => other.spendLimits.usage(ACME))).toMatchObject([
      { spentUsd: 0.35, heldUsd: 0, unsettledUsd: 0 },
      { spentUsd: 0.35, heldUsd: 0, unsettledUsd: 0 },
    ]);
  });

  it('restore what they know once Redis has lost it', async () => {
    const prefix = randomUUID();
    const client = openClient(new RedisSpendStore(redis, { prefix }));
    const limits = openSpendLimitsOf(client.spendLimits)!;
    await (await askedAgain(() => client.spendLimits.reserve(ACME, 3))).commit(3);
    await (await askedAgain(() => client.spendLimits.reserve(ACME, 1))).release();
    await limits.checkForLosses();
    const alerts: SpendStoreAlert[] = [];
    client.spendLimits.storeAlerts$.subscribe((alert) => alerts.push(alert));
    await redis.flushall();
    await limits.checkForLosses();
    expect(alerts).toEqual([{ type: 'data-loss', at: expect.any(Date) }]);
    expect(await askedAgain(() => client.spendLimits.usage(ACME))).toMatchObject([
      { spentUsd: 3 },
      { spentUsd: 3 },
    ]);
    await limits.checkForLosses();
    expect(await askedAgain(() => client.spendLimits.usage(ACME))).toMatchObject([
      { spentUsd: 3 },
      { spentUsd: 3 },
    ]);
    expect(alerts).toHaveLength(1);
  });

  it('refuse while Redis hangs, and go on when it answers again', async () => {
    const client = openClient(new RedisSpendStore(redis, { prefix: randomUUID() }));
    expect((await complete(client)).status).toBe(200);
    server.pause();
    const refused = await complete(client);
    server.resume();
    expect(refused.status).toBe(402);
    await until(async () => (await complete(client)).status === 200);
    await until(async () => (await askedAgain(() => client.spendLimits.usage(ACME)))[0]?.heldUsd === 0);
  });
});
