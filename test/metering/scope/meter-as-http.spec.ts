import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  type CallHandler,
  Controller,
  type ExecutionContext,
  Get,
  HttpException,
  type INestApplication,
  Injectable,
  type MessageEvent,
  type ModuleMetadata,
  type NestInterceptor,
  Sse,
  UseInterceptors,
} from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { defer, finalize, interval, map, type Observable, of, take, tap } from 'rxjs';
import type { SpendScope } from '../../../lib/contracts/completion-cost.js';
import { provideOpenRouterExceptionFilter } from '../../../lib/filters/index.js';
import { MeterAs } from '../../../lib/metering/scope/meter-as.decorator.js';
import { MeteringInterceptor } from '../../../lib/metering/scope/metering.interceptor.js';
import { listen, spyOnErrorLog } from '../../filters/support.js';
import { until } from '../../support/waiting.js';
import { scopeHere, scopeLater } from './support.js';

interface AppRequest {
  headers: Record<string, string | undefined>;
}

const requestOf = (context: ExecutionContext): AppRequest => context.switchToHttp().getRequest<AppRequest>();

/** What `x-tenant` says, as it stands in the request. */
const byTenant = (context: ExecutionContext): SpendScope => ({
  tenant: requestOf(context).headers['x-tenant']!,
});

/** Notes the scope that is in force in an interceptor after it. */
@Injectable()
class ScopeNoter implements NestInterceptor {
  static readonly seen: unknown[] = [];

  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    ScopeNoter.seen.push(scopeHere());
    return next.handle();
  }
}

const nest = JSON.parse(readFileSync('node_modules/@nestjs/core/package.json', 'utf8')) as {
  version: string;
};

/** NestJS 11 sends no generator. */
const streamsGenerators = nest.version.startsWith('11.') ? it.skip : it;

let evaluations = 0;
let atTheEnd: unknown;

@MeterAs((context) => {
  evaluations += 1;
  return byTenant(context);
})
@Controller('chat')
class ChatController {
  @Get()
  plain(): unknown {
    return { scope: scopeHere() };
  }

  @MeterAs(() => ({ feature: 'summary' }))
  @Get('summary')
  async summary(): Promise<unknown> {
    return { scope: await scopeLater() };
  }

  @UseInterceptors(ScopeNoter)
  @Get('noted')
  noted(): unknown {
    return { scope: scopeHere() };
  }

  @Get('observed')
  observed(): Observable<unknown> {
    return defer(() => scopeLater()).pipe(map((scope) => ({ scope })));
  }

  @Get('generated')
  async *generated(): AsyncGenerator {
    yield { scope: scopeHere() };
    yield { scope: await scopeLater() };
  }

  @Sse('events')
  events(): Observable<MessageEvent> {
    return interval(1).pipe(
      take(3),
      map(() => ({ data: { scope: scopeHere() } })),
    );
  }

  @Sse('endless')
  endless(): Observable<MessageEvent> {
    return interval(1).pipe(
      map(() => ({ data: { scope: scopeHere() } })),
      finalize(() => {
        atTheEnd = scopeHere();
      }),
    );
  }

  @MeterAs(() => {
    throw new HttpException('who are you?', 401);
  })
  @Get('stranger')
  stranger(): string {
    return 'never';
  }

  @MeterAs(() => ({ tenant: undefined }) as unknown as SpendScope)
  @Get('bad')
  bad(): string {
    return 'never';
  }
}

@Controller('free')
class FreeController {
  @Get()
  free(): unknown {
    return { scope: scopeHere() };
  }

  @MeterAs(() => ({}))
  @Get('nobody')
  nobody(): unknown {
    return { scope: scopeHere() };
  }
}

