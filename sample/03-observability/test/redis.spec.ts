import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Redis } from 'ioredis';
import { BalanceService } from 'nestjs-openrouter';
import { OpenRouterSandbox } from 'nestjs-openrouter/testing';
import { HAS_REDIS, RedisServer } from '../../../test/redis/support/redis-server.js';
import { until } from '../../../test/support/waiting.js';
import { AppModule } from '../src/app.module.js';
import { openRedis } from '../src/redis.js';

const outside = process.env;

let server: RedisServer;
let sandbox: OpenRouterSandbox;
let replicas: INestApplication[];

async function startReplica(): Promise<INestApplication> {
  const { apiKey, managementKey, baseUrl } = sandbox;
  const module = AppModule.of({
    account: { apiKey, managementKey, baseUrl },
    redis: openRedis(),
    pollIntervalMs: 60_000,
  });
  const app = await NestFactory.create(module, { abortOnError: false, logger: false });
  replicas.push(app);
  await app.listen(0, '127.0.0.1');
  return app;
}

async function complete(app: INestApplication): Promise<number> {
  const { status } = await fetch(`${await app.getUrl()}/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ prompt: 'Hello' }),
  });
  return status;
}

async function spendable(app: INestApplication): Promise<number | null> {
  return (await app.get(BalanceService, { strict: false }).get()).spendable;
}

(HAS_REDIS ? describe : describe.skip)('replicas with Redis', () => {
  beforeEach(async () => {
    server = await RedisServer.start();
    sandbox = await OpenRouterSandbox.start({
      credits: { totalCredits: 10, totalUsage: 8 },
      completionCost: 0.25,
    });
    process.env = { ...outside, REDIS_URL: `redis://127.0.0.1:${server.port}` };
    replicas = [];
  });

  afterEach(async () => {
    process.env = outside;
    await Promise.all(replicas.map((app) => app.close()));
    await sandbox.stop();
    await server.stop();
  });

  it('share one reading, and what each of them spends', async () => {
    const one = await startReplica();
    await expect(spendable(one)).resolves.toBe(2);
    const other = await startReplica();
    await expect(spendable(other)).resolves.toBe(2);
    for (let count = 0; count < 7; count += 1) await expect(complete(one)).resolves.toBe(200);
    await until(async () => (await spendable(other)) === 0.25, 15_000);
    await expect(complete(other)).resolves.toBe(402);
    expect(sandbox.requests.filter(({ path }) => path.endsWith('/credits'))).toHaveLength(1);
  });

  it('close their connection after they have written what was spent', async () => {
    const one = await startReplica();
    await spendable(one);
    const redis = one.get(Redis);
    await complete(one);
    await replicas.shift()!.close();
    await until(() => redis.status === 'end');
    const other = await startReplica();
    await expect(spendable(other)).resolves.toBe(1.75);
  });
});
