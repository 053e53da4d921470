import 'reflect-metadata';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  type ArgumentsHost,
  Catch,
  Controller,
  type DynamicModule,
  type ExceptionFilter,
  Get,
  HttpException,
  type INestApplication,
  Logger,
  Module,
  type ModuleMetadata,
  type Provider,
  Scope,
  UseFilters,
} from '@nestjs/common';
import { APP_FILTER, BaseExceptionFilter, HttpAdapterHost } from '@nestjs/core';
import { Query, Resolver } from '@nestjs/graphql';
import { MessagePattern } from '@nestjs/microservices';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { throwError } from 'rxjs';
import { OpenRouterExceptionFilter, provideOpenRouterExceptionFilter } from '../../lib/filters/index.js';
import { RequireCredits } from '../../lib/guard/index.js';
import { FakeAccount } from '../guard/support.js';
import { graphqlModule, queryGraphql } from '../support/graphql.js';
import { TcpService } from '../support/tcp-service.js';
import { apiException, listen, spyOnErrorLog } from './support.js';

/** One that catches everything and leaves the answer to Nest, as those of error trackers do. */
@Catch()
class TrackingFilter extends BaseExceptionFilter {
  static readonly seen: unknown[] = [];

  override catch(exception: unknown, host: ArgumentsHost): unknown {
    TrackingFilter.seen.push(exception);
    switch (host.getType<string>()) {
      case 'http':
        super.catch(exception, host);
        return;
      case 'rpc':
        return throwError(() => ({ status: 'error', message: 'tracked' }));
      default:
        throw exception;
    }
  }
}

/** One for whatever Nest knows the status of. */
@Catch(HttpException)
class HttpFilter implements ExceptionFilter<HttpException> {
  catch(exception: HttpException, host: ArgumentsHost): void {
    const response = host
      .switchToHttp()
      .getResponse<{ status(code: number): { send(body: unknown): void } }>();
    response.status(exception.getStatus()).send({ own: exception.message });
  }
}

@Controller()
class Routes {
  @Get('missing')
  missing(): void {
    throw apiException(404);
  }

  @Get('bug')
  bug(): void {
    throw new Error('private');
  }

  @Get('refused')
  refused(): void {
    throw new HttpException('refused by a handler', 409);
  }

  @RequireCredits(5)
  @Get('guarded')
  guarded(): string {
    return 'ok';
  }
}

const OURS = provideOpenRouterExceptionFilter({ mapping: 'gateway' });
const TRACKING: Provider = { provide: APP_FILTER, useClass: TrackingFilter };
const HTTP: Provider = { provide: APP_FILTER, useClass: HttpFilter };

const account = new FakeAccount(1);
beforeEach(() => {
  spyOnErrorLog();
  TrackingFilter.seen.length = 0;
});

afterEach(() => {
  jest.restoreAllMocks();
});

