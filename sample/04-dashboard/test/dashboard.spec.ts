import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { OpenRouterSandbox } from 'nestjs-openrouter/testing';
import { startDemoSandbox } from '../src/demo-sandbox.js';
import { DashboardServer } from './support/dashboard-server.js';
import { fixDate } from './support/fixed-date.js';

let sandbox: OpenRouterSandbox;
let server: DashboardServer;

/** A sandbox with ten dollars and no background traffic. */
async function start(isUp = true): Promise<void> {
  sandbox = await OpenRouterSandbox.start({
    credits: { totalCredits: 30, totalUsage: 20 },
    completionCost: 0.25,
  });
  if (!isUp) sandbox.failNext({ status: 503, times: Infinity });
  server = await DashboardServer.start({ sandbox });
  await server.command('/api/sandbox/busy', { busy: false });
}

afterEach(async () => {
  jest.useRealTimers();
  await server.close();
  await sandbox.stop();
});

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const askedOf = (path: string): number =>
  sandbox.requests.filter((request) => request.path.includes(path)).length;

describe('the events', () => {
  it('begin with the whole dashboard, and fill the panels of a busy account', async () => {
    // Just after midnight, nothing is spent on the new day yet.
    fixDate('2026-03-11T12:00:00Z');
    sandbox = await startDemoSandbox();
    server = await DashboardServer.start({ sandbox });
    const stream = await server.events();
    expect(stream.types[0]).toBe('dashboard');
    expect(stream.text).toContain('retry: 1000\n');
    expect(stream.dashboard).toMatchObject({
      account: {
        isSandbox: true,
        host: new URL(sandbox.baseUrl).host,
        hasApiKey: true,
        hasManagementKey: true,
        thresholds: { low: 8, critical: 3 },
        pollIntervalMs: 1_000,
      },
      sandbox: { condition: 'normal', isKeyExpired: false, isBusy: true },
      alerts: [],
    });
    const { spend, keys, budgets, balance } = await stream.until(
      (shown) => shown.budgets.data !== null && shown.balance.data !== null,
    );
    expect(balance.data!.spendable).toBeGreaterThan(11);
    expect(spend.data!.models).toHaveLength(7);
    expect(spend.data!.models.at(-1)).toBe('other models');
    expect(spend.data!.days).toHaveLength(30);
    expect(spend.data!.days.every(({ usd }) => usd.length === 7 && usd[0]! > 0)).toBe(true);
    expect(spend.data!.today).toBeGreaterThan(0);
    expect(spend.data!.forecast.daysLeft).toBeGreaterThan(1);
    expect(keys.data!.filter(({ disabled }) => disabled).map(({ name }) => name)).toEqual(['Old prototype']);
    expect(budgets.data!.map(({ interval }) => interval)).toEqual(['monthly', 'weekly', 'daily']);
    expect(budgets.data!.every(({ spent }) => spent! > 0)).toBe(true);
  });

  it('are neither cached nor buffered on the way', async () => {
    await start();
    const { response } = await server.events({ 'accept-encoding': 'gzip' });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    expect(response.headers.get('cache-control')).toMatch(/no-store.*no-transform/);
    expect(response.headers.get('x-accel-buffering')).toBe('no');
    expect(response.headers.get('content-encoding')).toBeNull();
  });

  it('beat every second, and end with the application', async () => {
    await start();
    const stream = await server.events();
    await stream.until(() => stream.types.filter((type) => type === 'beat').length >= 2);
    await Promise.all([server.close(), stream.end()]);
  });

  it('cause the same requests for one watcher and for many, and none without watchers', async () => {
    await start();
    const streams = await Promise.all(Array.from({ length: 8 }, () => server.events()));
    await Promise.all(streams.map((stream) => stream.until(({ spend }) => spend.data !== null)));
    // A slow machine may have started the second round.
    expect(askedOf('/keys')).toBeLessThanOrEqual(2);
    expect(askedOf('/budgets')).toBeLessThanOrEqual(2);
    for (const stream of streams) stream.close();
    await sleep(100);
    sandbox.clearRequests();
    await sleep(3_300);
    expect([askedOf('/activity'), askedOf('/keys'), askedOf('/budgets')]).toEqual([0, 0, 0]);
  });
});

