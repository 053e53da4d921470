import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Registry } from 'prom-client';
import {
  BalanceService,
  InMemoryBalanceStore,
  OpenRouterClient,
  type OpenRouterModuleOptions,
  OpenRouterModule,
} from '../../lib/index.js';
import { OpenRouterMetrics } from '../../lib/metrics/index.js';
import { OpenRouterSandbox } from '../../lib/testing/index.js';
import { storeWith } from '../balance/support/stores.js';
import { failureOf } from '../support/failures.js';
import { leaksIn } from '../support/leaks.js';
import { until } from '../support/waiting.js';
import { scrape } from './support.js';

const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function openAccount(options: OpenRouterModuleOptions = {}) {
  const sandbox = await OpenRouterSandbox.start({ credits: { totalCredits: 10, totalUsage: 2 } });
  closers.push(() => sandbox.stop());
  const registry = new Registry();
  const all = {
    managementKey: sandbox.managementKey,
    baseUrl: sandbox.baseUrl,
    retry: false as const,
    instrumentation: new OpenRouterMetrics({ registry }),
    ...options,
  };
  return { sandbox, registry, options: all };
}

async function openClient(options: OpenRouterModuleOptions = {}) {
  const account = await openAccount(options);
  const client = new OpenRouterClient(account.options);
  closers.push(() => client.close());
  return { ...account, client };
}

const alerts = (type: string): string => `openrouter_balance_alerts_total{account="default",type="${type}"}`;

