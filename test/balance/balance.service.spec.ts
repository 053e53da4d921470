import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { HttpException, Logger } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { firstValueFrom, lastValueFrom, toArray } from 'rxjs';
import { inspect } from 'node:util';
import {
  type BalanceSnapshot,
  BalanceService,
  CreditsService,
  getOpenRouterClientToken,
  InMemoryBalanceStore,
  OpenRouterAbortException,
  OpenRouterClient,
  OpenRouterConfigException,
  OpenRouterConnectionException,
  OpenRouterModule,
  type OpenRouterModuleOptions,
  OpenRouterValidationException,
} from '../../lib/index.js';
import { OpenRouterSandbox } from '../../lib/testing/index.js';
import { failureOf } from '../support/failures.js';
import { leaksIn } from '../support/leaks.js';
import { storeWith } from './support/stores.js';
import { sleep, timed, until } from '../support/waiting.js';

let sandbox: OpenRouterSandbox;
let app: TestingModule | undefined;
let client: OpenRouterClient | undefined;

beforeEach(async () => {
  sandbox = await OpenRouterSandbox.start();
});

afterEach(async () => {
  await app?.close();
  await client?.close();
  [app, client] = [undefined, undefined];
  await sandbox.stop();
});

function options(own: OpenRouterModuleOptions = {}): OpenRouterModuleOptions {
  const { managementKey, baseUrl } = sandbox;
  return { managementKey, baseUrl, retry: false, ...own };
}

function open(own: OpenRouterModuleOptions = {}): BalanceService {
  client = new OpenRouterClient(options(own));
  return client.balance;
}

async function boot(own: OpenRouterModuleOptions = {}): Promise<BalanceService> {
  app = await Test.createTestingModule({ imports: [OpenRouterModule.forRoot(options(own))] }).compile();
  await app.init();
  return app.get(BalanceService);
}

const paths = (): string[] => sandbox.requests.map(({ path }) => path.replace('/api/v1', ''));

const OUT_OF_CREDITS = { status: 402, error: { code: 402, message: 'Insufficient credits' } };

describe('a snapshot', () => {
  it('says what is known, and where it is from', async () => {
    const balance = open({ apiKey: sandbox.apiKey });
    const snapshot = await balance.get();
    expect(snapshot).toEqual({
      totalCredits: 100.5,
      totalUsage: 25.75,
      balance: 74.75,
      keyLimitRemaining: null,
      spendable: 74.75,
      limitedBy: 'balance',
      resetsAt: null,
      estimated: 74.75,
      sources: { balance: 'credits', keyLimit: 'key' },
      stale: false,
      fetchedAt: expect.any(Date),
    });
    expect(Object.isFrozen(snapshot)).toBe(true);
    expect(paths().sort()).toEqual(['/credits', '/key']);
    expect(balance.peek()).toBe(snapshot);
  });

  it('moves by what is recorded, exactly', async () => {
    const balance = open();
    await balance.get();
    // From memory.
    await balance.get();
    for (const usd of [0.1, 0.2, 1e-9]) balance.recordSpend(usd);
    await expect(balance.get()).resolves.toMatchObject({
      balance: 74.75,
      estimated: 74.449999999,
      spendable: 74.449999999,
    });
    expect(paths()).toEqual(['/credits']);
  });

  it.each([{ maxAgeMs: -1 }, { maxAgeMs: 'now' }, { signal: {} }, { age: 5 }, 'soon', null])(
    'is not given for the options %j',
    async (wrong) => {
      const balance = open();
      expect(await failureOf(balance.get(wrong as never))).toBeInstanceOf(OpenRouterValidationException);
      expect(paths()).toEqual([]);
    },
  );
});

/** Whatever was to be sent before it has reached the sandbox by then. */
async function aRequestLater(): Promise<void> {
  await fetch(`${sandbox.baseUrl}/key`);
}

