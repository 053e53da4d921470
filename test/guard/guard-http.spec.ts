import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  type ArgumentsHost,
  Catch,
  Controller,
  type ExceptionFilter,
  type ExecutionContext,
  Get,
  HttpException,
  type INestApplication,
  Injectable,
  Logger,
  Module,
  type ModuleMetadata,
  Post,
  UseGuards,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { OpenRouterApiException } from '../../lib/errors/api.exception.js';
import { OpenRouterInsufficientCreditsException } from '../../lib/errors/client.exceptions.js';
import { isOpenRouterException } from '../../lib/errors/openrouter.exception.js';
import {
  type OpenRouterExceptionFilterOptions,
  provideOpenRouterExceptionFilter,
} from '../../lib/filters/index.js';
import { CreditsGuard, RequireCredits, SkipCreditsGuard } from '../../lib/guard/index.js';
import { apiException, listen, spyOnErrorLog } from '../filters/support.js';
import { FakeAccount } from './support.js';

@Controller('routes')
class Routes {
  @RequireCredits(5)
  @Get('five')
  five(): string {
    return 'ok';
  }

  @RequireCredits()
  @Get('any')
  any(): string {
    return 'ok';
  }

  @RequireCredits(5, { status: 503 })
  @Get('status')
  status(): string {
    return 'ok';
  }

  @RequireCredits(5, { onUnknown: 'deny' })
  @Get('deny')
  deny(): string {
    return 'ok';
  }

  @RequireCredits(5, { account: 'eu' })
  @Get('eu')
  eu(): string {
    return 'ok';
  }

  @RequireCredits(1, { account: 'eu' })
  @RequireCredits(5)
  @Get('both')
  both(): string {
    return 'ok';
  }

  @UseGuards(CreditsGuard)
  @Get('guard')
  guard(): string {
    return 'ok';
  }

  @Post('free')
  free(): string {
    return 'ok';
  }
}

@RequireCredits(5)
@Controller('all')
class AllRoutes {
  @Get('five')
  five(): string {
    return 'ok';
  }

  @RequireCredits(1)
  @Get('one')
  one(): string {
    return 'ok';
  }

  @SkipCreditsGuard()
  @Get('free')
  free(): string {
    return 'ok';
  }
}

@Controller('inherited')
class InheritedRoutes extends AllRoutes {}

