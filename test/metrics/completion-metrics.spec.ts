import { afterEach, describe, expect, it } from '@jest/globals';
import { type OpenMetricsContentType, register, Registry } from 'prom-client';
import type { CompletionCost } from '../../lib/contracts/completion-cost.js';
import type { SpendUsage } from '../../lib/contracts/spend-usage.js';
import { OpenRouterConfigException } from '../../lib/errors/client.exceptions.js';
import { OpenRouterMetrics } from '../../lib/metrics/index.js';
import { scrape } from './support.js';

/** What a completion of a cent has cost. */
function costOf(given: Partial<CompletionCost> = {}): CompletionCost {
  return {
    id: 'one',
    usd: 0.01,
    source: 'answer',
    model: 'openai/gpt-5-mini',
    promptTokens: 10,
    completionTokens: 20,
    isByok: false,
    isStream: false,
    outcome: 'complete',
    scope: {},
    startedAt: new Date(),
    durationMs: 5,
    ...given,
  };
}

function openMetrics(options: { scopeLabels?: string[] } = {}) {
  const registry = new Registry();
  const metrics = new OpenRouterMetrics({ registry, ...options });
  return {
    registry,
    add: (...costs: Partial<CompletionCost>[]) => {
      for (const cost of costs) metrics.onCost(costOf(cost), 'default');
    },
  };
}

/** The values of one metric, by its labels. */
async function valuesOf(registry: Registry, metric: string): Promise<Record<string, number>> {
  const all = Object.entries(await scrape(registry));
  return Object.fromEntries(
    all
      .filter(([name]) => name.startsWith(`${metric}{`))
      .map(([name, value]) => [name.slice(metric.length), value]),
  );
}

afterEach(() => register.clear());

describe('the metric of refusals', () => {
  it('counts what the rules of spend limits have refused', async () => {
    const registry = new Registry();
    const metrics = new OpenRouterMetrics({ registry });
    const usage: SpendUsage = {
      rule: 'tenant per day',
      subject: { tenant: 'acme' },
      period: 'day',
      from: new Date(0),
      resetsAt: null,
      limitUsd: 1,
      spentUsd: 1,
      heldUsd: 0,
      unsettledUsd: 0,
      remainingUsd: 0,
    };
    metrics.onRefusal(usage, 'default');
    metrics.onRefusal(usage, 'default');
    expect(await valuesOf(registry, 'openrouter_spend_refusals_total')).toEqual({
      '{account="default",rule="tenant per day"}': 2,
    });
  });
});

