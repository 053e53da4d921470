import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type INestApplication, Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { BalanceService, type CompletionCost, MeteringService } from 'nestjs-openrouter';
import { OpenRouterSandbox } from 'nestjs-openrouter/testing';
import { until as untilWithin } from '../../../test/support/waiting.js';
import { AppModule } from '../src/app.module.js';

let sandbox: OpenRouterSandbox;
let app: INestApplication;
let url: string;
let log: string[];

beforeEach(() => start());

// The figures of a sandbox are never late, so it can be read this often.
async function start(pollIntervalMs = 20): Promise<void> {
  sandbox = await OpenRouterSandbox.start({
    credits: { totalCredits: 10, totalUsage: 8 },
    completionCost: 0.25,
  });
  log = [];
  for (const level of ['log', 'warn'] as const) {
    jest.spyOn(Logger.prototype, level).mockImplementation((line: unknown) => void log.push(String(line)));
  }
  const { apiKey, managementKey, baseUrl } = sandbox;
  const parts = { account: { apiKey, managementKey, baseUrl }, pollIntervalMs };
  app = await NestFactory.create(AppModule.of(parts), { abortOnError: false, logger: false });
  await app.listen(0, '127.0.0.1');
  url = await app.getUrl();
  await app.get(BalanceService, { strict: false }).get();
}

afterEach(end);

async function end(): Promise<void> {
  await app.close();
  await sandbox.stop();
  jest.restoreAllMocks();
}

function complete(prompt: unknown = 'Hello'): Promise<Response> {
  return fetch(`${url}/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ prompt }),
  });
}

const until = (condition: () => boolean | Promise<boolean>): Promise<void> => untilWithin(condition, 15_000);

const metrics = async (): Promise<string> => (await fetch(`${url}/metrics`)).text();

async function valueOf(metric: string): Promise<number> {
  return Number(
    (await metrics())
      .split('\n')
      .find((line) => line.startsWith(`${metric}{`))
      ?.split(' ')[1],
  );
}

const askedOf = (path: string): number =>
  sandbox.requests.filter((request) => request.path.endsWith(path)).length;

describe('the guard', () => {
  it('lets completions through while there are credits, and then refuses them', async () => {
    await end();
    // Spend that a reading already contains would count twice for a minute, because OpenRouter's figures are late.
    await start(60_000);
    const answers: number[] = [];
    for (let count = 0; count < 8; count += 1) answers.push((await complete()).status);
    // 2 dollars minus 25 cents each, as long as 50 cents are left.
    expect(answers).toEqual([200, 200, 200, 200, 200, 200, 200, 402]);
    expect(askedOf('/chat/completions')).toBe(7);
    const refused = await complete();
    // With this mapping, the filter does not reveal the balance.
    await expect(refused.json()).resolves.toEqual({
      statusCode: 402,
      message: 'There are not enough credits left.',
      error: 'Payment Required',
      code: 'OPENROUTER_INSUFFICIENT_CREDITS',
    });
  });

  it('lets them through again after a top-up', async () => {
    sandbox.spend(2);
    await until(async () => (await complete()).status === 402);
    sandbox.topUp(100);
    await until(async () => (await complete()).status === 200);
  });

  it('learns from the refusal of a completion', async () => {
    sandbox.spend(5);
    await until(async () => (await complete()).status === 402);
    expect(app.get(BalanceService, { strict: false }).peek()?.spendable).toBeLessThan(0);
  });

  it.each([undefined, '', 5])('leaves the check of the prompt %p to the route', async (prompt) => {
    expect((await complete(prompt)).status).toBe(prompt === undefined ? 200 : 400);
  });
});

describe('a stream', () => {
  const openStream = (signal?: AbortSignal): Promise<Response> =>
    fetch(`${url}/completions/stream`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ prompt: 'Hello' }),
      signal: signal ?? null,
    });

  function followCosts(): CompletionCost[] {
    const costs: CompletionCost[] = [];
    app.get(MeteringService, { strict: false }).costs$.subscribe((cost) => costs.push(cost));
    return costs;
  }

  it('passes as OpenRouter sends it, and is billed once', async () => {
    const costs = followCosts();
    const response = await openStream();
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    expect(await response.text()).toMatch(/^data: [^]*data: \[DONE\]\n\n$/m);
    expect(costs).toMatchObject([{ usd: 0.25, source: 'answer', outcome: 'complete' }]);
    expect(sandbox.charges.map(({ usd }) => usd)).toEqual([0.25]);
  });

  it('that its reader leaves is billed at what OpenRouter charges for it', async () => {
    await end();
    // A reading that already contains the spend would take it from the balance twice for a minute.
    await start(60_000);
    sandbox.onCompletion(() => ({ usd: 1, chunks: 10, chunkDelayMs: 60_000 }));
    const costs = followCosts();
    const leave = new AbortController();
    const response = await openStream(leave.signal);
    await response.body!.getReader().read();
    leave.abort();
    await until(() => costs.length > 0);

    const [charge, ...others] = sandbox.charges;
    expect(others).toEqual([]);
    expect(charge).toMatchObject({ isCancelled: true });
    expect(charge!.usd).toBeLessThan(1);
    expect(costs).toMatchObject([
      { usd: charge!.usd, generationId: charge!.generationId, source: 'generation', outcome: 'aborted' },
    ]);
    const { spendable } = app.get(BalanceService, { strict: false }).peek()!;
    expect(spendable).toBeCloseTo(2 - charge!.usd, 9);
    expect(await metrics()).toContain(
      'openrouter_completions_total{account="default",model="openai/gpt-4.1-mini",outcome="aborted",source="generation"} 1',
    );
  });

  it('is refused as the other completions are', async () => {
    sandbox.spend(2);
    await until(async () => (await openStream()).status === 402);
  });
});

describe('the health check', () => {
  it('is down while too little is left, and shows the figures', async () => {
    const well = await fetch(`${url}/health`);
    expect([well.status, ((await well.json()) as any).info.openrouter.spendable]).toEqual([200, 2]);
    sandbox.spend(1.75);
    await until(async () => (await fetch(`${url}/health`)).status === 503);
    const { error } = (await (await fetch(`${url}/health`)).json()) as any;
    expect(error.openrouter).toMatchObject({ status: 'down', spendable: 0.25, minimumSpendable: 0.5 });
  });
});

describe('the metrics', () => {
  it('show the balance and the requests, but no key', async () => {
    expect(await valueOf('openrouter_balance_usd')).toBe(2);
    expect(await valueOf('openrouter_spendable_usd')).toBe(2);
    sandbox.spend(0.5);
    await until(async () => (await valueOf('openrouter_balance_usd')) === 1.5);
    const text = await metrics();
    expect(text).toContain('openrouter_requests_total{account="default",operation="credits.getCredits"');
    for (const key of [sandbox.apiKey, sandbox.managementKey]) expect(text).not.toContain(key);
  });
});

describe('the alerts', () => {
  it('are logged once each', async () => {
    sandbox.spend(0.75);
    await until(() => log.some((line) => line.startsWith('low')));
    sandbox.spend(1);
    await until(() => log.some((line) => line.startsWith('critical')));
    sandbox.topUp(50);
    await until(() => log.some((line) => line.startsWith('recovered')));
    expect(log.filter((line) => /^(low|critical|recovered)/.test(line))).toEqual([
      'low ($1.50): $1.25 left',
      'critical ($0.50): $0.25 left',
      'recovered ($1.50): $50.25 left',
    ]);
  });
});
