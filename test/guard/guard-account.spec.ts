import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  Controller,
  type ExecutionContext,
  Get,
  type INestApplication,
  Logger,
  Module,
  type ModuleMetadata,
} from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import {
  BalanceService,
  CreditsGuard,
  getOpenRouterClientToken,
  type OpenRouterClient,
  OpenRouterModule,
  provideOpenRouterExceptionFilter,
  RequireCredits,
} from '../../lib/index.js';
import { OpenRouterSandbox } from '../../lib/testing/index.js';
import { listen, spyOnErrorLog } from '../filters/support.js';
import { leaksIn } from '../support/leaks.js';
import { cleanUp, MANAGEMENT_KEY, sendJson, startServer } from '../support/servers.js';
import { sleep, timed, until } from '../support/waiting.js';

@Controller()
class Routes {
  @RequireCredits(5)
  @Get('five')
  five(): string {
    return 'ok';
  }

  @RequireCredits(5, { onUnknown: 'deny' })
  @Get('deny')
  deny(): string {
    return 'ok';
  }

  @RequireCredits(5, { onUnknown: 'deny' })
  @RequireCredits(5, { account: 'eu', onUnknown: 'deny' })
  @Get('both')
  both(): string {
    return 'ok';
  }

  @RequireCredits(5, { account: 'eu' })
  @Get('eu')
  eu(): string {
    return 'ok';
  }
}

/** With the filter for back-office routes, which tells what the guard has seen. */
@Module({ controllers: [Routes], providers: [provideOpenRouterExceptionFilter()] })
class FeatureModule {}

