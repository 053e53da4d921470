import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { OpenRouterSandbox } from 'nestjs-openrouter/testing';
import type { CompletionRow, Dashboard, TenantSpend } from '../shared/dashboard.js';
import { Completions } from '../src/completions/completions.js';
import { DashboardServer } from './support/dashboard-server.js';
import type { EventStream } from './support/event-stream.js';
import { fixDate } from './support/fixed-date.js';

const MIDNIGHT = Date.parse('2026-03-12T00:00:00Z');

let sandbox: OpenRouterSandbox;
let server: DashboardServer;
let stream: EventStream;

beforeEach(async () => {
  // The day of the limits does not end during a test.
  fixDate('2026-03-11T12:00:00Z');
  sandbox = await OpenRouterSandbox.start({
    credits: { totalCredits: 30, totalUsage: 10 },
    completionCost: 0.02,
    generationMisses: 0,
  });
  server = await DashboardServer.start({ sandbox });
  await server.command('/api/sandbox/busy', { busy: false });
  stream = await server.events();
  await stream.until(({ tenants, metered }) => tenants.data !== null && metered.billed !== null);
});

afterEach(async () => {
  jest.useRealTimers();
  await server.close();
  await sandbox.stop();
});

function tenantIn({ tenants }: Dashboard, name: string | null): TenantSpend {
  return tenants.data!.find(({ tenant }) => tenant === name)!;
}

const latestIn = ({ completions }: Dashboard): CompletionRow => completions.latest[0]!;

const sentCompletions = (): number =>
  sandbox.requests.filter(({ path }) => path.endsWith('/chat/completions')).length;

