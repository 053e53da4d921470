import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { AggregatorRegistry, Counter, type OpenMetricsContentType, register, Registry } from 'prom-client';
import { NEVER } from 'rxjs';
import type { BalanceSnapshot } from '../../lib/contracts/balance-snapshot.models.js';
import { OpenRouterConfigException } from '../../lib/errors/client.exceptions.js';
import { OpenRouterMetrics } from '../../lib/metrics/index.js';
import { failureOf } from '../support/failures.js';
import { leaksIn } from '../support/leaks.js';
import {
  answerWell,
  API_KEY,
  cleanUp,
  clientOf,
  closedPort,
  MANAGEMENT_KEY,
  sendError,
  startServer,
} from '../support/servers.js';
import { scrape } from './support.js';

/** A snapshot as a plain object. */
type Figures = Pick<BalanceSnapshot, keyof BalanceSnapshot>;

const READING: Figures = {
  balance: 74.75,
  spendable: 5,
  totalCredits: 100.5,
  totalUsage: 25.75,
  limitedBy: 'key-limit',
  resetsAt: null,
  keyLimitRemaining: 5,
  estimated: 74.75,
  sources: { balance: 'credits', keyLimit: 'key' },
  stale: false,
  fetchedAt: new Date(),
};

/** An account whose last reading is what the test says. */
function account(figures: Partial<Figures> | null = {}) {
  const peek = jest.fn((): Figures | undefined =>
    figures === null ? undefined : { ...READING, ...figures },
  );
  return { balance: { peek, changes$: NEVER, alerts$: NEVER } };
}

afterEach(async () => {
  register.clear();
  jest.restoreAllMocks();
  await cleanUp();
});

describe('the gauges of OpenRouterMetrics', () => {
  it('show the last reading, as exact and as negative as it is', async () => {
    const registry = new Registry();
    const metrics = new OpenRouterMetrics({ registry });
    metrics.onAttach(account({ balance: -0.25, spendable: -0.25 }), 'default');
    metrics.onAttach(account({ fetchedAt: new Date(Date.now() - 90_000) }), 'eu');
    const values = await scrape(registry);
    expect(values).toMatchObject({
      'openrouter_balance_usd{account="default"}': -0.25,
      'openrouter_spendable_usd{account="default"}': -0.25,
      'openrouter_balance_usd{account="eu"}': 74.75,
      'openrouter_spendable_usd{account="eu"}': 5,
      'openrouter_total_credits_usd{account="eu"}': 100.5,
      'openrouter_total_usage_usd{account="eu"}': 25.75,
    });
    expect(values['openrouter_balance_age_seconds{account="eu"}']).toBeCloseTo(90, 0);
  });

  it('leave out what is not known, and forget what they showed before', async () => {
    const registry = new Registry();
    const metrics = new OpenRouterMetrics({ registry });
    const source = account();
    metrics.onAttach(source, 'default');
    metrics.onAttach(account(null), 'cold');
    const gauges = async () =>
      Object.keys(await scrape(registry)).filter(
        (name) => !name.startsWith('openrouter_balance_alerts_total'),
      );
    expect((await gauges()).length).toBe(6);
    expect((await gauges()).filter((name) => name.includes('cold'))).toEqual([]);
    source.balance.peek.mockReturnValue({ ...READING, balance: null, totalCredits: null, totalUsage: null });
    expect(await gauges()).toEqual([
      'openrouter_spendable_usd{account="default"}',
      'openrouter_spendable_limited_by{account="default",limit="key-limit"}',
      'openrouter_balance_age_seconds{account="default"}',
    ]);
  });

  it('have an age that grows between readings, and is never below 0', async () => {
    const registry = new Registry();
    new OpenRouterMetrics({ registry }).onAttach(account({ fetchedAt: new Date(1_000_000) }), 'default');
    const now = jest.spyOn(Date, 'now');
    const ageAt = async (ms: number): Promise<number | undefined> => {
      now.mockReturnValue(ms);
      return (await scrape(registry))['openrouter_balance_age_seconds{account="default"}'];
    };
    expect([await ageAt(1_000_500), await ageAt(1_061_000), await ageAt(900_000)]).toEqual([0.5, 61, 0]);
  });

  it('show the last of two accounts with one name, from whichever instance it came', async () => {
    const registry = new Registry();
    new OpenRouterMetrics({ registry }).onAttach(account({ balance: 1 }), 'default');
    new OpenRouterMetrics({ registry }).onAttach(account({ balance: 2 }), 'eu');
    new OpenRouterMetrics({ registry }).onAttach(account({ balance: 3 }), 'default');
    expect(await scrape(registry)).toMatchObject({
      'openrouter_balance_usd{account="default"}': 3,
      'openrouter_balance_usd{account="eu"}': 2,
    });
  });

  it('are not added up over the workers of a cluster', async () => {
    const workers = [new Registry(), new Registry()];
    for (const [index, registry] of workers.entries()) {
      new OpenRouterMetrics({ registry }).onAttach(account({ balance: 10 - index }), 'default');
    }
    const all = await Promise.all(workers.map((registry) => registry.getMetricsAsJSON()));
    expect(await scrape(AggregatorRegistry.aggregate(all))).toMatchObject({
      'openrouter_balance_usd{account="default"}': 9,
      'openrouter_total_credits_usd{account="default"}': 100.5,
    });
  });
});