describe('reportError', () => {
  it('has a new reading made by the first of many errors that say that credits have run out', async () => {
    const balance = open();
    await balance.get();
    sandbox.spend(100);
    for (let count = 0; count < 100; count += 1) balance.reportError(OUT_OF_CREDITS);
    await expect(balance.get()).resolves.toMatchObject({ balance: -25.25, spendable: -25.25 });
    balance.reportError(OUT_OF_CREDITS);
    await aRequestLater();
    expect(paths()).toEqual(['/credits', '/credits', '/key']);
  });

  it.each([
    ['a budget', 403, 'Budget limit exceeded', 'openrouter_guardrail_budget'],
    ['a budget of the workspace', 403, 'Workspace daily budget exceeded', 'openrouter_workspace_budget'],
    ['the limit of the key', 402, 'no', 'openrouter_key_limit'],
  ])('has a new reading made where %s is spent', async (_title, status, message, limit_source) => {
    const balance = open({ apiKey: sandbox.apiKey });
    await balance.get();
    sandbox.addGuardrail({ scope: 'member', limitUsd: 1 });
    sandbox.spend(3);
    balance.reportError({ status, error: { code: status, message, metadata: { limit_source } } });
    await expect(balance.get()).resolves.toMatchObject({ spendable: -2, limitedBy: 'budget' });
  });

  it('has one new reading made by any number of 402s that do not tell whose they are', async () => {
    const balance = open();
    await balance.get();
    sandbox.spend(100);
    for (let count = 0; count < 100; count += 1) balance.reportError({ status: 402, body: '' });
    await expect(balance.get()).resolves.toMatchObject({ balance: -25.25 });
    balance.reportError({ status: 402, body: '' });
    await aRequestLater();
    expect(paths()).toEqual(['/credits', '/credits', '/key']);
  });

  it('waits for the reading that it has had made, however long that takes', async () => {
    const balance = open();
    sandbox.failNext({ delayMs: 50 });
    balance.reportError(OUT_OF_CREDITS);
    await until(() => sandbox.requests.length > 0);
    const now = performance.now.bind(performance);
    const clock = jest.spyOn(performance, 'now').mockImplementation(() => now() + 5_000);
    balance.reportError(OUT_OF_CREDITS);
    await aRequestLater();
    clock.mockRestore();
    expect(paths()).toEqual(['/credits', '/key']);
  });

  it.each([
    undefined,
    null,
    5,
    new Error('x'),
    { status: 500 },
    { status: 403, error: { message: 'no' } },
    { error: { code: 402, message: 'Provider returned error', metadata: { provider_name: 'x' } } },
    new HttpException('Insufficient credits', 402),
    { config: { url: 'https://pay.example/' }, response: { status: 402, data: 'no' } },
  ])('leaves the reading as it is for %p', async (error) => {
    const balance = open();
    const before = await balance.get();
    balance.reportError(error);
    expect(await balance.get()).toBe(before);
    expect(paths()).toEqual(['/credits']);
  });

  it('is quiet where OpenRouter does not answer', async () => {
    const logs = (['debug', 'log', 'warn', 'error', 'fatal'] as const).map((level) =>
      jest.spyOn(Logger.prototype, level).mockImplementation(() => undefined),
    );
    const balance = open();
    await balance.get();
    sandbox.failNext({ fault: 'reset', times: Infinity });
    balance.reportError(OUT_OF_CREDITS);
    await until(() => sandbox.requests.length === 2);
    expect(await failureOf(balance.get())).toBeInstanceOf(OpenRouterConnectionException);
    // What was known before the error is known to be wrong.
    expect(balance.peek()).toBeUndefined();
    expect(logs.flatMap(({ mock }) => mock.calls)).toEqual([]);
    jest.restoreAllMocks();
    sandbox.clearFailures();
    sandbox.spend(4.75);
    await expect(balance.refresh()).resolves.toMatchObject({ balance: 70, stale: false });
  });
});

