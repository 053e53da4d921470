import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  Controller,
  Get,
  Header,
  type INestApplication,
  type MiddlewareConsumer,
  Module,
  type NestModule,
  type Provider,
  Res,
  UseFilters,
} from '@nestjs/common';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import {
  OpenRouterAbortException,
  OpenRouterConfigException,
  OpenRouterResponseException,
  OpenRouterTimeoutException,
  OpenRouterValidationException,
} from '../../lib/errors/client.exceptions.js';
import {
  OpenRouterExceptionFilter,
  type OpenRouterExceptionFilterOptions,
  provideOpenRouterExceptionFilter,
} from '../../lib/filters/index.js';
import { apiException, KEY, listen, spyOnErrorLog } from './support.js';

interface Reply {
  raw: ServerResponse;
  hijack(): void;
  header(name: string, value: string): void;
}

const rawOf = (response: ServerResponse | Reply): ServerResponse =>
  'raw' in response ? response.raw : response;

function validationException(): OpenRouterValidationException {
  return new OpenRouterValidationException('createCoinbaseCharge', [
    { property: 'amount', constraints: { min: 'amount is less than 1' } },
    { property: 'chainId', constraints: { isIn: 'chainId is not supported' } },
  ]);
}

const abortException = (): OpenRouterAbortException =>
  new OpenRouterAbortException({ message: 'the caller left', delivery: 'unknown' });

const adapters: [string, () => AbstractHttpAdapter][] = [
  ['Express', () => new ExpressAdapter()],
  ['Fastify', () => new FastifyAdapter({ forceCloseConnections: true })],
];