describe('a burst over the limit of a tenant', () => {
  it('lets exactly through what fits, and tells who was refused, and whether for the day or for a moment', async () => {
    const answers = await Promise.all(
      Array.from({ length: 200 }, () => server.post('/api/completions', { tenant: 'globex' })),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(50);
    const refused = answers.filter(({ status }) => status !== 200);
    expect(new Set(refused.map(({ status, text }) => `${status} ${JSON.parse(text).code}`))).toEqual(
      new Set(['402 SPEND_LIMIT']),
    );
    for (const { text } of refused) {
      expect(JSON.parse(text).message).toMatch(
        / (More may be spent from 2026-03-12T00:00:00\.000Z on|Completions under way hold \$[\d.]+: try again once .*)\. /,
      );
    }
    expect(sentCompletions()).toBe(50);

    const shown = await stream.until((each) => tenantIn(each, 'globex').spent === 1);
    expect(tenantIn(shown, 'globex')).toEqual({
      tenant: 'globex',
      plan: 'Starter',
      limit: 1,
      spent: 1,
      held: 0,
      unsettled: 0,
      remaining: 0,
      resetsAt: MIDNIGHT,
    });
    expect(tenantIn(shown, null)).toMatchObject({ limit: 20, spent: 1, remaining: 19 });
    const { text } = await server.post('/api/completions', { tenant: 'globex' });
    expect(JSON.parse(text).message).toContain('2026-03-12T00:00:00.000Z');
    const { completions } = await stream.until((each) => each.completions.refusals[0]?.count === 151);
    expect(completions.refusals).toEqual([
      {
        tenant: 'globex',
        rule: 'tenant per day',
        count: 151,
        lastAt: Date.now(),
        limit: 1,
        resetsAt: MIDNIGHT,
      },
    ]);
    const { alerts } = await stream.until((each) => each.alerts.length === 2);
    expect(alerts.map(({ type }) => type).sort()).toEqual(['reached', 'warning']);
    expect(alerts.find(({ type }) => type === 'reached')).toMatchObject({
      tenant: 'globex',
      fraction: 1,
      limit: 1,
      resetsAt: MIDNIGHT,
    });
  });
});

describe('a stream', () => {
  const never = new AbortController().signal;

  beforeEach(() => {
    sandbox.onCompletion(() => ({ usd: 0.03, chunks: 12, chunkDelayMs: 100 }));
  });

  it('is held while it is read, and then counted at its bill', async () => {
    const reading = server.get(Completions).stream('acme', never);
    await stream.until((each) => tenantIn(each, 'acme').held === 0.03);
    await reading;
    const shown = await stream.until((each) => tenantIn(each, 'acme').spent === 0.03);
    expect(tenantIn(shown, 'acme').held).toBe(0);
    expect(latestIn(await stream.until((each) => each.completions.latest.length > 0))).toMatchObject({
      tenant: 'acme',
      usd: 0.03,
      source: 'answer',
      outcome: 'complete',
      isStream: true,
    });
  });

  it('that is left is billed in part', async () => {
    await server.get(Completions).stream('acme', never, 4);
    const shown = await stream.until((each) => each.completions.latest.length > 0);
    expect(latestIn(shown)).toMatchObject({ source: 'generation', outcome: 'aborted', isStream: true });
    const { usd } = latestIn(shown);
    expect(usd).toBe(sandbox.charges[0]!.usd);
    expect(usd).toBeGreaterThan(0);
    expect(usd).toBeLessThan(0.03);
    await stream.until((each) => tenantIn(each, 'acme').spent === usd && tenantIn(each, 'acme').held === 0);
  });
});

describe('a lost process', () => {
  it('leaves money that is unsettled, until another one has read its bill', async () => {
    sandbox.onCompletion(() => ({ usd: 0.03, chunks: 3, chunkDelayMs: 60_000 }));
    await server.command('/api/sandbox/crash', {});
    await stream.until((each) => tenantIn(each, 'acme').held === 0.03);
    // Its lease ends by the clock of the store.
    jest.setSystemTime(Date.now() + 3_000);
    const lost = await stream.until((each) => tenantIn(each, 'acme').unsettled === 0.03);
    expect(tenantIn(lost, 'acme')).toMatchObject({ held: 0, spent: 0, remaining: 1.97 });
    const settled = await stream.until((each) => tenantIn(each, 'acme').spent > 0);
    expect(tenantIn(settled, 'acme')).toMatchObject({ held: 0, unsettled: 0, spent: 0.01 });
    expect(latestIn(await stream.until((each) => each.completions.latest.length > 0))).toMatchObject({
      tenant: 'acme',
      usd: 0.01,
      source: 'generation',
      outcome: 'failed',
    });
    // Lost holds are looked for every ten seconds.
  }, 60_000);
});

describe('metered beside billed', () => {
  it('shows what was spent past the meter', async () => {
    await server.post('/api/completions', { tenant: 'acme' });
    await server.command('/api/sandbox/spend', { usd: 2 });
    const { metered } = await stream.until((each) => each.metered.billed === 2.02);
    expect(metered).toMatchObject({ metered: 0.02, assumed: 0 });
    // No limit has seen it.
    expect(tenantIn(await stream.until((each) => tenantIn(each, null).spent > 0), null).spent).toBe(0.02);
  });
});

describe('in an outage', () => {
  it('of OpenRouter, what may have been billed goes on counting, at what was held', async () => {
    await server.command('/api/sandbox/condition', { condition: 'outage' });
    expect((await server.post('/api/completions', { tenant: 'acme' })).status).toBe(502);
    const shown = await stream.until((each) => tenantIn(each, 'acme').spent === 0.02);
    expect(tenantIn(shown, 'acme').held).toBe(0);
    const { metered, completions } = await stream.until((each) => each.metered.assumed === 0.02);
    expect(metered).toMatchObject({ metered: 0, billed: 0 });
    expect(completions.latest[0]).toMatchObject({ usd: 0.02, source: 'hold', outcome: 'failed' });
  });

  it('by throttling, nothing counts', async () => {
    await server.command('/api/sandbox/condition', { condition: 'throttled' });
    expect((await server.post('/api/completions', { tenant: 'acme' })).status).toBe(502);
    await server.command('/api/sandbox/condition', { condition: 'normal' });
    expect((await server.post('/api/completions', { tenant: 'acme' })).status).toBe(200);
    const shown = await stream.until((each) => tenantIn(each, 'acme').spent > 0);
    expect(tenantIn(shown, 'acme')).toMatchObject({ spent: 0.02, held: 0, unsettled: 0 });
  });

  it('of the spend store, completions are refused, and go on when it answers again', async () => {
    await server.command('/api/sandbox/store', { down: true });
    await expect(server.refusal('/api/completions', { tenant: 'acme' })).resolves.toMatchObject({
      statusCode: 503,
      code: 'SPEND_STORE',
    });
    expect(sentCompletions()).toBe(0);
    const down = await stream.until(({ tenants }) => tenants.problem !== null);
    expect(down.sandbox!.isStoreDown).toBe(true);
    expect(down.tenants.data).toHaveLength(5);
    await server.command('/api/sandbox/store', { down: false });
    await stream.until(({ tenants }) => tenants.problem === null);
    expect((await server.post('/api/completions', { tenant: 'acme' })).status).toBe(200);
  });
});