describe('the streams', () => {
  it('replay the last snapshot, poll while somebody listens, and complete with the module', async () => {
    const balance = await boot({ balance: { pollIntervalMs: 20, ttlMs: 10 } });
    await balance.get();
    const changes = lastValueFrom(balance.changes$.pipe(toArray()));
    const alerts = lastValueFrom(balance.alerts$.pipe(toArray()));
    await expect(firstValueFrom(balance.changes$)).resolves.toMatchObject({ balance: 74.75 });
    sandbox.spend(4.75);
    await until(() => balance.peek()?.balance === 70);
    await app?.close();
    const told = await changes;
    expect(told.map((snapshot: BalanceSnapshot) => snapshot.balance)).toEqual([74.75, 70]);
    await expect(alerts).resolves.toEqual([]);
    const count = sandbox.requests.length;
    await sleep(60);
    expect(sandbox.requests.length).toBe(count);
  });

  it('tell a first reading below a threshold once, and that it has recovered', async () => {
    const balance = open({
      balance: { pollIntervalMs: 20, ttlMs: 10, thresholds: { low: 100, critical: 5 } },
    });
    const alerts: unknown[] = [];
    balance.alerts$.subscribe(({ type, threshold }) => alerts.push([type, threshold]));
    await until(() => alerts.length > 0);
    const count = sandbox.requests.length;
    await until(() => sandbox.requests.length >= count + 3);
    expect(alerts).toEqual([['low', 100]]);
    sandbox.topUp(100);
    await until(() => alerts.length > 1);
    expect(alerts[1]).toEqual(['recovered', 100]);
  });

  it('tell an outage and its end, and never error', async () => {
    const balance = open({ balance: { pollIntervalMs: 20, ttlMs: 10 } });
    const alerts: string[] = [];
    const errors: unknown[] = [];
    balance.alerts$.subscribe({
      next: ({ type }) => alerts.push(type),
      error: (error) => errors.push(error),
    });
    balance.changes$.subscribe({ error: (error) => errors.push(error) });
    await until(() => balance.peek() !== undefined);
    sandbox.failNext({ status: 503, times: Infinity });
    await until(() => alerts.includes('unavailable'));
    sandbox.clearFailures();
    await until(() => alerts.includes('recovered'));
    expect(alerts).toEqual(['unavailable', 'recovered']);
    expect(errors).toEqual([]);
  });

  it('are polled for without a listener where `watch` is set', async () => {
    await boot({ balance: { watch: true, pollIntervalMs: 20, ttlMs: 10 } });
    await until(() => sandbox.requests.length >= 3);
  });

  it('are polled for at once without an application where `watch` is set', async () => {
    const { waitedMs } = await timed(() => {
      open({ balance: { watch: true } });
      return until(() => sandbox.requests.length === 1);
    });
    expect(waitedMs).toBeLessThan(800);
  });

  it('are polled for where `watch` is set in a module that is loaded lazily, which gets no hooks', async () => {
    app = await Test.createTestingModule({
      imports: [OpenRouterModule.forRoot(options({ balance: { watch: true } }))],
    }).compile();
    await until(() => sandbox.requests.length === 1);
  });

  it('tell at once what comes of an invalidation', async () => {
    const balance = open();
    const told: unknown[] = [];
    balance.changes$.subscribe((snapshot) => told.push(snapshot.balance));
    await until(() => told.length === 1);
    sandbox.topUp(1);
    balance.invalidate();
    await until(() => told.length === 2);
    expect(told).toEqual([74.75, 75.75]);
  });

  it('are not polled for otherwise', async () => {
    await boot({ balance: { pollIntervalMs: 20, ttlMs: 10 } });
    await sleep(60);
    expect(sandbox.requests).toEqual([]);
  });
});

describe('forecast', () => {
  const DAY_MS = 86_400_000;

  it('goes by the completed days', async () => {
    for (const days of [1, 2, 3]) sandbox.spend(2.5, { at: new Date(Date.now() - days * DAY_MS) });
    const balance = open();
    const { spendable } = await balance.get();
    const forecast = await balance.forecast();
    expect(forecast).toMatchObject({
      spendable,
      dailyUsage: 2.5,
      daysLeft: spendable! / 2.5,
      basedOnDays: 3,
    });
    expect(forecast.emptyOn).toBeInstanceOf(Date);
    const asked = (): number => paths().filter((path) => path.startsWith('/activity')).length;
    await balance.forecast();
    expect(asked()).toBe(1);
    balance.invalidate();
    await balance.forecast();
    expect(asked()).toBe(2);
  });

  it('goes by the tightest limit', async () => {
    sandbox.spend(2.5, { at: new Date(Date.now() - DAY_MS) });
    sandbox.addGuardrail({ scope: 'member', limitUsd: 7.5 });
    const balance = open({ apiKey: sandbox.apiKey });
    await expect(balance.forecast()).resolves.toMatchObject({ spendable: 5, dailyUsage: 2.5, daysLeft: 2 });
  });

  it('says nothing where the key is no management key', async () => {
    const balance = open({ managementKey: undefined, apiKey: sandbox.apiKey });
    await expect(balance.forecast()).resolves.toMatchObject({
      dailyUsage: null,
      daysLeft: null,
      emptyOn: null,
      basedOnDays: 0,
    });
  });

  it.each([{ days: 0 }, { days: 1.5 }, { days: 31 }, { weeks: 1 }])('refuses %j', async (wrong) => {
    expect(await failureOf(open().forecast(wrong as never))).toBeInstanceOf(OpenRouterValidationException);
  });
});