describe.each(adapters)('OpenRouterExceptionFilter on %s', (platform, createAdapter) => {
  let app: INestApplication | undefined;
  let errorLog: ReturnType<typeof spyOnErrorLog>;
  let thrown: unknown;

  beforeEach(() => {
    errorLog = spyOnErrorLog();
  });

  afterEach(async () => {
    await app?.close();
    app = undefined;
    jest.restoreAllMocks();
  });

  @Controller('fail')
  class FailController {
    @Get()
    fail(): void {
      throw thrown;
    }

    @Get('csv')
    @Header('Content-Type', 'text/csv')
    csv(): void {
      throw thrown;
    }
  }

  async function start(
    controllers: (new (...args: never[]) => object)[],
    { providers = [], filter }: { providers?: Provider[]; filter?: OpenRouterExceptionFilter } = {},
  ): Promise<string> {
    const testing = await Test.createTestingModule({ controllers, providers }).compile();
    app = testing.createNestApplication(createAdapter(), { forceCloseConnections: true });
    if (filter !== undefined) app.useGlobalFilters(filter);
    return listen(app);
  }

  async function answerTo(exception: unknown, options?: OpenRouterExceptionFilterOptions, path = '/fail') {
    thrown = exception;
    const url = await start([FailController], { filter: new OpenRouterExceptionFilter(options) });
    const response = await fetch(url + path);
    const text = await response.text();
    return { response, text, body: (text === '' ? undefined : JSON.parse(text)) as unknown };
  }

  describe('registration', () => {
    const teapot = (): unknown => (thrown = apiException(418));
    const options = { mapping: 'gateway' } as const;

    it('as a class', async () => {
      @UseFilters(OpenRouterExceptionFilter)
      @Controller()
      class Filtered extends FailController {}

      teapot();
      expect((await fetch(await start([Filtered]))).status).toBe(418);
    });

    it('as an instance', async () => {
      @UseFilters(new OpenRouterExceptionFilter(options))
      @Controller()
      class Filtered extends FailController {}

      teapot();
      expect((await fetch(await start([Filtered]))).status).toBe(502);
    });

    it('for the whole application', async () => {
      teapot();
      const url = await start([FailController], { filter: new OpenRouterExceptionFilter(options) });
      expect((await fetch(`${url}/fail`)).status).toBe(502);
    });

    it.each([
      [undefined, 418],
      [options, 502],
    ] as const)('by the provider function with %p', async (given, status) => {
      teapot();
      const url = await start([FailController], { providers: [provideOpenRouterExceptionFilter(given)] });
      expect((await fetch(`${url}/fail`)).status).toBe(status);
    });

    it('leaves other errors alone', async () => {
      const { response, body } = await answerTo(new Error('private'));
      expect(response.status).toBe(500);
      expect(body).toEqual({ statusCode: 500, message: 'Internal server error' });
    });
  });

  describe('format nest', () => {
    it('answers as the API did', async () => {
      const { response, body } = await answerTo(
        apiException(429, {
          requestId: 'req-1',
          retryAfterMs: 1500,
          metadata: { user: 'u' },
          limitSource: 'l',
        }),
      );
      expect(response.status).toBe(429);
      expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
      expect(response.headers.get('retry-after')).toBe('2');
      expect(body).toEqual({
        statusCode: 429,
        message: 'upstream said 429',
        error: 'Too Many Requests',
        code: 'OPENROUTER_TOO_MANY_REQUESTS',
        requestId: 'req-1',
        retryAfter: 2,
      });
    });

    it('answers as a gateway', async () => {
      const exception = apiException(429, { requestId: 'req-1', retryAfterMs: 1500 });
      const { response, body } = await answerTo(exception, { mapping: 'gateway' });
      expect(response.status).toBe(503);
      expect(response.headers.get('retry-after')).toBe('2');
      expect(body).toEqual({
        statusCode: 503,
        message: 'An upstream service is busy. Try again later.',
        error: 'Service Unavailable',
        code: 'OPENROUTER_TOO_MANY_REQUESTS',
        requestId: 'req-1',
        retryAfter: 2,
      });
    });

    it('lists the reasons of refused arguments', async () => {
      const { response, body } = await answerTo(validationException(), { mapping: 'gateway' });
      expect(response.status).toBe(400);
      expect(response.headers.get('retry-after')).toBeNull();
      expect(body).toEqual({
        statusCode: 400,
        message: ['amount is less than 1', 'chainId is not supported'],
        error: 'Bad Request',
        code: 'OPENROUTER_VALIDATION',
        errors: [
          { property: 'amount', reasons: ['amount is less than 1'] },
          { property: 'chainId', reasons: ['chainId is not supported'] },
        ],
      });
    });

    it.each([
      [apiException(304), 502],
      [apiException(524), 504],
      [apiException(529), 503],
      [
        new OpenRouterTimeoutException({ message: 'm', delivery: 'unknown', phase: 'body', timeoutMs: 1 }),
        504,
      ],
      [new OpenRouterResponseException({ message: 'm', delivery: 'applied' }), 502],
    ])('%p → %d', async (exception, status) => {
      expect((await answerTo(exception)).response.status).toBe(status);
    });

    it('is JSON also on a route of another type', async () => {
      const { response, body } = await answerTo(apiException(404), {}, '/fail/csv');
      expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
      expect(body).toMatchObject({ statusCode: 404 });
    });
  });

  describe('format problem', () => {
    it('answers with a problem of RFC 9457', async () => {
      const exception = apiException(410, {
        requestId: 'req-1',
        purchaseUrl: 'https://openrouter.ai/settings/credits',
      });
      const { response, body } = await answerTo(exception, { format: 'problem' }, '/fail?token=private');
      expect(response.status).toBe(410);
      expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json\b/);
      expect(body).toEqual({
        type: 'about:blank',
        title: 'Gone',
        status: 410,
        detail: 'upstream said 410',
        instance: '/fail',
        code: 'OPENROUTER_GONE',
        requestId: 'req-1',
        purchaseUrl: 'https://openrouter.ai/settings/credits',
      });
    });

    it('has the reasons of refused arguments and the time to wait', async () => {
      const validation = await answerTo(validationException(), { format: 'problem' });
      expect(validation.body).toMatchObject({
        detail: 'createCoinbaseCharge: amount is less than 1; chainId is not supported. Nothing was sent.',
        errors: [{ property: 'amount' }, { property: 'chainId' }],
      });
      await app?.close();
      const throttled = await answerTo(apiException(429, { retryAfterMs: 1 }), { format: 'problem' });
      expect(throttled.response.headers.get('retry-after')).toBe('1');
      expect(throttled.body).toMatchObject({ retryAfter: 1 });
    });
  });

  describe('mapping function', () => {
    it('chooses the answer', async () => {
      const { response, body } = await answerTo(apiException(401), {
        mapping: (_, { gateway }) => ({ ...gateway, status: 503, retryAfterMs: 5000 }),
      });
      expect(response.status).toBe(503);
      expect(response.headers.get('retry-after')).toBe('5');
      expect(body).toMatchObject({ statusCode: 503, message: 'An upstream service denied access.' });
    });

    it('cannot break the answer', async () => {
      const { response, body } = await answerTo(apiException(401), {
        mapping: () => {
          throw new RangeError('no such row');
        },
      });
      expect(response.status).toBe(502);
      expect(body).toMatchObject({ statusCode: 502, code: 'OPENROUTER_UNAUTHORIZED' });
      expect(errorLog.mock.calls).toEqual([
        [
          "The mapping function threw RangeError (no such row) for OpenRouterUnauthorizedException; the 'gateway' answer was sent.",
        ],
        ['OpenRouterUnauthorizedException OPENROUTER_UNAUTHORIZED in credits.getCredits: upstream said 401'],
      ]);
    });

    it('may answer an aborted call', async () => {
      const { response, body } = await answerTo(abortException(), {
        mapping: (_, { mirror }) => ({ ...mirror, status: 503 }),
      });
      expect(response.status).toBe(503);
      expect(body).toMatchObject({ code: 'OPENROUTER_ABORTED' });
      expect(errorLog).not.toHaveBeenCalled();
    });
  });

  describe('log', () => {
    it('has one line of what a 5XX hides, in the context of the filter', async () => {
      await answerTo(apiException(403, { requestId: 'req-1', metadata: { user: 'u' } }), {
        mapping: 'gateway',
      });
      expect(errorLog.mock.calls).toEqual([
        [
          'OpenRouterForbiddenException OPENROUTER_FORBIDDEN in credits.getCredits (request req-1): upstream said 403',
        ],
      ]);
      expect(errorLog.mock.contexts[0]).toMatchObject({ context: 'OpenRouterExceptionFilter' });
    });

    it.each([apiException(403), validationException(), abortException()])(
      'has nothing of %p',
      async (exception) => {
        await answerTo(exception);
        expect(errorLog).not.toHaveBeenCalled();
      },
    );

    it('has the text of a configuration fault, which the client does not get', async () => {
      const { response, text } = await answerTo(new OpenRouterConfigException('option baseUrl is no URL'));
      expect(response.status).toBe(500);
      expect(text).not.toContain('baseUrl');
      expect(errorLog.mock.calls).toEqual([
        ['OpenRouterConfigException OPENROUTER_CONFIG: option baseUrl is no URL'],
      ]);
    });
  });

  describe('abort', () => {
    it.each(['mirror', 'gateway'] as const)('is answered in silence (%s)', async (mapping) => {
      const { response, text } = await answerTo(abortException(), { mapping });
      expect(response.status).toBe(499);
      expect(text).toBe('');
    });

    it('leaves the status of an API 499 its body', async () => {
      const { response, body } = await answerTo(apiException(499));
      expect(response.status).toBe(499);
      expect(body).toMatchObject({ message: 'upstream said 499' });
    });

    it('writes nothing to a client that has gone', async () => {
      const abort = new AbortController();
      const written: boolean[] = [];
      let finished = (): void => undefined;
      const done = new Promise<void>((resolve) => (finished = resolve));

      @Controller('slow')
      class SlowController {
        @Get()
        async slow(@Res() response: ServerResponse | Reply): Promise<void> {
          const raw = rawOf(response);
          const closed = new Promise((resolve) => raw.once('close', resolve));
          abort.abort();
          await closed;
          jest.spyOn(raw, 'writeHead').mockImplementation(() => {
            written.push(true);
            return raw;
          });
          // After the filter and what the framework does behind it.
          setImmediate(() => setImmediate(finished));
          throw abortException();
        }
      }

      const answered = jest.spyOn(OpenRouterExceptionFilter.prototype, 'catch');
      const url = await start([SlowController], { filter: new OpenRouterExceptionFilter() });
      await expect(fetch(`${url}/slow`, { signal: abort.signal })).rejects.toThrow('abort');
      await done;
      expect(answered).toHaveBeenCalledTimes(1);
      expect(answered.mock.results[0]?.type).toBe('return');
      expect(written).toEqual([]);
      expect(errorLog).not.toHaveBeenCalled();
    });
  });

  describe('a response that has begun', () => {
    @Controller()
    class StreamController {
      @Get('stream')
      stream(@Res() response: ServerResponse | Reply): void {
        rawOf(response).write('first,');
        throw apiException(502);
      }

      @Get('hijacked-stream')
      hijackedStream(@Res() response: Reply): void {
        response.hijack();
        response.raw.write('first,');
        throw apiException(502);
      }

      @Get('ended')
      ended(@Res() response: ServerResponse | Reply): void {
        rawOf(response).end('all');
        throw apiException(502);
      }

      @Get('hijacked')
      hijacked(@Res() response: Reply): void {
        response.hijack();
        throw apiException(503, { retryAfterMs: 1 });
      }
    }

    const paths = platform === 'Fastify' ? ['/stream', '/hijacked-stream'] : ['/stream'];

    it.each(paths)('is ended: %s', async (path) => {
      const url = await start([StreamController], { filter: new OpenRouterExceptionFilter() });
      const response = await fetch(url + path);
      expect(response.status).toBe(200);
      expect(await response.text()).toBe('first,');
      expect(errorLog).toHaveBeenCalledTimes(1);
    });

    it('is left alone if it has ended', async () => {
      const url = await start([StreamController], { filter: new OpenRouterExceptionFilter() });
      expect(await (await fetch(`${url}/ended`)).text()).toBe('all');
      expect(errorLog).toHaveBeenCalledTimes(1);
    });

    if (platform === 'Fastify') {
      it('gets the whole answer if it was taken over from Fastify and nothing is sent yet', async () => {
        const url = await start([StreamController], { filter: new OpenRouterExceptionFilter() });
        const response = await fetch(`${url}/hijacked`);
        expect(response.status).toBe(503);
        expect(response.headers.get('retry-after')).toBe('1');
        expect(await response.json()).toMatchObject({ statusCode: 503 });
      });
    }
  });

  it('answers for middleware, which gets another response object under Fastify', async () => {
    @Module({ controllers: [FailController] })
    class AppModule implements NestModule {
      configure(consumer: MiddlewareConsumer): void {
        const refuse = (): never => {
          throw apiException(402, { retryAfterMs: 1000 });
        };
        consumer.apply(refuse).forRoutes(FailController);
      }
    }

    const testing = await Test.createTestingModule({ imports: [AppModule] }).compile();
    app = testing.createNestApplication(createAdapter(), { forceCloseConnections: true });
    app.useGlobalFilters(new OpenRouterExceptionFilter({ format: 'problem' }));
    const response = await fetch(`${await listen(app)}/fail?a=1`);
    expect(response.status).toBe(402);
    expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json\b/);
    expect(response.headers.get('retry-after')).toBe('1');
    expect(await response.json()).toMatchObject({ status: 402, instance: '/fail' });
  });

  it('keeps headers that were set before, such as those of CORS', async () => {
    @Controller()
    class CorsController {
      @Get()
      @Header('Access-Control-Allow-Origin', '*')
      fail(): void {
        throw apiException(404);
      }
    }

    const url = await start([CorsController], { filter: new OpenRouterExceptionFilter() });
    expect((await fetch(url)).headers.get('access-control-allow-origin')).toBe('*');
  });

  it('shows no key, wherever an exception got it from', async () => {
    const exceptions = [
      apiException(401, { message: `bad key ${KEY}` }),
      apiException(500, { message: `bad key ${KEY}`, metadata: { key: KEY } }),
      new OpenRouterConfigException(`apiKey ${KEY} is too long`),
      new OpenRouterResponseException({ message: `echo ${KEY}`, delivery: 'applied', cause: new Error(KEY) }),
    ];
    const url = await start([FailController], { filter: new OpenRouterExceptionFilter() });
    for (const exception of exceptions) {
      thrown = exception;
      const response = await fetch(`${url}/fail`);
      const shown = (await response.text()) + JSON.stringify([...response.headers]);
      expect(shown).toContain(exception.code);
      expect(shown).not.toContain(KEY);
    }
    expect(JSON.stringify(errorLog.mock.calls)).not.toContain(KEY);
  });
});