describe.each([
  ['Express', () => undefined],
  ['Fastify', () => new FastifyAdapter({ forceCloseConnections: true })],
])('@MeterAs over HTTP, on %s', (_title, makeAdapter) => {
  let app: INestApplication;
  let url: string;

  async function start(metadata: ModuleMetadata = {}): Promise<void> {
    const testing = await Test.createTestingModule({
      controllers: [ChatController, FreeController],
      ...metadata,
    }).compile();
    const adapter = makeAdapter();
    app = adapter === undefined ? testing.createNestApplication() : testing.createNestApplication(adapter);
    url = await listen(app);
  }

  const ask = (path: string, tenant = 'acme', init: RequestInit = {}): Promise<Response> =>
    fetch(`${url}/${path}`, { ...init, headers: { 'x-tenant': tenant } });

  async function scopeOf(path: string, tenant?: string): Promise<SpendScope | null> {
    const response = await ask(path, tenant);
    const { scope } = (await response.json()) as { scope: SpendScope | null };
    return scope;
  }

  beforeEach(() => {
    evaluations = 0;
    ScopeNoter.seen.length = 0;
  });

  afterEach(async () => {
    await app.close();
    jest.restoreAllMocks();
  });

  it.each([
    ['chat', { tenant: 'acme' }],
    ['chat/summary', { tenant: 'acme', feature: 'summary' }],
    ['chat/observed', { tenant: 'acme' }],
    ['free', null],
    ['free/nobody', {}],
  ])('sets the scope of %s', async (path, scope) => {
    await start();
    expect(await scopeOf(path)).toEqual(scope);
  });

  it('evaluates it once, whatever applies the interceptor', async () => {
    await start({ providers: [{ provide: APP_INTERCEPTOR, useClass: MeteringInterceptor }] });
    expect(await scopeOf('chat/summary')).toEqual({ tenant: 'acme', feature: 'summary' });
    expect(evaluations).toBe(1);
  });

  it('sets it for the interceptors after it', async () => {
    await start();
    expect(await scopeOf('chat/noted')).toEqual({ tenant: 'acme' });
    expect(ScopeNoter.seen).toEqual([{ tenant: 'acme' }]);
  });

  it('sets it for those of the application if it is one of them', async () => {
    await start({
      providers: [MeteringInterceptor, ScopeNoter].map((useClass) => ({
        provide: APP_INTERCEPTOR,
        useClass,
      })),
    });
    expect(await scopeOf('chat/summary')).toEqual({ tenant: 'acme', feature: 'summary' });
    expect(ScopeNoter.seen).toEqual([{ tenant: 'acme', feature: 'summary' }]);
  });

  it('keeps it for each event that a server sends', async () => {
    await start();
    const text = await (await ask('chat/events')).text();
    const data = [...text.matchAll(/^data: (.*)$/gm)].map(([, json]) => JSON.parse(json!) as unknown);
    expect(data).toEqual(Array(3).fill({ scope: { tenant: 'acme' } }));
  });

  streamsGenerators('keeps it for all that a generator yields', async () => {
    await start();
    const lines = (await (await ask('chat/generated')).text()).trim().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(
      Array(2).fill({ scope: { tenant: 'acme' } }),
    );
  });

  it('ends the events of a client that leaves in it', async () => {
    await start();
    atTheEnd = undefined;
    const leaving = new AbortController();
    const response = await ask('chat/endless', 'acme', { signal: leaving.signal });
    await response.body!.getReader().read();
    leaving.abort();
    await until(() => atTheEnd !== undefined);
    expect(atTheEnd).toEqual({ tenant: 'acme' });
  });

  it('mixes up nobody among 200 requests at a time', async () => {
    await start();
    const tenants = Array.from({ length: 200 }, (_, index) => `tenant-${index % 4}`);
    const paths = ['chat', 'chat/summary', 'chat/observed'];
    const seen = await Promise.all(
      tenants.map((tenant, index) => scopeOf(paths[index % paths.length]!, tenant)),
    );
    expect(seen.map((scope) => scope?.['tenant'])).toEqual(tenants);
    expect(evaluations).toBe(200);
  });

  it('fails a request as its function does', async () => {
    await start({ providers: [provideOpenRouterExceptionFilter()] });
    const response = await ask('chat/stranger');
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ message: 'who are you?' });
  });

  it('fails a request with a bad scope as a fault of the server, and logs what is wrong with it', async () => {
    const errorLog = spyOnErrorLog();
    await start({ providers: [provideOpenRouterExceptionFilter()] });
    const response = await ask('chat/bad');
    expect(response.status).toBe(500);
    expect(await response.json()).toEqual({
      statusCode: 500,
      message: 'The server failed to handle the request.',
      error: 'Internal Server Error',
      code: 'OPENROUTER_VALIDATION',
    });
    expect(errorLog).toHaveBeenCalledTimes(1);
    expect(errorLog).toHaveBeenCalledWith(
      'OpenRouterValidationException OPENROUTER_VALIDATION: @MeterAs of ChatController.bad: `tenant` must be a string; ' +
        'got undefined; if nobody is known, refuse the request, or leave the name out: a scope without it is not limited ' +
        'by rules that count by it. Nothing was sent.',
    );
  });

  it('fails a request with a bad scope with 500 without the filter, too', async () => {
    spyOnErrorLog();
    await start();
    expect((await ask('chat/bad')).status).toBe(500);
  });
});

describe('an interceptor that is around @MeterAs', () => {
  /** Asks the handler once more. */
  class Twice implements NestInterceptor {
    async intercept(_context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
      const seen: unknown[] = [];
      for (let call = 0; call < 2; call += 1) {
        await new Promise<void>((resolve, reject) => {
          next
            .handle()
            .pipe(tap((value) => seen.push(value)))
            .subscribe({ error: reject, complete: resolve });
        });
      }
      return of({ seen });
    }
  }

  @UseInterceptors(Twice)
  @Controller('twice')
  class TwiceController {
    @MeterAs(byTenant)
    @Get()
    plain(): unknown {
      return scopeHere();
    }
  }

  it('finds the scope each time that it calls the handler', async () => {
    const testing = await Test.createTestingModule({ controllers: [TwiceController] }).compile();
    const app = testing.createNestApplication();
    try {
      const response = await fetch(`${await listen(app)}/twice`, { headers: { 'x-tenant': 'acme' } });
      expect(await response.json()).toEqual({ seen: [{ tenant: 'acme' }, { tenant: 'acme' }] });
    } finally {
      await app.close();
    }
  });
});