describe('OpenRouterMetrics on an account', () => {
  it('never asks OpenRouter, neither when it is attached nor when it is scraped', async () => {
    const { sandbox, registry } = await openClient({
      balance: { pollIntervalMs: 5, thresholds: { low: 5 } },
    });
    await scrape(registry);
    await fetch(`${sandbox.baseUrl}/key`);
    const values = await scrape(registry);
    expect(Object.keys(values).filter((name) => name.includes('_usd'))).toEqual([]);
    expect(values).not.toHaveProperty(['openrouter_balance_age_seconds{account="default"}']);
    expect(sandbox.requests.map(({ path }) => path)).toEqual(['/api/v1/key']);
  });

  it('shows the reading at hand, which grows older, and the spend recorded since', async () => {
    const { sandbox, registry, client } = await openClient();
    await client.balance.get();
    client.balance.recordSpend(1.5);
    const age = 'openrouter_balance_age_seconds{account="default"}';
    const first = await scrape(registry);
    expect(first).toMatchObject({
      'openrouter_balance_usd{account="default"}': 8,
      'openrouter_spendable_usd{account="default"}': 6.5,
      'openrouter_total_credits_usd{account="default"}': 10,
      'openrouter_total_usage_usd{account="default"}': 2,
      'openrouter_requests_total{account="default",operation="credits.getCredits",outcome="success"}': 1,
    });
    await until(async () => (await scrape(registry))[age]! > first[age]!);
    expect(sandbox.requests.length).toBe(1);
    expect(leaksIn(await registry.metrics(), [sandbox.managementKey])).toEqual([]);
  });

  it('leaves out what the key is not told', async () => {
    const { registry, client, sandbox } = await openClient();
    const limited = new OpenRouterClient({
      apiKey: sandbox.apiKey,
      baseUrl: sandbox.baseUrl,
      retry: false,
      instrumentation: new OpenRouterMetrics({ registry }),
    });
    closers.push(() => limited.close());
    await client.close();
    await limited.balance.get();
    const gauges = Object.keys(await scrape(registry)).filter((name) => /_usd|age/.test(name));
    expect(gauges).toEqual(['openrouter_balance_age_seconds{account="default"}']);
  });

  it('shows what limits, and until when', async () => {
    const { sandbox, registry, options } = await openAccount();
    const client = new OpenRouterClient({ ...options, apiKey: sandbox.apiKey });
    closers.push(() => client.close());
    const limits = async () =>
      Object.entries(await scrape(registry)).filter(([name]) => /limited_by|resets/.test(name));
    expect(await limits()).toEqual([]);
    await client.balance.get();
    expect(await limits()).toEqual([
      ['openrouter_spendable_limited_by{account="default",limit="balance"}', 1],
    ]);
    sandbox.addGuardrail({ scope: 'member', limitUsd: 3, resetInterval: 'daily' });
    const { resetsAt } = await client.balance.refresh();
    expect(await limits()).toEqual([
      ['openrouter_spendable_limited_by{account="default",limit="budget"}', 1],
      ['openrouter_spendable_resets_timestamp_seconds{account="default"}', resetsAt!.getTime() / 1_000],
    ]);
  });

  it('shows nothing of an account that is closed', async () => {
    const { registry, client } = await openClient();
    await client.balance.get();
    await client.close();
    expect(Object.keys(await scrape(registry)).filter((name) => /_usd|age/.test(name))).toEqual([]);
  });

  it('counts each alert once, without a subscriber and without taking it from one', async () => {
    const { sandbox, registry, client } = await openClient({
      balance: { thresholds: { low: 5, critical: 1 } },
    });
    const counts = async () => {
      const values = await scrape(registry);
      return ['low', 'critical', 'recovered', 'unavailable'].map((type) => values[alerts(type)]);
    };
    await client.balance.refresh();
    expect(await counts()).toEqual([0, 0, 0, 0]);
    sandbox.spend(4);
    await client.balance.refresh();
    await client.balance.refresh();
    expect(await counts()).toEqual([1, 0, 0, 0]);

    const told: string[] = [];
    client.balance.alerts$.subscribe(({ type }) => told.push(type));
    await until(() => told.length === 1);
    sandbox.spend(3.5);
    await client.balance.refresh();
    expect(await counts()).toEqual([1, 1, 0, 0]);
    await until(() => told.length === 2);
    expect(told).toEqual(['low', 'critical']);
    sandbox.topUp(100);
    await client.balance.refresh();
    expect(await counts()).toEqual([1, 1, 1, 0]);
    sandbox.failNext({ status: 500, times: 2 });
    await failureOf(client.balance.refresh());
    await failureOf(client.balance.refresh());
    expect(await counts()).toEqual([1, 1, 1, 1]);
  });

  it('counts what was recorded wrongly', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const { registry, client } = await openClient();
    const invalid = 'openrouter_invalid_spends_total{account="default"}';
    expect(await scrape(registry)).toHaveProperty([invalid], 0);
    client.balance.recordSpend(undefined as unknown as number);
    client.balance.recordSpend(1, { keyHash: 'none' });
    expect(await scrape(registry)).toHaveProperty([invalid], 2);
    expect(await scrape(registry)).toHaveProperty([invalid], 2);
    warn.mockRestore();
  });

  it('shows whether the shared store answers, where there is one, once it was asked', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const up = 'openrouter_balance_store_up{account="default"}';
    const alone = await openClient();
    await alone.client.balance.get();
    expect(await scrape(alone.registry)).not.toHaveProperty([up]);

    let isDown = false;
    const store = storeWith(new InMemoryBalanceStore(), 'read', (account) =>
      isDown ? Promise.reject(new Error('down')) : memory.read(account),
    );
    const memory = new InMemoryBalanceStore();
    const { registry, client } = await openClient({ balance: { store } });
    expect(await scrape(registry)).not.toHaveProperty([up]);
    await client.balance.get();
    expect(await scrape(registry)).toHaveProperty([up], 1);
    isDown = true;
    await client.balance.refresh();
    expect(await scrape(registry)).toHaveProperty([up], 0);
    expect(warn.mock.calls).toEqual([[expect.stringContaining('`balance.store` does not answer')]]);
    warn.mockRestore();
  });

  it('counts completions once each, also those that nobody has read to the end', async () => {
    const { sandbox, registry, client } = await openClient({
      metering: { lookupDelaysMs: [1, 5, 20, 100, 1_000, 5_000] },
    });
    const complete = (stream: boolean) =>
      client.metering.fetch(`${sandbox.baseUrl}/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${sandbox.apiKey}`, 'content-type': 'application/json' },
        body: JSON.stringify({
          model: 'openai/gpt-4.1-mini',
          messages: [{ role: 'user', content: 'Hi' }],
          stream,
        }),
      });
    await (await complete(false)).text();
    await (await complete(true)).body!.cancel();
    await client.metering.settled();
    const values = await scrape(registry);
    const labels = (outcome: string, source: string) =>
      `{account="default",model="openai/gpt-4.1-mini",outcome="${outcome}",source="${source}"}`;
    const costs = [labels('complete', 'answer'), labels('aborted', 'generation')].map(
      (series) => values[`openrouter_completion_cost_usd_total${series}`],
    );
    expect(costs).toEqual(sandbox.charges.map(({ usd }) => usd));
    expect(values).toMatchObject({
      [`openrouter_completions_total${labels('complete', 'answer')}`]: 1,
      [`openrouter_completions_total${labels('aborted', 'generation')}`]: 1,
    });
    expect(leaksIn(await registry.metrics(), [sandbox.apiKey])).toEqual([]);
  });

  it('is attached to every account of an application', async () => {
    const { registry, options } = await openAccount();
    const module = await Test.createTestingModule({
      imports: [OpenRouterModule.forRoot(options), OpenRouterModule.forRoot({ ...options, name: 'eu' })],
    }).compile();
    closers.push(() => module.close());
    await module.get(BalanceService).get();
    const values = await scrape(registry);
    expect(values).toHaveProperty(['openrouter_balance_usd{account="default"}'], 8);
    expect(values).toHaveProperty(['openrouter_balance_alerts_total{account="eu",type="low"}'], 0);
  });
});