describe('the balance', () => {
  it('follows a spend and a top-up, with the alerts', async () => {
    await start();
    const stream = await server.events();
    await stream.until(({ balance }) => balance.data?.spendable === 10);
    await server.command('/api/sandbox/spend', { usd: 4 });
    await stream.until(({ balance }) => balance.data?.spendable === 6);
    await server.command('/api/sandbox/spend', { usd: 4 });
    await stream.until(({ balance }) => balance.data?.spendable === 2);
    await server.command('/api/sandbox/top-up', { usd: 100 });
    const { balance } = await stream.until((shown) => shown.balance.data?.spendable === 102);
    expect(balance).toMatchObject({
      data: { totalCredits: 130, totalUsage: 28, balance: 102, isBalanceKnown: true, stale: false },
      problem: null,
    });
    expect(balance.history.at(-1)!.spendable).toBe(102);
    const { alerts } = await stream.until((shown) => shown.alerts.length === 3);
    expect(alerts).toEqual([
      { id: 3, type: 'recovered', threshold: 8, spendable: 102, at: expect.any(Number) },
      { id: 2, type: 'critical', threshold: 3, spendable: 2, at: expect.any(Number) },
      { id: 1, type: 'low', threshold: 8, spendable: 6, at: expect.any(Number) },
    ]);
    // Later watchers see them, too.
    expect((await server.events()).dashboard.alerts).toEqual(alerts);
  });

  it('is read again on request', async () => {
    await start();
    const stream = await server.events();
    await stream.until(({ balance }) => balance.data !== null);
    sandbox.spend(1);
    await server.command('/api/balance/refresh', {});
    expect((await server.events()).dashboard.balance.data!.spendable).toBe(9);
  });
});

describe('an outage', () => {
  it('shows beside the last figures, and disappears when it is over', async () => {
    await start();
    const stream = await server.events();
    await stream.until(({ keys, balance }) => keys.data !== null && balance.data !== null);
    await server.command('/api/sandbox/condition', { condition: 'outage' });
    const down = await stream.until(
      ({ balance, spend, keys, budgets, alerts }) =>
        alerts.length > 0 && [balance, spend, keys, budgets].every(({ problem }) => problem !== null),
    );
    expect(down.sandbox!.condition).toBe('outage');
    expect(down.balance.data).toMatchObject({ spendable: 10, stale: true });
    expect(down.balance.problem!.message).toContain('Service temporarily unavailable');
    expect(down.balance.history.at(-1)!.spendable).toBeNull();
    expect(down.keys.data).toHaveLength(1);
    expect(down.alerts[0]!.type).toBe('unavailable');
    const { traffic } = await stream.until((shown) => shown.traffic.errors > 0);
    expect(traffic.retries).toBeGreaterThan(0);
    expect(traffic.failures[0]).toMatchObject({ status: 503, message: 'Service temporarily unavailable' });

    await server.command('/api/sandbox/condition', { condition: 'normal' });
    const up = await stream.until(({ balance, spend, keys, budgets }) =>
      [balance, spend, keys, budgets].every(({ problem }) => problem === null),
    );
    expect(up.balance).toMatchObject({ data: { spendable: 10, stale: false } });
    expect(up.balance.history.at(-1)!.spendable).toBe(10);
    expect(up.alerts[0]!.type).toBe('recovered');
  });

  it('at the start shows as a problem, and then the account', async () => {
    await start(false);
    const stream = await server.events();
    const { balance } = await stream.until((shown) => shown.balance.problem !== null);
    expect(balance).toMatchObject({ data: null, readAt: null, history: [] });
    await server.command('/api/sandbox/condition', { condition: 'normal' });
    await stream.until((shown) => shown.balance.data?.spendable === 10 && shown.balance.problem === null);
  });
});

describe('a key that has expired', () => {
  it('hides the figures under any condition, until it works again', async () => {
    await start();
    const stream = await server.events();
    await stream.until(({ balance }) => balance.data !== null);
    await server.command('/api/sandbox/condition', { condition: 'outage' });
    await server.command('/api/sandbox/key', { expired: true });
    const { balance } = await stream.until(
      (shown) => shown.balance.data === null && shown.balance.problem !== null,
    );
    expect(balance.problem!.message).toContain('User not found.');
    await server.command('/api/sandbox/key', { expired: false });
    await stream.until((shown) => shown.balance.problem?.message.includes('temporarily') === true);
    await server.command('/api/sandbox/condition', { condition: 'normal' });
    await stream.until((shown) => shown.balance.data?.spendable === 10 && shown.balance.problem === null);
  });
});

describe('the other conditions', () => {
  it('throttled: 429 with Retry-After', async () => {
    await start();
    await server.command('/api/sandbox/condition', { condition: 'throttled' });
    const response = await fetch(`${sandbox.baseUrl}/credits`);
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '1']);
  });

  it('slow: late, but correct', async () => {
    await start();
    await server.command('/api/sandbox/condition', { condition: 'slow' });
    expect(sandbox.latencyMs).toBe(3_000);
    await server.command('/api/sandbox/key', { expired: true });
    expect(sandbox.latencyMs).toBe(0);
    await server.command('/api/sandbox/key', { expired: false });
    expect(sandbox.latencyMs).toBe(3_000);
    await server.command('/api/sandbox/condition', { condition: 'normal' });
    expect(sandbox.latencyMs).toBe(0);
  });
});