describe('the guard on an account', () => {
  let sandbox: OpenRouterSandbox;
  let app: INestApplication;
  let url: string;
  const sandboxes: OpenRouterSandbox[] = [];

  async function open(...[options]: Parameters<typeof OpenRouterSandbox.start>): Promise<OpenRouterSandbox> {
    const opened = await OpenRouterSandbox.start(options);
    sandboxes.push(opened);
    return opened;
  }

  const managed = ({ managementKey, baseUrl }: OpenRouterSandbox) => ({
    managementKey,
    baseUrl,
    retry: false as const,
  });

  async function start(metadata: ModuleMetadata): Promise<void> {
    const testing = await Test.createTestingModule(metadata).compile();
    app = testing.createNestApplication();
    url = await listen(app);
  }

  async function ask(path: string): Promise<{ status: number; text: string }> {
    const response = await fetch(`${url}/${path}`);
    return { status: response.status, text: await response.text() };
  }

  const stale = (): Promise<void> =>
    until(() => app.get(BalanceService, { strict: false }).peek()?.stale === true);

  beforeEach(async () => {
    jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    sandbox = await open({ credits: { totalCredits: 10, totalUsage: 2 } });
  });

  afterEach(async () => {
    await app.close();
    await Promise.all(sandboxes.splice(0).map((opened) => opened.stop()));
    await cleanUp();
    jest.restoreAllMocks();
  });

  it('asks OpenRouter once for any number of first requests, and not again', async () => {
    await start({ imports: [OpenRouterModule.forRoot(managed(sandbox)), FeatureModule] });
    const first = await Promise.all(Array.from({ length: 50 }, () => ask('five')));
    const later = await Promise.all(Array.from({ length: 50 }, () => ask('five')));
    expect(new Set([...first, ...later].map(({ status }) => status))).toEqual(new Set([200]));
    expect(sandbox.requests.map(({ path }) => path)).toEqual(['/api/v1/credits']);
  });

  it('reads several accounts at once', async () => {
    const asked = new Set<string>();
    let isEach = (): void => undefined;
    const each = new Promise<void>((resolve) => (isEach = resolve));
    const account = async (name: string) => {
      // The one after the other would have to wait for an answer that only comes when both are asked.
      const { baseUrl } = await startServer((_request, response) => {
        if (asked.add(name).size === 2) isEach();
        void each.then(() => sendJson(response, { data: { total_credits: 10, total_usage: 0 } }));
      });
      return { managementKey: MANAGEMENT_KEY, baseUrl, retry: false as const };
    };
    await start({
      imports: [
        OpenRouterModule.forRoot(await account('default')),
        OpenRouterModule.forRoot({ name: 'eu', ...(await account('eu')) }),
        FeatureModule,
      ],
    });
    expect((await ask('both')).status).toBe(200);
  });

  it('follows what the application spends without a call, and what is bought with one', async () => {
    await start({ imports: [OpenRouterModule.forRoot(managed(sandbox)), FeatureModule] });
    expect((await ask('five')).status).toBe(200);
    const balance = app.get(BalanceService, { strict: false });
    balance.recordSpend(3.1);
    const { status, text } = await ask('five');
    expect(status).toBe(402);
    expect(text).toContain('at least $5.00 is needed, $4.90 is left of the balance of the account.');
    expect(sandbox.requests.length).toBe(1);
    sandbox.topUp(10);
    balance.invalidate();
    expect((await ask('five')).status).toBe(200);
    expect(sandbox.requests.length).toBe(2);
  });

  it('names the limit of the key where that is what is short', async () => {
    const limited = await open({ credits: { totalCredits: 100, totalUsage: 0 }, keyLimit: 3 });
    await start({
      imports: [OpenRouterModule.forRoot({ ...managed(limited), apiKey: limited.apiKey }), FeatureModule],
    });
    const { status, text } = await ask('five');
    expect(status).toBe(402);
    expect(text).toContain('$3.00 is left of the limit of the API key of the account.');
    expect(leaksIn(text, [limited.apiKey, limited.managementKey])).toEqual([]);
  });

  it('lets requests through, or not, where the key is not told what there is', async () => {
    const silent = await open({ inferenceKeyCredits: 'zeros' });
    await start({
      imports: [
        OpenRouterModule.forRoot({ apiKey: silent.apiKey, baseUrl: silent.baseUrl, retry: false }),
        FeatureModule,
      ],
    });
    expect([(await ask('five')).status, (await ask('deny')).status]).toEqual([200, 402]);
  });

  it('lets requests through, or not, while OpenRouter is down from the start; later it goes by what it knew', async () => {
    sandbox.failNext({ fault: 'reset', times: Infinity });
    await start({
      imports: [
        OpenRouterModule.forRoot({ ...managed(sandbox), balance: { ttlMs: 1, staleWhileRevalidateMs: 0 } }),
        FeatureModule,
      ],
    });
    expect([(await ask('five')).status, (await ask('deny')).status]).toEqual([200, 402]);
    sandbox.clearFailures();
    await app.get(BalanceService, { strict: false }).refresh();
    sandbox.failNext({ fault: 'reset', times: Infinity });
    await stale();
    expect((await ask('deny')).status).toBe(200);
    expect(app.get(BalanceService, { strict: false }).peek()).toMatchObject({ stale: true, spendable: 8 });
  });

  it('finds a named account, a global one, and a service that a test has put in its place', async () => {
    const eu = await open({ credits: { totalCredits: 1, totalUsage: 0 } });
    const testing = await Test.createTestingModule({
      imports: [
        OpenRouterModule.forRoot({ ...managed(sandbox), isGlobal: true }),
        OpenRouterModule.forRoot({ ...managed(eu), name: 'eu' }),
        FeatureModule,
      ],
    })
      .overrideProvider(BalanceService)
      .useValue({ get: () => Promise.resolve({ spendable: 0, balance: 0, keyLimitRemaining: null }) })
      .compile();
    app = testing.createNestApplication();
    url = await listen(app);
    expect(await ask('five')).toMatchObject({ status: 402 });
    expect((await ask('eu')).text).toContain("$1.00 is left of the balance of account 'eu'.");
    app.get<OpenRouterClient>(getOpenRouterClientToken('eu'), { strict: false }).balance.invalidate();
    eu.topUp(10);
    expect((await ask('eu')).status).toBe(200);
  });

  it('refuses nobody in silence when there is no such account', async () => {
    const errorLog = spyOnErrorLog();
    await start({ imports: [OpenRouterModule.forRoot(managed(sandbox)), FeatureModule] });
    expect((await ask('eu')).status).toBe(500);
    expect(errorLog.mock.calls[0]![0]).toMatch(/^OpenRouterConfigException .* there is no account 'eu' in/);
  });

  it('holds up no request for longer than a second while OpenRouter does not answer', async () => {
    sandbox.failNext({ fault: 'hang', times: Infinity });
    await start({ imports: [OpenRouterModule.forRoot(managed(sandbox)), FeatureModule] });
    const { outcome, waitedMs } = await timed(() => ask('five'));
    expect(outcome.status).toBe(200);
    expect(waitedMs).toBeLessThan(5_000);
    expect(sandbox.requests.length).toBe(1);
  });

  it('goes by what it knew while OpenRouter does not answer', async () => {
    const balance = { ttlMs: 1, staleWhileRevalidateMs: 0 };
    await start({ imports: [OpenRouterModule.forRoot({ ...managed(sandbox), balance }), FeatureModule] });
    sandbox.spend(7);
    expect((await ask('five')).status).toBe(402);
    // One reading or two: the first may be older than `ttlMs` when the guard is about to refuse by it.
    const requestsBefore = sandbox.requests.length;
    sandbox.failNext({ fault: 'hang', times: Infinity });
    await stale();
    expect((await ask('five')).text).toContain('$1.00 is left');
    // Only the first one has waited for what does not come.
    const { waitedMs } = await timed(async () => {
      for (let count = 0; count < 5; count += 1) expect((await ask('five')).status).toBe(402);
    });
    expect(waitedMs).toBeLessThan(1_000);
    expect(sandbox.requests.length).toBe(requestsBefore + 1);
  });

  describe('before it refuses by a reading that is older than `ttlMs`', () => {
    const balance = { ttlMs: 40, staleWhileRevalidateMs: 300_000 };
    const older = (): Promise<void> => sleep(60);

    beforeEach(() =>
      start({ imports: [OpenRouterModule.forRoot({ ...managed(sandbox), balance }), FeatureModule] }),
    );

    it('waits for a new one, so that nobody is refused who has bought credits', async () => {
      sandbox.spend(7);
      expect((await ask('five')).status).toBe(402);
      sandbox.topUp(10);
      await older();
      const answers = await Promise.all(Array.from({ length: 20 }, () => ask('five')));
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
      expect(sandbox.requests.length).toBeLessThan(10);
    });

    it('refuses by the new one', async () => {
      sandbox.spend(7);
      expect((await ask('five')).text).toContain('$1.00 is left');
      sandbox.topUp(1);
      await older();
      expect((await ask('five')).text).toContain('$2.00 is left');
    });

    it('goes by the old one where there is none', async () => {
      sandbox.spend(7);
      expect((await ask('five')).status).toBe(402);
      sandbox.failNext({ status: 503, times: Infinity });
      await older();
      for (let count = 0; count < 3; count += 1) expect((await ask('five')).text).toContain('$1.00 is left');
    });

    it('goes by the old one while OpenRouter does not answer, for which one request has waited', async () => {
      sandbox.spend(7);
      expect((await ask('five')).status).toBe(402);
      const requestsBefore = sandbox.requests.length;
      sandbox.failNext({ fault: 'hang', times: Infinity });
      await older();
      expect((await ask('five')).text).toContain('$1.00 is left');
      const { waitedMs } = await timed(async () => {
        for (let count = 0; count < 5; count += 1) expect((await ask('five')).status).toBe(402);
      });
      expect(waitedMs).toBeLessThan(4_000);
      expect(sandbox.requests.length).toBe(requestsBefore + 1);
    });

    it('knows nothing where the key has lost its right to know', async () => {
      sandbox.spend(7);
      expect((await ask('five')).status).toBe(402);
      sandbox.failNext({ status: 401, times: Infinity });
      await older();
      expect((await ask('five')).status).toBe(200);
      expect((await ask('deny')).status).toBe(402);
    });
  });

  it('waits for a new reading, too, before it refuses what was not told', async () => {
    sandbox.failNext({ status: 200, body: { data: { total_credits: 0, total_usage: 0 } } });
    const { apiKey, baseUrl } = sandbox;
    await start({
      imports: [
        OpenRouterModule.forRoot({ apiKey, baseUrl, retry: false, balance: { ttlMs: 40 } }),
        FeatureModule,
      ],
    });
    expect((await ask('deny')).status).toBe(402);
    const { requests } = sandbox;
    await sleep(60);
    expect((await ask('deny')).status).toBe(402);
    expect(sandbox.requests.length).toBeGreaterThan(requests.length);
  });

  it('asks OpenRouter once for two thousand requests', async () => {
    await start({ imports: [OpenRouterModule.forRoot(managed(sandbox)), FeatureModule] });
    const guard = new CreditsGuard(app.get(ModuleRef));
    const context = {
      getHandler: () => Routes.prototype.five,
      getClass: () => Routes,
      getType: () => 'http',
    } as unknown as ExecutionContext;
    const answers = await Promise.all(Array.from({ length: 2_000 }, () => guard.canActivate(context)));
    expect(new Set(answers)).toEqual(new Set([true]));
    expect(sandbox.requests.length).toBe(1);
  });
});