describe('the counters of OpenRouterMetrics', () => {
  it('count every attempt with its outcome, its time and its retries', async () => {
    const server = await startServer((request, response) =>
      server.requests.length < 3
        ? sendError(response, server.requests.length === 1 ? 503 : 429)
        : answerWell(request, response),
    );
    const registry = new Registry();
    await clientOf(server, { instrumentation: new OpenRouterMetrics({ registry }) }).credits.getCredits();
    const labels = 'account="default",operation="credits.getCredits"';
    const values = await scrape(registry);
    expect(values).toMatchObject({
      [`openrouter_requests_total{${labels},outcome="OPENROUTER_SERVICE_UNAVAILABLE"}`]: 1,
      [`openrouter_requests_total{${labels},outcome="OPENROUTER_TOO_MANY_REQUESTS"}`]: 1,
      [`openrouter_requests_total{${labels},outcome="success"}`]: 1,
      [`openrouter_retries_total{${labels}}`]: 2,
      [`openrouter_request_duration_seconds_count{${labels}}`]: 3,
      [`openrouter_request_duration_seconds_bucket{le="+Inf",${labels}}`]: 3,
    });
    const sum = values[`openrouter_request_duration_seconds_sum{${labels}}`]!;
    expect(sum).toBeGreaterThan(0);
    expect(sum).toBeLessThan(1);
  });

  it('count failures without an answer by their code', async () => {
    const registry = new Registry();
    const client = clientOf(`http://127.0.0.1:${await closedPort()}/api/v1`, {
      instrumentation: new OpenRouterMetrics({ registry }),
      retry: false,
    });
    await failureOf(client.credits.getCredits());
    expect(await scrape(registry)).toMatchObject({
      'openrouter_requests_total{account="default",operation="credits.getCredits",outcome="OPENROUTER_CONNECTION"}': 1,
    });
  });

  it('count alerts, from 0 on', async () => {
    const registry = new Registry();
    const metrics = new OpenRouterMetrics({ registry });
    metrics.onAttach(account(), 'eu');
    metrics.onAlert({ type: 'low', threshold: 5, at: new Date() }, 'eu');
    metrics.onAlert({ type: 'low', threshold: 5, at: new Date() }, 'eu');
    // A second instance must not begin anew.
    new OpenRouterMetrics({ registry }).onAttach(account(), 'eu');
    expect(await scrape(registry)).toMatchObject({
      'openrouter_balance_alerts_total{account="eu",type="low"}': 2,
      'openrouter_balance_alerts_total{account="eu",type="critical"}': 0,
      'openrouter_balance_alerts_total{account="eu",type="recovered"}': 0,
      'openrouter_balance_alerts_total{account="eu",type="unavailable"}': 0,
    });
  });

  it('hold no key', async () => {
    const server = await startServer((_request, response) =>
      sendError(response, 401, { message: `no such key: ${MANAGEMENT_KEY}` }),
    );
    const registry = new Registry();
    const client = clientOf(server, { instrumentation: new OpenRouterMetrics({ registry }) });
    await failureOf(client.credits.getCredits());
    expect(leaksIn(await registry.metrics(), [MANAGEMENT_KEY, API_KEY])).toEqual([]);
  });
});

describe('new OpenRouterMetrics', () => {
  it('registers with the default registry unless it is given another', async () => {
    new OpenRouterMetrics().onAttach(account(), 'default');
    expect(await scrape(register)).toMatchObject({ 'openrouter_balance_usd{account="default"}': 74.75 });
    const other = new Registry();
    new OpenRouterMetrics({ registry: other });
    expect(await scrape(other)).toEqual({});
  });

  it('goes on with the metrics that are there, also in a registry that has been scraped as OpenMetrics', async () => {
    const registry = new Registry<OpenMetricsContentType>();
    registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
    const attempt = { account: 'default', operation: 'credits.getCredits' } as never;
    for (let time = 1; time <= 3; time += 1) {
      new OpenRouterMetrics({ registry }).onRetry(attempt);
      expect(await scrape(registry)).toMatchObject({
        'openrouter_retries_total{account="default",operation="credits.getCredits"}': time,
      });
    }
  });

  it('starts anew in a registry that was cleared', async () => {
    new OpenRouterMetrics().onAttach(account(), 'default');
    register.clear();
    new OpenRouterMetrics().onAttach(account({ balance: 1 }), 'eu');
    const values = await scrape(register);
    expect(values).toHaveProperty(['openrouter_balance_usd{account="eu"}'], 1);
    expect(values).not.toHaveProperty(['openrouter_balance_usd{account="default"}']);
  });

  it("refuses a registry in which somebody else's metric has one of the names", () => {
    new Counter({ name: 'openrouter_requests_total', help: 'mine' });
    expect(() => new OpenRouterMetrics()).toThrow(OpenRouterConfigException);
    expect(() => new OpenRouterMetrics()).toThrow(/another metric with the name openrouter_requests_total/);
  });

  it.each<[string, unknown, RegExp]>([
    ['no object', 'registry', /the options must be an object/],
    ['null', null, /the options must be an object/],
    ['a misspelt option', { registyr: register }, /did you mean `registry`\?$/],
    ['something that is no registry', { registry: {} }, /`registry` must be a `Registry` of prom-client/],
    ['null as registry', { registry: null }, /`registry` must be a `Registry` of prom-client/],
  ])('refuses %s', (_title, options, message) => {
    expect(() => new OpenRouterMetrics(options as never)).toThrow(OpenRouterConfigException);
    expect(() => new OpenRouterMetrics(options as never)).toThrow(message);
  });

  it('takes an absent registry for none', async () => {
    new OpenRouterMetrics({ registry: undefined });
    expect(register.getSingleMetric('openrouter_balance_usd')).toBeDefined();
    expect(await scrape(register)).toEqual({});
  });
});