describe('in an application', () => {
  it('is made of the services of the container', async () => {
    const getCredits = (): unknown =>
      Promise.resolve({ totalCredits: 5, totalUsage: 4, balance: 1, currency: 'USD' });
    app = await Test.createTestingModule({ imports: [OpenRouterModule.forRoot(options())] })
      .overrideProvider(CreditsService)
      .useValue({ getCredits })
      .compile();
    await expect(app.get(BalanceService).get()).resolves.toMatchObject({ spendable: 1 });
    expect(app.get(OpenRouterClient).balance).toBe(app.get(BalanceService));
    expect(sandbox.requests).toEqual([]);
  });

  it('is that of a named account through its client', async () => {
    app = await Test.createTestingModule({
      imports: [OpenRouterModule.forRoot({ ...options(), name: 'eu' })],
    }).compile();
    const eu = app.get<OpenRouterClient>(getOpenRouterClientToken('eu'));
    await expect(eu.balance.get()).resolves.toMatchObject({ balance: 74.75 });
    expect(() => app!.get(BalanceService, { strict: false })).toThrow();
  });

  it('introduces the client to instrumentation, once', async () => {
    const attached: unknown[] = [];
    const onAttach = (given: unknown, account: string): void => void attached.push([given, account]);
    await boot({ instrumentation: { onAttach } });
    expect(attached).toEqual([[app!.get(OpenRouterClient), 'default']]);
  });

  it('answers no more once it is shut down', async () => {
    const balance = await boot();
    await balance.get();
    await app?.close();
    app = undefined;
    expect(await failureOf(balance.get())).toBeInstanceOf(OpenRouterAbortException);
    expect(await failureOf(balance.refresh())).toBeInstanceOf(OpenRouterAbortException);
    balance.invalidate();
    balance.recordSpend(1);
    balance.reportError(OUT_OF_CREDITS);
    expect(paths()).toEqual(['/credits']);
  });

  it('has recorded spend stored before its end, in Nest and without', async () => {
    const stored: unknown[] = [];
    const store = storeWith(new InMemoryBalanceStore(), 'addSpend', async (...given) => {
      await sleep(20);
      stored.push(given[1]);
    });
    (await boot({ balance: { store } })).recordSpend(1);
    await app?.close();
    app = undefined;
    expect(stored).toEqual([1_000_000]);
    {
      await using own = new OpenRouterClient(options({ balance: { store } }));
      own.balance.recordSpend(2);
    }
    expect(stored).toEqual([1_000_000, 2_000_000]);
  });

  it('is not made by Nest itself', async () => {
    const compiling = Test.createTestingModule({
      providers: [{ provide: BalanceService, useFactory: () => new (BalanceService as any)(undefined) }],
    }).compile();
    expect(await failureOf(compiling)).toBeInstanceOf(OpenRouterConfigException);
  });

  it('shows neither keys nor machinery', async () => {
    const balance = await boot({ apiKey: sandbox.apiKey });
    await balance.get();
    expect(inspect(balance)).toBe('BalanceService {}');
    expect(leaksIn(balance, [sandbox.apiKey, sandbox.managementKey])).toEqual([]);
  });

  it('warns once of polls that are too frequent to tell anything new', () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    try {
      client = new OpenRouterClient({ apiKey: 'sk-or-v1-x', balance: { pollIntervalMs: 59_999 } });
      expect(warn.mock.calls).toEqual([[expect.stringContaining('`balance.pollIntervalMs` is 59999 ms')]]);
      warn.mockClear();
      void new OpenRouterClient({ apiKey: 'sk-or-v1-x', balance: { pollIntervalMs: 60_000 } }).close();
      open({ balance: { pollIntervalMs: 1 } });
      expect(warn).not.toHaveBeenCalled();
    } finally {
      warn.mockRestore();
    }
  });
});

describe('the options', () => {
  it.each<[unknown, string]>([
    [null, 'balance'],
    [5, 'balance'],
    [{ ttlMs: 0 }, 'balance.ttlMs'],
    [{ ttlMs: '1m' }, 'balance.ttlMs'],
    [{ staleWhileRevalidateMs: -1 }, 'balance.staleWhileRevalidateMs'],
    [{ staleIfErrorMs: Infinity }, 'balance.staleIfErrorMs'],
    [{ pollIntervalMs: 0 }, 'balance.pollIntervalMs'],
    [{ watch: 'yes' }, 'balance.watch'],
    [{ ttl: 5 }, 'balance.ttl'],
    [{ thresholds: 5 }, 'balance.thresholds'],
    [{ thresholds: { low: -1 } }, 'balance.thresholds.low'],
    [{ thresholds: { low: '10' } }, 'balance.thresholds.low'],
    [{ thresholds: { low: 5, critical: 6 } }, 'balance.thresholds.critical'],
    [{ thresholds: { hysteresis: 2 } }, 'balance.thresholds.hysteresis'],
    [{ thresholds: { lowest: 1 } }, 'balance.thresholds.lowest'],
    [{ store: {} }, 'balance.store'],
    [{ store: 'redis' }, 'balance.store'],
  ])('%j are refused by name', (balance, name) => {
    const make = (): OpenRouterClient => new OpenRouterClient({ apiKey: 'k', balance: balance as never });
    expect(make).toThrow(OpenRouterConfigException);
    expect(make).toThrow(`\`${name}\``);
  });
});