describe('OpenRouterExceptionFilter on an Express that cannot send', () => {
  let app: INestApplication | undefined;

  afterEach(async () => {
    await app?.close();
    jest.restoreAllMocks();
  });

  @Controller()
  class FailController {
    @Get()
    fail(): void {
      throw apiException(503, { retryAfterMs: 1 });
    }
  }

  it.each([
    ['before', 503, true],
    ['after', 200, false],
  ])('answers all the same: fault %s the headers', async (when, status, hasBody) => {
    spyOnErrorLog();
    const answered = jest.spyOn(OpenRouterExceptionFilter.prototype, 'catch');
    const testing = await Test.createTestingModule({ controllers: [FailController] }).compile();
    const adapter = new ExpressAdapter();
    adapter.use((_: unknown, response: ServerResponse & { send(body: unknown): void }, next: () => void) => {
      response.send = () => {
        if (when === 'after') {
          response.statusCode = 200;
          response.flushHeaders();
        }
        throw new Error('broken');
      };
      next();
    });
    app = testing.createNestApplication(adapter);
    app.useGlobalFilters(new OpenRouterExceptionFilter());
    const response = await fetch(await listen(app));
    expect(response.status).toBe(status);
    expect((await response.text()).includes('OPENROUTER_SERVICE_UNAVAILABLE')).toBe(hasBody);
    expect(answered.mock.results.map(({ type }) => type)).toEqual(['return']);
  });
});
