import { afterEach, describe, expect, it } from '@jest/globals';
import {
  Controller,
  Get,
  Inject,
  type INestApplication,
  Injectable,
  Module,
  type ModuleMetadata,
} from '@nestjs/common';
import { HealthCheck, HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { Test, type TestingModule } from '@nestjs/testing';
import {
  OpenRouterConfigException,
  OpenRouterValidationException,
} from '../../lib/errors/client.exceptions.js';
import { OpenRouterHealthIndicator, OpenRouterHealthModule } from '../../lib/health/index.js';
import { BalanceService, OpenRouterModule, SpendLimitsService } from '../../lib/index.js';
import { OpenRouterSandbox } from '../../lib/testing/index.js';
import { apiException, KEY, listen } from '../filters/support.js';
import { FakeAccount } from '../guard/support.js';
import { NOON_ZONE } from '../spend-limits/support/noon-zone.js';
import { leaksIn } from '../support/leaks.js';
import { failureOf } from '../support/failures.js';
import { timed, until } from '../support/waiting.js';

@Controller()
class HealthController {
  constructor(
    @Inject(HealthCheckService) private readonly health: HealthCheckService,
    @Inject(OpenRouterHealthIndicator) private readonly openRouter: OpenRouterHealthIndicator,
  ) {}

  @HealthCheck()
  @Get('health')
  check() {
    return this.health.check([() => this.openRouter.isHealthy('openrouter', { minimumSpendable: 5 })]);
  }
}

const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function compile(metadata: ModuleMetadata): Promise<TestingModule> {
  const module = await Test.createTestingModule(metadata).compile();
  closers.push(() => module.close());
  return module;
}

/** The indicator beside an account, without a controller. */
async function indicatorOf(account: FakeAccount): Promise<OpenRouterHealthIndicator> {
  const module = await compile({
    imports: [TerminusModule],
    providers: [account.provider(), OpenRouterHealthIndicator],
  });
  return module.get(OpenRouterHealthIndicator);
}

/** A module that has an account, as `OpenRouterModule.forRoot` without `isGlobal` is one. */
describe('the health of an account with spend limits', () => {
  it('shows whether their store answers', async () => {
    const sandbox = await OpenRouterSandbox.start();
    const { managementKey, baseUrl } = sandbox;
    const module = await Test.createTestingModule({
      imports: [
        OpenRouterModule.forRoot({
          managementKey,
          baseUrl,
          spendLimits: { rules: [{ by: [], usd: 5, period: 'day', timeZone: NOON_ZONE }] },
        }),
        OpenRouterHealthModule.forRoot(),
      ],
    }).compile();
    const indicator = module.get(OpenRouterHealthIndicator);
    expect(await indicator.isHealthy('openrouter')).toMatchObject({ openrouter: { spendStoreUp: null } });
    await module.get(SpendLimitsService).usage({});
    expect(await indicator.isHealthy('openrouter')).toMatchObject({ openrouter: { spendStoreUp: true } });
    await module.close();
    await sandbox.stop();
  });
});

function accountModule(account: FakeAccount, name?: string) {
  @Module({ providers: [account.provider(name)] })
  class AccountModule {}
  return AccountModule;
}

const FIGURES = {
  balance: 10,
  spendable: 10,
  limitedBy: 'balance',
  keyLimitRemaining: null,
  stale: false,
  fetchedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
};

describe('OpenRouterHealthIndicator', () => {
  it('is up as long as the balance can be read, whatever it is', async () => {
    const account = new FakeAccount(-3);
    const indicator = await indicatorOf(account);
    expect(await indicator.isHealthy('openrouter')).toEqual({
      openrouter: { status: 'up', ...FIGURES, balance: -3, spendable: -3 },
    });
    account.spendable = null;
    expect(await indicator.isHealthy('money')).toMatchObject({ money: { status: 'up', spendable: null } });
    expect(account.get).toHaveBeenCalledTimes(2);
  });

  it.each<[number | null, number, 'up' | 'down', string | undefined]>([
    [5, 5, 'up', undefined],
    [4.99, 5, 'down', 'The spendable amount is below the minimum.'],
    [0, 0, 'up', undefined],
    [-0.01, 0, 'down', 'The spendable amount is below the minimum.'],
    [-2, -5, 'up', undefined],
    [null, 0, 'down', 'OpenRouter does not show this key the spendable amount.'],
  ])('with %p to spend and a minimum of %p is %s', async (spendable, minimumSpendable, status, message) => {
    const indicator = await indicatorOf(new FakeAccount(spendable));
    const { openrouter } = await indicator.isHealthy('openrouter', { minimumSpendable });
    expect(openrouter).toMatchObject({ status, spendable, minimumSpendable });
    expect(openrouter['message']).toBe(message);
  });

  it('is down while the balance cannot be read, and says why without a key', async () => {
    const account = new FakeAccount();
    account.spendable = apiException(401, { message: `no such key: ${KEY}` });
    const indicator = await indicatorOf(account);
    const result = await indicator.isHealthy('openrouter');
    expect(result).toEqual({
      openrouter: { status: 'down', message: 'no such key: [redacted]', code: 'OPENROUTER_UNAUTHORIZED' },
    });
    expect(leaksIn(result, [KEY])).toEqual([]);
    account.spendable = new Error(`a fault with ${KEY}`);
    expect(await indicator.isHealthy('openrouter')).toEqual({
      openrouter: { status: 'down', message: 'The balance could not be read.' },
    });
  });

  it('waits for a first reading no longer than it was told', async () => {
    const account = new FakeAccount();
    let fail = (_error: Error): void => undefined;
    account.get.mockReturnValueOnce(new Promise((_resolve, reject) => (fail = reject)));
    const indicator = await indicatorOf(account);
    const { outcome, waitedMs } = await timed(() => indicator.isHealthy('openrouter', { timeoutMs: 30 }));
    expect(outcome).toEqual({
      openrouter: { status: 'down', message: 'The balance could not be read within 30 ms.' },
    });
    expect(waitedMs).toBeLessThan(500);
    // Nobody listens any more, and the process has to live on.
    fail(new Error('late'));
    expect(await indicator.isHealthy('openrouter')).toMatchObject({ openrouter: { status: 'up' } });
  });

  it.each<[string, unknown, RegExp]>([
    ['a misspelt option', { minimumSpendible: 5 }, /did you mean `minimumSpendable`\?/],
    [
      'an amount that is a text',
      { minimumSpendable: '5' },
      /`minimumSpendable` must be a number of US dollars/,
    ],
    ['an amount that is none', { minimumSpendable: Number.NaN }, /`minimumSpendable` must be/],
    ['a blank account', { account: '' }, /`account` must be the name of an account/],
    ['a time that is none', { timeoutMs: 0 }, /`timeoutMs` must be a number of milliseconds above 0/],
    ['no object', 5, /the options must be an object/],
  ])('refuses %s', async (_title, options, message) => {
    const indicator = await indicatorOf(new FakeAccount());
    const failure = await failureOf(indicator.isHealthy('openrouter', options as never));
    expect(failure).toBeInstanceOf(OpenRouterValidationException);
    expect(failure.message).toMatch(message);
  });

  it('says what to do about an account that there is not', async () => {
    const indicator = await indicatorOf(new FakeAccount());
    const failure = await failureOf(indicator.isHealthy('openrouter', { account: 'eu' }));
    expect(failure).toBeInstanceOf(OpenRouterConfigException);
    expect(failure.message).toMatch(/^OpenRouterHealthIndicator: there is no account 'eu'/);
  });
});

describe('a health check of Terminus', () => {
  async function ask(metadata: ModuleMetadata): Promise<() => Promise<{ status: number; body: any }>> {
    const module = await Test.createTestingModule(metadata).compile();
    const app: INestApplication = module.createNestApplication({ logger: false });
    closers.push(() => app.close());
    const url = await listen(app);
    return async () => {
      const response = await fetch(`${url}/health`);
      return { status: response.status, body: await response.json() };
    };
  }

  it.each<[string, (account: FakeAccount) => ModuleMetadata]>([
    [
      "among the user's own providers",
      (account) => ({
        imports: [TerminusModule, accountModule(account)],
        providers: [OpenRouterHealthIndicator],
        controllers: [HealthController],
      }),
    ],
    [
      'by OpenRouterHealthModule',
      (account) => ({
        imports: [TerminusModule, accountModule(account), OpenRouterHealthModule.forRoot()],
        controllers: [HealthController],
      }),
    ],
    [
      'by OpenRouterHealthModule with an account of its own',
      (account) => ({
        imports: [
          TerminusModule,
          OpenRouterHealthModule.forRoot({ account: 'eu', imports: [accountModule(account, 'eu')] }),
        ],
        controllers: [HealthController],
      }),
    ],
  ])('has the account %s', async (_title, metadataOf) => {
    const account = new FakeAccount();
    const check = await ask(metadataOf(account));
    expect(await check()).toEqual({
      status: 200,
      body: expect.objectContaining({
        status: 'ok',
        info: { openrouter: { status: 'up', ...FIGURES, minimumSpendable: 5 } },
      }),
    });
    account.spendable = 1;
    expect(await check()).toEqual({
      status: 503,
      body: expect.objectContaining({
        status: 'error',
        error: { openrouter: expect.objectContaining({ status: 'down', spendable: 1 }) },
      }),
    });
    account.spendable = apiException(503);
    expect((await check()).body.error).toEqual({
      openrouter: { status: 'down', message: 'upstream said 503', code: 'OPENROUTER_SERVICE_UNAVAILABLE' },
    });
  });
});

describe('OpenRouterHealthModule.forRoot', () => {
  it('checks the account that it was given, and others that a check names', async () => {
    const module = await compile({
      imports: [
        OpenRouterHealthModule.forRoot({
          account: 'eu',
          imports: [accountModule(new FakeAccount(1), 'eu'), accountModule(new FakeAccount(2), 'us')],
        }),
      ],
    });
    await module.init();
    const indicator = module.get(OpenRouterHealthIndicator, { strict: false });
    expect(await indicator.isHealthy('a')).toMatchObject({ a: { spendable: 1 } });
    expect(await indicator.isHealthy('b', { account: 'us' })).toMatchObject({ b: { spendable: 2 } });
  });

  it('needs no default account where each check names one', async () => {
    const module = await compile({
      imports: [OpenRouterHealthModule.forRoot(), accountModule(new FakeAccount(2), 'us')],
    });
    await module.init();
    const indicator = module.get(OpenRouterHealthIndicator, { strict: false });
    expect(await indicator.isHealthy('b', { account: 'us' })).toMatchObject({ b: { spendable: 2 } });
  });

  it('stops the boot for an account that there is not', async () => {
    // Not to be closed: NestJS 11 would tell the failure of the boot once more.
    const imports = [OpenRouterHealthModule.forRoot({ account: 'eu' })];
    const module = await Test.createTestingModule({ imports }).compile();
    const failure = await failureOf(module.init());
    expect(failure).toBeInstanceOf(OpenRouterConfigException);
    expect(failure.message).toMatch(/^OpenRouterHealthModule\.forRoot: there is no account 'eu'/);
  });

  it.each<[string, unknown, RegExp]>([
    ['no object', 'eu', /the options must be an object/],
    ['a misspelt option', { acount: 'eu' }, /did you mean `account`\?$/],
    ['a blank account', { account: '' }, /`account` must be the name of an account/],
    [
      'imports that are no list',
      { imports: TerminusModule },
      /`imports` must be a list of modules; got a function\.$/,
    ],
  ])('refuses %s', (_title, options, message) => {
    const register = () => OpenRouterHealthModule.forRoot(options as never);
    expect(register).toThrow(OpenRouterConfigException);
    expect(register).toThrow(message);
  });
});

describe('the types of the indicator', () => {
  it('keep the key, so that a result is known by it', async () => {
    @Injectable()
    class Readiness {
      constructor(
        @Inject(OpenRouterHealthIndicator) private readonly openRouter: OpenRouterHealthIndicator,
      ) {}

      async isUp(): Promise<boolean> {
        const { credits } = await this.openRouter.isHealthy('credits');
        return credits.status === 'up';
      }
    }
    const module = await compile({
      imports: [OpenRouterHealthModule.forRoot(), accountModule(new FakeAccount())],
      providers: [Readiness],
    });
    expect(await module.get(Readiness).isUp()).toBe(true);
  });
});

describe('the health of a real account', () => {
  it('is read once for any number of probes, and told without a key', async () => {
    const sandbox = await OpenRouterSandbox.start({ credits: { totalCredits: 10, totalUsage: 2 } });
    closers.push(() => sandbox.stop());
    const { managementKey, baseUrl } = sandbox;
    const module = await compile({
      imports: [
        OpenRouterHealthModule.forRoot({
          account: 'eu',
          imports: [OpenRouterModule.forRoot({ name: 'eu', managementKey, baseUrl, retry: false })],
        }),
      ],
    });
    const indicator = module.get(OpenRouterHealthIndicator, { strict: false });
    const results = await Promise.all(
      Array.from({ length: 20 }, () => indicator.isHealthy('eu', { minimumSpendable: 5 })),
    );
    for (const result of results) {
      expect(result).toEqual({
        eu: { status: 'up', ...FIGURES, balance: 8, spendable: 8, minimumSpendable: 5 },
      });
    }
    expect(sandbox.requests.length).toBe(1);
    expect(leaksIn(results, [managementKey])).toEqual([]);
  });

  it('goes by the tightest limit, and says which one that is and until when', async () => {
    const sandbox = await OpenRouterSandbox.start({
      guardrails: [{ scope: 'member', limitUsd: 3, resetInterval: 'monthly' }],
    });
    closers.push(() => sandbox.stop());
    const { apiKey, managementKey, baseUrl } = sandbox;
    const module = await compile({
      imports: [
        OpenRouterModule.forRoot({ apiKey, managementKey, baseUrl }),
        OpenRouterHealthModule.forRoot(),
      ],
    });
    const indicator = module.get(OpenRouterHealthIndicator, { strict: false });
    expect(await indicator.isHealthy('openrouter', { minimumSpendable: 5 })).toMatchObject({
      openrouter: {
        status: 'down',
        balance: 74.75,
        spendable: 3,
        limitedBy: 'budget',
        resetsAt: expect.stringMatching(/^\d{4}-\d\d-01T00:00:00\.000Z$/),
      },
    });
  });

  it('goes by what is in memory while OpenRouter does not answer', async () => {
    const sandbox = await OpenRouterSandbox.start({ credits: { totalCredits: 10, totalUsage: 2 } });
    closers.push(() => sandbox.stop());
    const { managementKey, baseUrl } = sandbox;
    const balance = { ttlMs: 1, staleWhileRevalidateMs: 0 };
    const module = await compile({
      imports: [
        OpenRouterModule.forRoot({ managementKey, baseUrl, balance }),
        OpenRouterHealthModule.forRoot(),
      ],
    });
    const indicator = module.get(OpenRouterHealthIndicator, { strict: false });
    await indicator.isHealthy('openrouter');
    const requestsBefore = sandbox.requests.length;
    sandbox.failNext({ fault: 'hang', times: Infinity });
    await until(() => module.get(BalanceService, { strict: false }).peek()?.stale === true);
    expect(await indicator.isHealthy('openrouter', { minimumSpendable: 5, timeoutMs: 50 })).toMatchObject({
      openrouter: { status: 'up', spendable: 8 },
    });
    // On a busy machine the request arrives after the answer of the check.
    await until(() => sandbox.requests.length > requestsBefore, 10_000);
    expect(sandbox.requests.length).toBe(requestsBefore + 1);
  });

  it('is down while OpenRouter has never answered, and in time', async () => {
    const sandbox = await OpenRouterSandbox.start();
    closers.push(() => sandbox.stop());
    sandbox.failNext({ fault: 'hang', times: Infinity });
    const module = await compile({
      imports: [
        OpenRouterModule.forRoot({ managementKey: sandbox.managementKey, baseUrl: sandbox.baseUrl }),
        OpenRouterHealthModule.forRoot(),
      ],
    });
    const indicator = module.get(OpenRouterHealthIndicator, { strict: false });
    const { outcome, waitedMs } = await timed(() => indicator.isHealthy('openrouter', { timeoutMs: 50 }));
    expect(outcome).toMatchObject({
      openrouter: { status: 'down', message: expect.stringContaining('within 50 ms') },
    });
    expect(waitedMs).toBeLessThan(1_000);
    // On a busy machine it arrives after the answer of the check.
    await until(() => sandbox.requests.length > 0, 10_000);
    expect(sandbox.requests.length).toBe(1);
  });
});