describe.each([
  ['Express', () => new ExpressAdapter()],
  ['Fastify', () => new FastifyAdapter({ forceCloseConnections: true })],
])('a catch-all filter beside ours on %s', (_title, createAdapter) => {
  let app: INestApplication;

  afterEach(async () => {
    await app.close();
  });

  async function answers(
    metadata: ModuleMetadata,
    use: (host: INestApplication) => void = () => undefined,
  ): Promise<Record<string, number>> {
    const testing = await Test.createTestingModule({
      controllers: [Routes],
      ...metadata,
      providers: [account.provider(), ...(metadata.providers ?? [])],
    }).compile();
    app = testing.createNestApplication(createAdapter(), { forceCloseConnections: true });
    use(app);
    const url = await listen(app);
    const statuses = ['missing', 'bug', 'refused', 'guarded', 'nowhere'].map(async (path) => {
      const { status } = await fetch(`${url}/${path}`);
      return [path, status] as const;
    });
    return Object.fromEntries(await Promise.all(statuses));
  }

  const moduleOf = (...providers: Provider[]): DynamicModule => {
    @Module({})
    class SomeModule {}
    return { module: SomeModule, providers };
  };

  const tracking = (): TrackingFilter => new TrackingFilter(app.get(HttpAdapterHost).httpAdapter);
  const ours = (): OpenRouterExceptionFilter => new OpenRouterExceptionFilter({ mapping: 'gateway' });

  const nothing = (): void => undefined;
  const OTHERS = { bug: 500, refused: 409, guarded: 402, nowhere: 404 };

  // Nest asks the newest first: those of `useGlobalFilters`, then those of imported modules, then the root module's.
  it.each<[string, ModuleMetadata, (host: INestApplication) => void]>([
    ['both by APP_FILTER, ours below', { providers: [TRACKING, OURS] }, nothing],
    ['both by useGlobalFilters, ours last', {}, (host) => host.useGlobalFilters(tracking(), ours())],
    [
      'APP_FILTER, ours by useGlobalFilters',
      { providers: [TRACKING] },
      (host) => host.useGlobalFilters(ours()),
    ],
    [
      'APP_FILTER of an imported module, ours by useGlobalFilters',
      { imports: [moduleOf(TRACKING)] },
      (host) => host.useGlobalFilters(ours()),
    ],
  ])('leaves ours what is ours: %s', async (_order, metadata, use) => {
    expect(await answers(metadata, use)).toEqual({ missing: 502, ...OTHERS });
    expect(TrackingFilter.seen).toHaveLength(3);
  });

  it.each<[string, ModuleMetadata, (host: INestApplication) => void]>([
    ['both by APP_FILTER, ours above', { providers: [OURS, TRACKING] }, nothing],
    ['both by useGlobalFilters, ours first', {}, (host) => host.useGlobalFilters(ours(), tracking())],
    [
      'useGlobalFilters, ours by APP_FILTER',
      { providers: [OURS] },
      (host) => host.useGlobalFilters(tracking()),
    ],
    ['APP_FILTER of an imported module', { imports: [moduleOf(TRACKING)], providers: [OURS] }, nothing],
    [
      'APP_FILTER of the scope of a request',
      { providers: [{ ...TRACKING, scope: Scope.REQUEST } as Provider, OURS] },
      nothing,
    ],
  ])('shadows ours: %s', async (_order, metadata, use) => {
    jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    expect(await answers(metadata, use)).toEqual({ missing: 500, ...OTHERS });
    expect(TrackingFilter.seen.length).toBeGreaterThanOrEqual(4);
  });

  it('is shadowed by ours on a controller', async () => {
    @UseFilters(new OpenRouterExceptionFilter({ mapping: 'gateway' }))
    @Controller()
    class FilteredRoutes extends Routes {}

    expect(await answers({ controllers: [FilteredRoutes], providers: [TRACKING] })).toEqual({
      missing: 502,
      ...OTHERS,
    });
  });

  it.each([
    ['asked first', [TrackingFilter, OpenRouterExceptionFilter], 404],
    ['asked last', [OpenRouterExceptionFilter, TrackingFilter], 500],
  ] as const)('beside ours on a controller: ours %s', async (_order, filters, status) => {
    @UseFilters(...filters)
    @Controller()
    class FilteredRoutes extends Routes {}

    expect(await answers({ controllers: [FilteredRoutes] })).toEqual({ missing: status, ...OTHERS });
  });

  it.each([
    ['ours', [HTTP, OURS], { statusCode: 402, message: 'There are not enough credits left.' }],
    ['the one for HttpException', [OURS, HTTP], { own: 'Not enough OpenRouter credits.' }],
  ])('leaves a refusal of the guard to whichever is asked first: %s', async (_first, providers, body) => {
    await answers({ providers });
    const response = await fetch(`${await app.getUrl()}/guarded`);
    expect(response.status).toBe(402);
    expect(await response.json()).toMatchObject(body);
  });

  it('sees what ours answers where ours tells it', async () => {
    const told: unknown[] = [];
    class ReportingFilter extends OpenRouterExceptionFilter {
      override catch(...[exception, host]: Parameters<OpenRouterExceptionFilter['catch']>) {
        told.push(exception);
        return super.catch(exception, host);
      }
    }

    const filter: Provider = {
      provide: APP_FILTER,
      useFactory: () => new ReportingFilter({ mapping: 'gateway' }),
    };
    expect(await answers({ providers: [TRACKING, filter] })).toEqual({ missing: 502, ...OTHERS });
    expect(told).toHaveLength(2);
  });
});

describe('a catch-all filter before ours', () => {
  it('leaves ours what is ours in GraphQL', async () => {
    @Resolver()
    class AnswerResolver {
      @Query(() => String, { nullable: true })
      missing(): string {
        throw apiException(404);
      }

      @Query(() => String, { nullable: true })
      bug(): string {
        throw new Error('tracked');
      }

      @RequireCredits(5)
      @Query(() => String, { nullable: true })
      guarded(): string {
        return 'ok';
      }
    }

    const testing = await Test.createTestingModule({
      imports: [graphqlModule()],
      providers: [AnswerResolver, account.provider(), TRACKING, OURS],
    }).compile();
    const app = testing.createNestApplication();
    const url = await listen(app);
    const response = await queryGraphql(url, '{ missing bug guarded }');
    const { errors } = (await response.json()) as {
      errors: { path: string[]; message: string; extensions: { code: string } }[];
    };
    await app.close();
    const told = errors.map(({ path, message, extensions: { code } }) => [path[0], message, code]);
    expect(told.sort()).toEqual([
      ['bug', 'tracked', 'INTERNAL_SERVER_ERROR'],
      ['guarded', 'There are not enough credits left.', 'OPENROUTER_INSUFFICIENT_CREDITS'],
      ['missing', 'An upstream service refused the request.', 'OPENROUTER_NOT_FOUND'],
    ]);
    expect(TrackingFilter.seen).toHaveLength(1);
  });

  it('leaves ours what is ours over RPC', async () => {
    @Controller()
    class Answers {
      @MessagePattern('missing')
      missing(): void {
        throw apiException(404);
      }

      @MessagePattern('bug')
      bug(): void {
        throw new Error('private');
      }
    }

    const service = await TcpService.start({ controllers: [Answers], providers: [TRACKING, OURS] });
    const failures = await service.failuresOf(['missing', 'bug']);
    await service.close();
    expect(failures).toEqual([
      expect.objectContaining({ code: 'OPENROUTER_NOT_FOUND', statusCode: 502 }),
      { status: 'error', message: 'tracked' },
    ]);
  });
});