describe('the metrics of completions', () => {
  it('count each one with its cost and its tokens', async () => {
    const { registry, add } = openMetrics();
    add({}, { usd: 0.25 }, { outcome: 'aborted', source: 'generation', usd: 0.5, model: 'a/b' });
    const mini = 'account="default",model="openai/gpt-5-mini"';
    expect(await scrape(registry)).toMatchObject({
      [`openrouter_completions_total{${mini},outcome="complete",source="answer"}`]: 2,
      [`openrouter_completion_cost_usd_total{${mini},outcome="complete",source="answer"}`]: 0.26,
      'openrouter_completions_total{account="default",model="a/b",outcome="aborted",source="generation"}': 1,
      'openrouter_completion_cost_usd_total{account="default",model="a/b",outcome="aborted",source="generation"}': 0.5,
      [`openrouter_tokens_total{${mini},type="prompt"}`]: 20,
      [`openrouter_tokens_total{${mini},type="completion"}`]: 40,
      [`openrouter_cost_per_completion_usd_count{${mini},outcome="complete"}`]: 2,
      [`openrouter_cost_per_completion_usd_bucket{le="0.01",${mini},outcome="complete"}`]: 1,
      [`openrouter_cost_per_completion_usd_bucket{le="0.5",${mini},outcome="complete"}`]: 2,
    });
  });

  it('show an unknown cost as a completion without one', async () => {
    const { registry, add } = openMetrics();
    const { promptTokens: _prompt, completionTokens: _completion, model: _model, ...rest } = costOf();
    const metrics = new OpenRouterMetrics({ registry });
    metrics.onCost({ ...rest, usd: null, source: 'unknown', outcome: 'failed' }, 'eu');
    expect(await scrape(registry)).toEqual({
      'openrouter_completions_total{account="eu",model="",outcome="failed",source="unknown"}': 1,
    });
    add({ usd: 0 });
    expect(await valuesOf(registry, 'openrouter_completion_cost_usd_total')).toEqual({
      '{account="default",model="openai/gpt-5-mini",outcome="complete",source="answer"}': 0,
    });
  });

  it('add what was taken from a hold, but do not take it for the cost of a completion', async () => {
    const { registry, add } = openMetrics();
    add({ usd: 1, source: 'hold' });
    expect(await valuesOf(registry, 'openrouter_completion_cost_usd_total')).toEqual({
      '{account="default",model="openai/gpt-5-mini",outcome="complete",source="hold"}': 1,
    });
    expect(await valuesOf(registry, 'openrouter_cost_per_completion_usd_count')).toEqual({});
  });

  it('have labels of the scope only where they are listed', async () => {
    const scope = { tenant: 'acme', user: 'u7' };
    const plain = openMetrics();
    plain.add({ scope });
    expect(await plain.registry.metrics()).not.toMatch(/acme|u7/);

    const { registry, add } = openMetrics({ scopeLabels: ['tenant', 'constructor'] });
    add({ scope }, { scope: {} }, { scope: { user: 'u7' } });
    const labels = 'account="default",model="openai/gpt-5-mini"';
    expect(await valuesOf(registry, 'openrouter_completions_total')).toEqual({
      [`{${labels},outcome="complete",source="answer",tenant="acme",constructor=""}`]: 1,
      [`{${labels},outcome="complete",source="answer",tenant="",constructor=""}`]: 2,
    });
    expect(await valuesOf(registry, 'openrouter_tokens_total')).toMatchObject({
      [`{${labels},type="prompt",tenant="acme",constructor=""}`]: 10,
    });
    expect(await registry.metrics()).not.toContain('u7');
  });

  it('tell 200 models apart, over all instances on a registry', async () => {
    const { registry, add } = openMetrics();
    for (let index = 0; index < 199; index += 1) add({ model: `a/${index}` });
    const second = new OpenRouterMetrics({ registry });
    second.onCost(costOf({ model: 'the/last' }), 'default');
    add({ model: 'too/many' }, { model: 'far/too-many' }, { model: 'a/7' });
    second.onCost(costOf({ model: 'too/many' }), 'default');
    const counts = await valuesOf(registry, 'openrouter_completions_total');
    const of = (model: string) =>
      counts[`{account="default",model="${model}",outcome="complete",source="answer"}`];
    expect([of('the/last'), of('a/7'), of('too/many'), of('other')]).toEqual([1, 2, undefined, 3]);
    expect(Object.keys(counts)).toHaveLength(201);
  });

  it('tell 1 000 combinations of the scope apart', async () => {
    const { registry, add } = openMetrics({ scopeLabels: ['tenant', 'user'] });
    for (let index = 0; index < 1_001; index += 1) add({ scope: { tenant: 'a', user: `u${index}` } });
    add({ scope: { tenant: 'a', user: 'u3' } }, { scope: { tenant: 'a' } });
    const counts = await valuesOf(registry, 'openrouter_completions_total');
    const of = (tenant: string, user: string) =>
      counts[
        '{account="default",model="openai/gpt-5-mini",outcome="complete",source="answer",' +
          `tenant="${tenant}",user="${user}"}`
      ];
    expect([of('a', 'u999'), of('a', 'u1000'), of('a', 'u3'), of('other', 'other')]).toEqual([
      1,
      undefined,
      2,
      2,
    ]);
  });

  it('have names of their own in the OpenMetrics format, too', async () => {
    const registry = new Registry<OpenMetricsContentType>();
    registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
    new OpenRouterMetrics({ registry }).onCost(costOf(), 'default');
    const families = [...(await registry.metrics()).matchAll(/^# TYPE (\w+)/gm)].map(([, name]) => name);
    expect(new Set(families).size).toBe(families.length);
  });

  it('keep a model with any characters on one line', async () => {
    const { registry, add } = openMetrics();
    add({ model: 'a"b\nc\\d' });
    expect(await valuesOf(registry, 'openrouter_completions_total')).toEqual({
      '{account="default",model="a\\"b\\nc\\\\d",outcome="complete",source="answer"}': 1,
    });
  });
});

describe('scopeLabels', () => {
  it.each<[string, unknown, RegExp]>([
    ['a string', 'tenant', /`scopeLabels` must be a list of names of the scope/],
    ['a name that no scope has', ['Tenant'], /`scopeLabels` must contain names of the scope only/],
    ['something else in the list', [1], /`scopeLabels` must contain names of the scope only/],
    [
      'a label of the metrics',
      ['model'],
      /`scopeLabels` contains 'model', which already means something else/,
    ],
    ['a label of Prometheus', ['tenant', 'job'], /`scopeLabels` contains 'job'/],
    ['a name twice', ['tenant', 'user', 'tenant'], /`scopeLabels` contains 'tenant' twice/],
  ])('refuse %s', (_title, scopeLabels, message) => {
    expect(() => new OpenRouterMetrics({ scopeLabels } as never)).toThrow(OpenRouterConfigException);
    expect(() => new OpenRouterMetrics({ scopeLabels } as never)).toThrow(message);
  });

  it('must be the same for all instances on a registry, in any order', () => {
    const registry = new Registry();
    new OpenRouterMetrics({ registry, scopeLabels: ['tenant', 'feature'] });
    new OpenRouterMetrics({ registry, scopeLabels: ['feature', 'tenant'] });
    const other = () => new OpenRouterMetrics({ registry, scopeLabels: ['tenant'] });
    expect(other).toThrow(OpenRouterConfigException);
    expect(other).toThrow(/openrouter_completions_total has other labels .* the same `scopeLabels`/);
  });
});
