import { afterEach, describe, expect, it } from '@jest/globals';
import { Registry } from 'prom-client';
import { InMemorySpendStore } from '../../lib/index.js';
import { OpenRouterMetrics } from '../../lib/metrics/index.js';
import { ACME, failingStore, limited, statusOf, TENANT } from '../spend-limits/support/limited-client.js';
import { NOON_ZONE } from '../spend-limits/support/noon-zone.js';
import { until } from '../support/waiting.js';
import { scrape } from './support.js';

const registries: Registry[] = [];

afterEach(() => {
  for (const registry of registries.splice(0)) registry.clear();
});

function opened(scopeLabels: string[] = []) {
  const registry = new Registry();
  registries.push(registry);
  return { registry, instrumentation: new OpenRouterMetrics({ registry, scopeLabels }) };
}

const OTHER = { tenant: 'other' };

describe('the counters of spend limits', () => {
  it('start at 0 for each rule, so that the first event is an increase', async () => {
    const { registry, instrumentation } = opened();
    await limited({ rules: [TENANT, { ...TENANT, period: 'month', name: 'other' }] }, {}, instrumentation);
    expect(await scrape(registry)).toMatchObject({
      'openrouter_spend_refusals_total{account="default",rule="tenant per day"}': 0,
      'openrouter_spend_refusals_total{account="default",rule="other"}': 0,
      'openrouter_spend_alerts_total{account="default",rule="other",type="warning"}': 0,
      'openrouter_spend_alerts_total{account="default",rule="other",type="reached"}': 0,
    });
  });
});

describe('the gauges of spend limits', () => {
  it('show the subject that is nearest to its limit, as the store has it at the scrape', async () => {
    const { registry, instrumentation } = opened();
    const rules = [TENANT, { by: [], usd: null, period: 'month' as const, timeZone: NOON_ZONE, name: 'all' }];
    const store = new InMemorySpendStore();
    const { client } = await limited({ rules, store }, {}, instrumentation);
    await (await client.spendLimits.reserve(OTHER, 1)).commit(1);
    const open = await client.spendLimits.reserve(ACME, 2);
    await client.spendLimits.adjust(ACME, 1.5, 'later');
    const labels = '{account="default",rule="tenant per day"}';
    expect(await scrape(registry)).toMatchObject({
      [`openrouter_spend_limit_usd${labels}`]: 5,
      [`openrouter_spend_limit_spent_usd${labels}`]: 1.5,
      [`openrouter_spend_limit_held_usd${labels}`]: 2,
      [`openrouter_spend_limit_unsettled_usd${labels}`]: 0,
      'openrouter_spend_limit_spent_usd{account="default",rule="all"}': 2.5,
      'openrouter_spend_store_up{account="default"}': 1,
      'openrouter_spend_store_waiting{account="default"}': 0,
      'openrouter_spend_oldest_unsettled_seconds{account="default"}': 0,
    });
    await open.commit(0);
    const values = await scrape(registry);
    expect(values).toMatchObject({
      [`openrouter_spend_limit_held_usd${labels}`]: 0,
      [`openrouter_spend_limit_spent_usd${labels}`]: 1.5,
    });
    expect(values).not.toHaveProperty(['openrouter_spend_limit_usd{account="default",rule="all"}']);
  });

  it('tell subjects apart if asked', async () => {
    const { registry, instrumentation } = opened(['tenant']);
    const { client } = await limited({ rules: [TENANT] }, {}, instrumentation);
    await (await client.spendLimits.reserve(OTHER, 1)).commit(1);
    await (await client.spendLimits.reserve(ACME, 2)).commit(2);
    expect(await scrape(registry)).toMatchObject({
      'openrouter_spend_limit_spent_usd{account="default",rule="tenant per day",tenant="acme"}': 2,
      'openrouter_spend_limit_spent_usd{account="default",rule="tenant per day",tenant="other"}': 1,
    });
  });

  it('are absent while the store does not answer, and without limits', async () => {
    const { registry, instrumentation } = opened();
    const away = failingStore();
    away.isDown = false;
    const { client } = await limited({ rules: [TENANT], store: away.store }, {}, instrumentation);
    await (await client.spendLimits.reserve(ACME, 1)).commit(1);
    away.isDown = true;
    await client.metering.record({ usd: 1, scope: ACME });
    await until(() => client.spendLimits.diagnostics?.waiting === 1);
    const values = await scrape(registry);
    expect(values).toMatchObject({
      'openrouter_spend_store_up{account="default"}': 0,
      'openrouter_spend_store_waiting{account="default"}': 1,
      'openrouter_spend_store_alerts_total{account="default",type="unavailable"}': 1,
      'openrouter_spend_store_alerts_total{account="default",type="data-loss"}': 0,
    });
    expect(Object.keys(values).filter((name) => name.startsWith('openrouter_spend_limit_'))).toEqual([]);
    const other = opened();
    other.instrumentation.onAttach({ balance: client.balance }, 'default');
    expect(Object.keys(await scrape(other.registry)).filter((name) => name.includes('_spend_'))).toEqual([]);
  });
});

describe('the metrics of completions under spend limits', () => {
  it('compare bills with what was held, and count alerts and refusals', async () => {
    const { registry, instrumentation } = opened();
    const rules = [{ ...TENANT, usd: 0.2, warnAt: [0.5, 1] }];
    const { ask, costs, client } = await limited({ rules, holdUsd: 0.05 }, {}, instrumentation);
    expect(await statusOf(ask())).toBe(200);
    expect(await statusOf(ask())).toBe(200);
    await client.metering.settled();
    await until(async () => (await client.spendLimits.usage(ACME))[0]?.spentUsd === 0.2);
    expect(await statusOf(ask())).toBe(402);
    expect(costs).toMatchObject([{ heldUsd: 0.05 }, { heldUsd: 0.05 }]);
    await until(async () => {
      const values = await scrape(registry);
      return (
        values['openrouter_spend_alerts_total{account="default",rule="tenant per day",type="reached"}'] === 1
      );
    });
    const ratio = 'openrouter_spend_billed_to_held_ratio';
    expect(await scrape(registry)).toMatchObject({
      [`${ratio}_count{account="default",model="openai/gpt-5-mini"}`]: 2,
      [`${ratio}_sum{account="default",model="openai/gpt-5-mini"}`]: 4,
      'openrouter_spend_alerts_total{account="default",rule="tenant per day",type="warning"}': 1,
      'openrouter_spend_refusals_total{account="default",rule="tenant per day"}': 1,
    });
  });
});