describe('completions', () => {
  it('cost credits, are counted, and are refused when credits are short', async () => {
    await start();
    const stream = await server.events();
    await stream.until(({ balance }) => balance.data !== null);
    const models = new Set<string>();
    for (let count = 0; count < 3; count += 1) {
      const { status, text } = await server.post('/api/completions', {});
      expect([status, JSON.parse(text)]).toEqual([200, { model: expect.any(String), cost: 0.25 }]);
      models.add(JSON.parse(text).model);
    }
    expect(models.size).toBe(3);
    await stream.until(({ balance }) => balance.data!.totalUsage === 20.75);
    await server.command('/api/sandbox/spend', { usd: 9 });
    await stream.until(({ balance }) => balance.data!.spendable! < 0.5);
    await expect(server.refusal('/api/completions', {})).resolves.toMatchObject({
      statusCode: 402,
      message: expect.stringContaining('at least $0.50 is needed'),
    });
    expect(askedOf('/chat/completions')).toBe(3);
    const { traffic } = await stream.until((shown) => shown.traffic.guardChecks === 4);
    expect(traffic.balanceAttempts).toBeGreaterThan(0);
  });

  it('say why they failed', async () => {
    await start();
    await server.command('/api/sandbox/condition', { condition: 'outage' });
    await expect(server.refusal('/api/completions', {})).resolves.toMatchObject({
      statusCode: 502,
      message: expect.stringContaining('503'),
    });
  });

  it('run in the background while the account is busy', async () => {
    await start();
    await server.command('/api/sandbox/busy', { busy: true });
    const stream = await server.events();
    await stream.until(({ balance }) => (balance.data?.totalUsage ?? 0) > 20);
    expect(askedOf('/chat/completions')).toBeGreaterThan(0);
  });
});

describe('a charge', () => {
  it('is refused with the page where credits are bought', async () => {
    await start();
    await expect(server.refusal('/api/charges', { amount: 25 })).resolves.toMatchObject({
      statusCode: 410,
      message: expect.stringContaining('deprecated'),
      purchaseUrl: 'https://openrouter.ai/settings/credits',
    });
  });

  it('is returned if the server still creates one', async () => {
    sandbox = await OpenRouterSandbox.start({ coinbase: 'hosted' });
    server = await DashboardServer.start({ sandbox });
    const { status, text } = await server.post('/api/charges', { amount: 25 });
    expect([status, JSON.parse(text)]).toEqual([
      201,
      {
        id: expect.any(String),
        hostedUrl: expect.stringMatching(/^https:/),
        amount: expect.stringMatching(/^25/),
        currency: 'USD',
      },
    ]);
  });
});

describe('an invalid command', () => {
  it('names the problem, and changes nothing', async () => {
    await start();
    const commands: [string, unknown, string][] = [
      ['/api/sandbox/spend', {}, '`usd` must be a number of US dollars'],
      ['/api/sandbox/spend', { usd: '5' }, '`usd` must be a number of US dollars'],
      ['/api/sandbox/spend', { usd: null }, '`usd` must be a number of US dollars'],
      ['/api/sandbox/spend', { usd: 0 }, '`usd` must be above 0'],
      ['/api/sandbox/top-up', { usd: -1 }, '`usd` must be above 0'],
      ['/api/sandbox/top-up', { usd: 1000.01 }, '`usd` must not be above 1000'],
      ['/api/sandbox/top-up', { usd: 1, coupon: 'FREE' }, 'property coupon should not exist'],
      [
        '/api/sandbox/condition',
        { condition: 'war' },
        '`condition` must be one of normal, outage, slow, throttled',
      ],
      ['/api/sandbox/key', { expired: 'yes' }, '`expired` must be true or false'],
      ['/api/sandbox/busy', {}, '`busy` must be true or false'],
      ['/api/sandbox/store', { down: 1 }, '`down` must be true or false'],
      ['/api/sandbox/crash', { hard: true }, 'property hard should not exist'],
      ['/api/charges', { amount: 0 }, '`amount` must be above 0'],
      ['/api/charges', { amount: 100_001 }, '`amount` must not be above 100000'],
      ['/api/charges', { amount: 5, sender: '0x12' }, 'property sender should not exist'],
      ['/api/completions', { prompt: 'Hello' }, 'property prompt should not exist'],
      ['/api/completions', { tenant: 'hooli' }, '`tenant` must be one of acme, globex, initech, umbrella'],
      ['/api/balance/refresh', { now: true }, 'property now should not exist'],
    ];
    for (const [path, body, message] of commands) {
      await expect(server.refusal(path, body)).resolves.toMatchObject({ statusCode: 400, message });
    }
    expect(sandbox.requests.every(({ method }) => method === 'GET')).toBe(true);
  });
});

describe('the API docs', () => {
  it('contain every command with its bounds', async () => {
    await start();
    const { paths, components } = JSON.parse((await server.ask('/docs-json')).text);
    expect(Object.keys(paths).sort()).toEqual([
      '/api/balance/refresh',
      '/api/charges',
      '/api/completions',
      '/api/events',
      '/api/sandbox/busy',
      '/api/sandbox/condition',
      '/api/sandbox/crash',
      '/api/sandbox/key',
      '/api/sandbox/spend',
      '/api/sandbox/store',
      '/api/sandbox/top-up',
    ]);
    expect(components.schemas).toMatchObject({
      AmountRequest: { required: ['usd'], properties: { usd: { type: 'number', maximum: 1000 } } },
      ChargeRequest: { required: ['amount'], properties: { amount: { type: 'number', maximum: 100_000 } } },
    });
  });
});