describe('the guard over HTTP', () => {
  let app: INestApplication;
  let url: string;
  let main: FakeAccount;
  let eu: FakeAccount;
  let errorLog: ReturnType<typeof spyOnErrorLog>;
  let warnings: unknown[];

  async function start(metadata: ModuleMetadata, adapter?: FastifyAdapter): Promise<void> {
    const testing = await Test.createTestingModule(metadata).compile();
    app = adapter === undefined ? testing.createNestApplication() : testing.createNestApplication(adapter);
    url = await listen(app);
  }

  async function ask(path: string, method = 'GET'): Promise<{ status: number; body: any }> {
    const response = await fetch(`${url}/${path}`, { method });
    const text = await response.text();
    return { status: response.status, body: text.startsWith('{') ? JSON.parse(text) : text };
  }

  const statusOf = async (path: string, method?: string): Promise<number> => (await ask(path, method)).status;

  beforeEach(() => {
    main = new FakeAccount();
    eu = new FakeAccount();
    errorLog = spyOnErrorLog();
    warnings = [];
    jest.spyOn(Logger.prototype, 'warn').mockImplementation((text: unknown) => void warnings.push(text));
  });

  afterEach(async () => {
    await app.close();
    jest.restoreAllMocks();
  });

  describe.each([
    ['Express', () => undefined],
    ['Fastify', () => new FastifyAdapter()],
  ])('on %s', (_title, makeAdapter) => {
    beforeEach(() =>
      start(
        {
          controllers: [Routes, AllRoutes, InheritedRoutes],
          providers: [main.provider(), eu.provider('eu')],
        },
        makeAdapter(),
      ),
    );

    it('lets through whoever has enough, by one look at the balance', async () => {
      main.spendable = 5;
      expect(await ask('routes/five')).toEqual({ status: 200, body: 'ok' });
      expect(main.get).toHaveBeenCalledTimes(1);
      expect(main.get).toHaveBeenCalledWith();
    });

    it('refuses with a 402 that tells nothing of the account', async () => {
      main.spendable = 4.99;
      expect(await ask('routes/five')).toEqual({
        status: 402,
        body: {
          statusCode: 402,
          message: 'Not enough OpenRouter credits.',
          error: 'Payment Required',
          code: 'OPENROUTER_INSUFFICIENT_CREDITS',
          required: 5,
        },
      });
      expect(errorLog).not.toHaveBeenCalled();
    });
  });

  describe('where it is put', () => {
    const accounts = () => [main.provider(), eu.provider('eu')];

    it('takes the status that was chosen', async () => {
      await start({ controllers: [Routes], providers: accounts() });
      main.spendable = 0;
      expect(await ask('routes/status')).toMatchObject({
        status: 503,
        body: { statusCode: 503, error: 'Service Unavailable' },
      });
    });

    it.each(['any', 'guard'])('asks for anything above 0 without a minimum: %s', async (path) => {
      await start({ controllers: [Routes], providers: accounts() });
      const answers: number[] = [];
      for (const spendable of [0.001, 0, -3]) {
        main.spendable = spendable;
        answers.push(await statusOf(`routes/${path}`));
      }
      expect(answers).toEqual([200, 402, 402]);
    });

    it('looks at the account that is named, or at several', async () => {
      await start({ controllers: [Routes], providers: accounts() });
      main.spendable = 0;
      expect(await statusOf('routes/eu')).toBe(200);
      expect(main.get).not.toHaveBeenCalled();
      expect((await ask('routes/both')).body).toMatchObject({ statusCode: 402, required: 5 });
      main.spendable = 10;
      eu.spendable = 0.5;
      expect((await ask('routes/both')).body).toMatchObject({ statusCode: 402, required: 1 });
      expect((await ask('routes/eu')).body).toMatchObject({ statusCode: 402, required: 5 });
      eu.spendable = 1;
      expect(await statusOf('routes/both')).toBe(200);
    });

    it('covers a controller, and what a handler says counts in its place', async () => {
      await start({ controllers: [Routes, AllRoutes, InheritedRoutes], providers: accounts() });
      main.spendable = 2;
      for (const controller of ['all', 'inherited']) {
        expect(await statusOf(`${controller}/five`)).toBe(402);
        expect(await statusOf(`${controller}/one`)).toBe(200);
        expect(await statusOf(`${controller}/free`)).toBe(200);
      }
      expect(await statusOf('routes/free', 'POST')).toBe(201);
      main.spendable = 0.5;
      expect((await ask('all/one')).body.required).toBe(1);
    });

    it('covers an application by APP_GUARD', async () => {
      await start({
        controllers: [Routes, AllRoutes],
        providers: [...accounts(), { provide: APP_GUARD, useClass: CreditsGuard }],
      });
      main.spendable = 0;
      expect(await statusOf('routes/free', 'POST')).toBe(402);
      expect(await statusOf('all/free')).toBe(200);
      expect(await statusOf('routes/eu')).toBe(200);
      main.spendable = 2;
      expect(await statusOf('routes/free', 'POST')).toBe(201);
      expect(await statusOf('all/five')).toBe(402);
    });

    it('finds an account of a module that its own does not import', async () => {
      @Module({ providers: [main.provider()], exports: [] })
      class AccountModule {}
      @Module({ controllers: [Routes] })
      class FeatureModule {}

      await start({ imports: [FeatureModule, AccountModule] });
      main.spendable = 4;
      expect(await statusOf('routes/five')).toBe(402);
    });

    it('says what to do about an account that there is not', async () => {
      await start({ controllers: [Routes], providers: [main.provider()] });
      expect(await ask('routes/eu')).toEqual({
        status: 500,
        body: expect.objectContaining({ message: 'Internal server error' }),
      });
      expect(errorLog.mock.calls[0]).toEqual([
        expect.objectContaining({
          name: 'OpenRouterConfigException',
          message:
            "@RequireCredits: there is no account 'eu' in this application; import " +
            "OpenRouterModule.forRoot({ name: 'eu', … }) in one of its modules.",
        }),
      ]);
    });

    it('says what to do about a default account that there is not', async () => {
      await start({ controllers: [Routes], providers: [eu.provider('eu')] });
      expect(await statusOf('routes/five')).toBe(500);
      expect((errorLog.mock.calls[0]![0] as unknown as Error).message).toBe(
        '@RequireCredits: there is no default account in this application; import OpenRouterModule.forRoot(…) in ' +
          'one of its modules, or name the account that is meant with the option `account`.',
      );
    });
  });

  describe('while nothing is known', () => {
    beforeEach(() => start({ controllers: [Routes], providers: [main.provider(), eu.provider('eu')] }));

    it.each<[string, null | Error, RegExp]>([
      ['OpenRouter does not tell', null, /OpenRouter does not show it to this key/],
      ['the reading fails', apiException(503), /OPENROUTER_SERVICE_UNAVAILABLE: upstream said 503/],
    ])('lets requests through, or not, as it was told: %s', async (_title, spendable, reason) => {
      main.spendable = spendable;
      expect(await statusOf('routes/five')).toBe(200);
      expect(await ask('routes/deny')).toEqual({
        status: 402,
        body: {
          statusCode: 402,
          message: 'It is not known whether there are enough OpenRouter credits.',
          error: 'Payment Required',
          code: 'OPENROUTER_INSUFFICIENT_CREDITS',
          required: 5,
        },
      });
      expect(warnings).toEqual([expect.stringMatching(reason)]);
    });

    it('writes to the log once, and again after it was known', async () => {
      main.spendable = null;
      eu.spendable = null;
      await Promise.all(Array.from({ length: 5 }, () => statusOf('routes/five')));
      await statusOf('routes/eu');
      expect(warnings).toEqual([
        expect.stringMatching(
          /^The spendable amount of the default account is unknown .*\. Requests are let through until it is known\.$/,
        ),
        expect.stringMatching(/^The spendable amount of account 'eu' is unknown/),
      ]);
      main.spendable = 10;
      await statusOf('routes/five');
      main.spendable = new Error('a fault in a store');
      await statusOf('routes/deny');
      expect(warnings).toHaveLength(3);
      expect(warnings[2]).toMatch(/ \(the reading failed\)\. Requests are refused until it is known\.$/);
    });
  });

  describe('with a refusal of a subclass', () => {
    const startWith = (Guard: new (...modules: never[]) => CreditsGuard): Promise<void> =>
      start({
        controllers: [Routes, AllRoutes],
        providers: [main.provider(), eu.provider('eu'), { provide: APP_GUARD, useClass: Guard }],
      });

    it('answers with the exception that it throws', async () => {
      @Injectable()
      class BillingGuard extends CreditsGuard {
        protected override async refuse(
          context: ExecutionContext,
          { required, spendable, status }: OpenRouterInsufficientCreditsException,
        ): Promise<void> {
          const { url: path } = context.switchToHttp().getRequest<{ url: string }>();
          await Promise.resolve();
          throw new HttpException({ path, required, spendable, hint: 'top up' }, status);
        }
      }
      await startWith(BillingGuard);
      main.spendable = 1;
      expect(await ask('routes/five')).toEqual({
        status: 402,
        body: { path: '/routes/five', required: 5, spendable: 1, hint: 'top up' },
      });
      expect(await ask('routes/status')).toMatchObject({ status: 503, body: { hint: 'top up' } });
      expect(await statusOf('all/one')).toBe(200);
    });

    it('passes the request on where it returns, after a call for each requirement that is not met', async () => {
      const refusals: string[] = [];
      @Injectable()
      class WatchingGuard extends CreditsGuard {
        protected override refuse(
          _context: ExecutionContext,
          { message }: OpenRouterInsufficientCreditsException,
        ): void {
          refusals.push(message);
        }
      }
      await startWith(WatchingGuard);
      main.spendable = 0;
      eu.spendable = 0;
      expect(await statusOf('routes/free', 'POST')).toBe(201);
      expect(refusals).toEqual([expect.stringContaining('more than $0.00 is needed')]);
      refusals.length = 0;
      // The guard that the decorator applies still refuses.
      expect(await ask('routes/both')).toMatchObject({ status: 402, body: { required: 5 } });
      expect(refusals).toEqual([
        expect.stringContaining('at least $5.00 is needed'),
        expect.stringContaining("at least $1.00 is needed, $0.00 is left of the balance of account 'eu'"),
      ]);
    });
  });

  it('throws an exception of Nest that is one of ours as well', async () => {
    const caught: unknown[] = [];
    const filter: ExceptionFilter = {
      catch: (exception, host) => {
        caught.push(exception);
        host.switchToHttp().getResponse().status(418).json(exception);
      },
    };
    await start({
      controllers: [Routes],
      providers: [main.provider(), { provide: APP_FILTER, useValue: filter }],
    });
    main.spendable = 1.25;
    const { body } = await ask('routes/five');
    expect(body).toEqual({
      name: 'OpenRouterInsufficientCreditsException',
      message: 'Not enough OpenRouter credits.',
      code: 'OPENROUTER_INSUFFICIENT_CREDITS',
      required: 5,
      status: 402,
    });
    const [exception] = caught as HttpException[];
    expect(exception).toBeInstanceOf(HttpException);
    expect(exception).toBeInstanceOf(OpenRouterInsufficientCreditsException);
    expect(isOpenRouterException(exception)).toBe(true);
    expect(exception).not.toBeInstanceOf(OpenRouterApiException);
    expect(exception).toMatchObject({ required: 5, spendable: 1.25, status: 402 });
    expect(exception!.stack).toMatch(/^OpenRouterInsufficientCreditsException\b/);
    expect(exception!.cause).toBeInstanceOf(OpenRouterInsufficientCreditsException);
    expect(exception!.cause).toMatchObject({ required: 5, spendable: 1.25 });
    expect((exception!.cause as Error).message).toContain('$1.25 is left of the balance of the account.');
  });

  it('is caught by a filter for exactly it', async () => {
    @Catch(OpenRouterInsufficientCreditsException)
    class RefusalFilter implements ExceptionFilter<OpenRouterInsufficientCreditsException> {
      catch({ required, spendable }: OpenRouterInsufficientCreditsException, host: ArgumentsHost): void {
        host.switchToHttp().getResponse().status(418).json({ required, spendable });
      }
    }
    await start({
      controllers: [Routes],
      providers: [main.provider(), { provide: APP_FILTER, useClass: RefusalFilter }],
    });
    main.spendable = 1.25;
    expect(await ask('routes/five')).toEqual({ status: 418, body: { required: 5, spendable: 1.25 } });
  });

  describe.each([
    ['Express', () => undefined],
    ['Fastify', () => new FastifyAdapter()],
  ])('beside the filter on %s', (_title, makeAdapter) => {
    const OWN_WORDS =
      'Not enough OpenRouter credits: at least $5.00 is needed, $4.99 is left of the balance of the account.';

    async function refused(
      options: OpenRouterExceptionFilterOptions,
      path = 'routes/five',
    ): Promise<unknown> {
      const providers = [main.provider(), eu.provider('eu'), provideOpenRouterExceptionFilter(options)];
      await start({ controllers: [Routes], providers }, makeAdapter());
      return ask(path);
    }

    beforeEach(() => {
      main.spendable = 4.99;
    });

    afterEach(() => {
      expect(errorLog).not.toHaveBeenCalled();
    });

    it('says all of it in mirror', async () => {
      expect(await refused({ mapping: 'mirror' })).toEqual({
        status: 402,
        body: {
          statusCode: 402,
          message: OWN_WORDS,
          error: 'Payment Required',
          code: 'OPENROUTER_INSUFFICIENT_CREDITS',
        },
      });
    });

    it('says a sentence without figures in gateway', async () => {
      expect(await refused({ mapping: 'gateway' })).toEqual({
        status: 402,
        body: {
          statusCode: 402,
          message: 'There are not enough credits left.',
          error: 'Payment Required',
          code: 'OPENROUTER_INSUFFICIENT_CREDITS',
        },
      });
    });

    it('claims nothing that is not known', async () => {
      main.spendable = new Error('out of reach');
      expect(await refused({ mapping: 'gateway' }, 'routes/deny')).toMatchObject({
        status: 402,
        body: { message: 'It is not known whether there are enough credits.' },
      });
    });

    it('asks a function, which gets what there is to know', async () => {
      const given: unknown[] = [];
      const answer = await refused({
        mapping: (exception, defaults) => {
          given.push(exception, defaults);
          return { status: 429, code: 'PAUSED', message: 'The assistant takes a break.', retryAfterMs: 500 };
        },
      });
      expect(answer).toEqual({
        status: 429,
        body: {
          statusCode: 429,
          message: 'The assistant takes a break.',
          error: 'Too Many Requests',
          code: 'PAUSED',
          retryAfter: 1,
        },
      });
      expect(given[0]).toBeInstanceOf(OpenRouterInsufficientCreditsException);
      expect(given[0]).toMatchObject({ required: 5, spendable: 4.99, status: 402, message: OWN_WORDS });
      expect(given[1]).toMatchObject({ mirror: { status: 402 }, gateway: { status: 402 } });
    });

    it('is a problem where that is the format', async () => {
      expect(await refused({ mapping: 'gateway', format: 'problem' })).toEqual({
        status: 402,
        body: {
          type: 'about:blank',
          title: 'Payment Required',
          status: 402,
          detail: 'There are not enough credits left.',
          instance: '/routes/five',
          code: 'OPENROUTER_INSUFFICIENT_CREDITS',
        },
      });
    });

    it.each(['mirror', 'gateway'] as const)('keeps the status that was chosen: %s', async (mapping) => {
      expect(await refused({ mapping }, 'routes/status')).toMatchObject({
        status: 503,
        body: { statusCode: 503, error: 'Service Unavailable' },
      });
    });
  });
});
