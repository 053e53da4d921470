import { afterEach, describe, expect, it } from '@jest/globals';
import { ModulesContainer } from '@nestjs/core';
import { TerminusModule } from '@nestjs/terminus';
import { Test, type TestingModule } from '@nestjs/testing';
import { Registry } from 'prom-client';
import { OpenRouterHealthIndicator, OpenRouterHealthModule } from '../../lib/health/index.js';
import { getOpenRouterClientToken, OpenRouterClient, OpenRouterModule } from '../../lib/index.js';
import { OpenRouterMetrics } from '../../lib/metrics/index.js';
import { OpenRouterTracing } from '../../lib/otel/index.js';
import { RedisBalanceStore } from '../../lib/redis/index.js';
import { OpenRouterSandbox } from '../../lib/testing/index.js';
import { leaksIn } from '../support/leaks.js';

const REDIS_PASSWORD = 'Zq81LmN0pXy2-redis-password';
const HEADER_SECRET = 'edge-credential-5d1f8a3c7e';
const PROXY_PASSWORD = 'proxy-password-Qp9x7Lw2';

let module: TestingModule | undefined;
let sandbox: OpenRouterSandbox | undefined;

afterEach(async () => {
  await module?.close();
  await sandbox?.stop();
});

/** As `ioredis` keeps its password, and never connected. */
function redisClient() {
  return {
    options: { password: REDIS_PASSWORD },
    evalsha: () => Promise.reject(new Error('down')),
    eval: () => Promise.reject(new Error('down')),
  };
}

describe('no secret shows', () => {
  it('in anything that an application has of this package', async () => {
    sandbox = await OpenRouterSandbox.start();
    const { apiKey, managementKey, baseUrl } = sandbox;
    const secrets = [apiKey, managementKey, REDIS_PASSWORD, HEADER_SECRET, PROXY_PASSWORD];
    const metrics = new OpenRouterMetrics({ registry: new Registry() });
    const tracing = new OpenRouterTracing();
    const options = () => ({
      apiKey,
      managementKey,
      baseUrl,
      headers: { 'x-edge-token': HEADER_SECRET },
      axios: { proxy: false as const },
      instrumentation: [metrics, tracing],
      balance: { store: new RedisBalanceStore(redisClient()) },
    });
    const registrations = [
      OpenRouterModule.forRoot(options()),
      OpenRouterModule.forRootAsync({ name: 'eu', useFactory: () => options() }),
      OpenRouterModule.forRoot({
        ...options(),
        name: 'proxied',
        axios: {
          proxy: { host: '127.0.0.1', port: 1, auth: { username: 'u', password: PROXY_PASSWORD } },
        },
      }),
    ];
    expect(leaksIn(registrations, secrets)).toEqual([]);
    module = await Test.createTestingModule({
      imports: [...registrations, TerminusModule, OpenRouterHealthModule.forRoot()],
    }).compile();
    await module.init();
    const client = module.get(OpenRouterClient);
    await client.balance.get();
    const holders = {
      metrics,
      tracing,
      health: module.get(OpenRouterHealthIndicator),
      client,
      credits: client.credits,
      apiKeys: client.apiKeys,
      activity: client.activity,
      generations: client.generations,
      budgets: client.budgets,
      balance: client.balance,
      metering: client.metering,
      eu: module.get<OpenRouterClient>(getOpenRouterClientToken('eu')),
      proxied: module.get<OpenRouterClient>(getOpenRouterClientToken('proxied')),
      // One module is enough: it leads to the container, and thereby to all others.
      container: [...module.get(ModulesContainer).values()].find(
        ({ metatype }) => metatype === OpenRouterModule,
      ),
    };
    for (const [name, holder] of Object.entries(holders)) {
      expect([name, leaksIn(holder, secrets)]).toEqual([name, []]);
    }
  }, 60_000);
});
