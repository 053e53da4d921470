import 'reflect-metadata';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { HttpService } from '@nestjs/axios';
import {
  type ArgumentsHost,
  Catch,
  ConflictException,
  Controller,
  type ExceptionFilter,
  Get,
  HttpException,
  type INestApplication,
  NotFoundException,
  type Provider,
  type Type,
  UseFilters,
} from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { Query, Resolver } from '@nestjs/graphql';
import { MessagePattern, RpcException } from '@nestjs/microservices';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { WsAdapter } from '@nestjs/platform-ws';
import { Test } from '@nestjs/testing';
import { SubscribeMessage, WebSocketGateway, WsException } from '@nestjs/websockets';
import { OpenRouter } from '@openrouter/sdk';
import axios from 'axios';
import { GraphQLError } from 'graphql';
import OpenAI from 'openai';
import { lastValueFrom } from 'rxjs';
import { WebSocket } from 'ws';
import { OpenRouterApiException } from '../../lib/errors/api.exception.js';
import { isOutOfCredits } from '../../lib/errors/error-verdict.js';
import { mapException } from '../../lib/filters/exception-mapping.js';
import {
  OpenRouterExceptionFilter,
  type OpenRouterExceptionFilterOptions,
  type OpenRouterExceptionMapper,
  provideOpenRouterExceptionFilter,
} from '../../lib/filters/index.js';
import { OpenRouterSandbox } from '../../lib/testing/index.js';
import { withoutKeyInEnvironment } from '../support/environment.js';
import { failureOf } from '../support/failures.js';
import { graphqlModule, queryGraphql } from '../support/graphql.js';
import { API_KEY, cleanUp, closedPort, startServer } from '../support/servers.js';
import { TcpService } from '../support/tcp-service.js';
import { apiException, listen, spyOnErrorLog } from './support.js';

const MESSAGES = [{ role: 'user' as const, content: 'Hi' }];

type Way = (baseUrl: string) => Promise<unknown>;

function openAi(baseUrl: string): OpenAI {
  return new OpenAI({ apiKey: API_KEY, baseURL: baseUrl, maxRetries: 0 });
}

const viaOpenAi: Way = (baseUrl) =>
  openAi(baseUrl).chat.completions.create({ model: 'x/y', messages: MESSAGES });

const viaAxios: Way = (baseUrl) =>
  axios.post(`${baseUrl}/chat/completions`, {}, { headers: { authorization: `Bearer ${API_KEY}` } });

/** The clients of an application, beside this package. */
const WAYS: Readonly<Record<string, Way>> = {
  openai: viaOpenAi,
  'openai, streaming': (baseUrl) =>
    openAi(baseUrl).chat.completions.create({ model: 'x/y', messages: MESSAGES, stream: true }),
  '@openrouter/sdk': (baseUrl) =>
    new OpenRouter({ apiKey: API_KEY, serverURL: baseUrl, retryConfig: { strategy: 'none' } }).chat.send({
      chatRequest: { model: 'x/y', messages: MESSAGES },
    }),
  axios: viaAxios,
  '@nestjs/axios': (baseUrl) => lastValueFrom(new HttpService().post(`${baseUrl}/chat/completions`, {})),
  'fetch, with the body as text': async (baseUrl) => {
    const { status, headers, body } = await fetch(`${baseUrl}/chat/completions`, { method: 'POST' }).then(
      async (response) => ({
        status: response.status,
        headers: response.headers,
        body: await response.text(),
      }),
    );
    throw Object.assign(new Error(`HTTP ${status}`), { status, headers, body });
  },
  'a wrapper of openai': (baseUrl) =>
    viaOpenAi(baseUrl).catch((cause: unknown) => {
      throw new Error('The assistant has failed.', { cause });
    }),
};

const STATUSES = [400, 401, 402, 403, 404, 408, 409, 410, 413, 422, 429, 500, 502, 503, 504, 524, 529];

let sandbox: OpenRouterSandbox;
let errorLog: ReturnType<typeof spyOnErrorLog>;
let thrown: () => Promise<unknown>;
let putKeyBack: () => void;

beforeAll(async () => {
  putKeyBack = withoutKeyInEnvironment();
  sandbox = await OpenRouterSandbox.start();
});

afterAll(async () => {
  putKeyBack();
  await sandbox.stop();
});

beforeEach(() => {
  errorLog = spyOnErrorLog();
});

afterEach(async () => {
  sandbox.clearFailures();
  jest.restoreAllMocks();
  await cleanUp();
});

@Controller()
class Routes {
  @Get('fail')
  fail(): Promise<unknown> {
    return thrown();
  }
}

describe.each([
  ['Express', () => new ExpressAdapter()],
  ['Fastify', () => new FastifyAdapter({ forceCloseConnections: true })],
])('other clients’ errors on %s', (_title, createAdapter) => {
  const apps: INestApplication[] = [];

  afterEach(async () => {
    await Promise.all(apps.splice(0).map((app) => app.close()));
  });

  async function start(providers: Provider[], controllers = [Routes]): Promise<string> {
    const testing = await Test.createTestingModule({
      controllers,
      providers,
    }).compile();
    const app = testing.createNestApplication(createAdapter(), { forceCloseConnections: true });
    apps.push(app);
    return listen(app);
  }

  async function answerOf(url: string) {
    const response = await fetch(`${url}/fail`);
    const text = await response.text();
    return {
      status: response.status,
      type: response.headers.get('content-type'),
      retryAfter: response.headers.get('retry-after'),
      body: JSON.parse(text) as Record<string, unknown>,
    };
  }

  const withForeign = (options: OpenRouterExceptionFilterOptions = {}): Provider =>
    provideOpenRouterExceptionFilter({ foreign: true, ...options });

  describe.each(Object.entries(WAYS))('of %s', (_name, way) => {
    it.each(['mirror', 'gateway'] as const)('are answered as ours in %s', async (mapping) => {
      const url = await start([withForeign({ mapping })]);
      for (const status of mapping === 'mirror' ? STATUSES : [401, 402, 404, 429]) {
        thrown = () => way(sandbox.baseUrl);
        sandbox.failNext({ status, headers: { 'retry-after': '7', 'request-id': 'req-7' } });
        const ours = mapException(apiException(status, { retryAfterMs: 7_000, requestId: 'req-7' }))[mapping];
        const { body, ...answer } = await answerOf(url);
        const retryAfter = ours.retryAfterMs === undefined ? null : '7';
        expect([status, answer]).toEqual([
          status,
          { status: ours.status, type: 'application/json; charset=utf-8', retryAfter },
        ]);
        expect(body).toEqual({
          statusCode: ours.status,
          message: mapping === 'gateway' ? ours.message : expect.stringMatching(/\S/),
          error: expect.any(String),
          code: ours.code,
          requestId: 'req-7',
          ...(retryAfter !== null && { retryAfter: 7 }),
        });
        expect(JSON.stringify(body)).not.toContain(API_KEY);
      }
    });

    it('are answered as ours where the body is a page', async () => {
      const url = await start([withForeign()]);
      thrown = () => way(sandbox.baseUrl);
      sandbox.failNext({
        status: 502,
        body: '<html><title>Bad gateway</title></html>',
        headers: { 'content-type': 'text/html' },
      });
      expect(await answerOf(url)).toMatchObject({ status: 502, body: { code: 'OPENROUTER_BAD_GATEWAY' } });
    });

    it('are what they were without `foreign`', async () => {
      thrown = () => way(sandbox.baseUrl);
      const answers: unknown[] = [];
      // NestJS 11 answers an error that has a `statusCode` by that, NestJS 12 with 500.
      for (const providers of [[], [provideOpenRouterExceptionFilter()]]) {
        const url = await start(providers);
        sandbox.failNext({ status: 429 });
        answers.push(await answerOf(url));
      }
      expect(answers[1]).toEqual(answers[0]);
      expect(answers[1]).not.toHaveProperty('body.code');
    });
  });

  it('say OpenRouter’s own words in mirror, and are in the log where they are 5XX', async () => {
    const url = await start([withForeign()]);
    const message = `No endpoints for ${API_KEY}`;
    for (const status of [404, 503]) {
      thrown = () => viaOpenAi(sandbox.baseUrl);
      sandbox.failNext({ status, body: { error: { code: status, message } } });
      expect((await answerOf(url)).body['message']).toBe('No endpoints for [redacted]');
    }
    expect(errorLog.mock.calls).toEqual([
      [
        expect.stringMatching(
          /^OpenRouterServiceUnavailableException OPENROUTER_SERVICE_UNAVAILABLE in another client \(request req-.*\): No endpoints for \[redacted\]$/,
        ),
      ],
    ]);
  });

  it('are asked about by a function, as the exception of ours that they are', async () => {
    const given: OpenRouterApiException[] = [];
    const mapping: OpenRouterExceptionMapper = (exception, { gateway }) => {
      given.push(exception as OpenRouterApiException);
      return isOutOfCredits(exception) ? { status: 503, code: 'PAUSED', message: 'A break.' } : gateway;
    };
    const url = await start([withForeign({ mapping, format: 'problem' })]);
    thrown = () => viaOpenAi(sandbox.baseUrl);
    sandbox.failNext({
      status: 402,
      body: {
        error: {
          code: 402,
          message: 'Refused.',
          metadata: { limit_source: 'openrouter_credits', user_id: 'u' },
        },
      },
    });
    expect(await answerOf(url)).toMatchObject({
      status: 503,
      type: expect.stringMatching(/^application\/problem\+json\b/),
      body: { status: 503, detail: 'A break.', code: 'PAUSED', instance: '/fail' },
    });
    expect(given[0]).toBeInstanceOf(OpenRouterApiException);
    expect(given[0]).toMatchObject({
      name: 'OpenRouterPaymentRequiredException',
      status: 402,
      limitSource: 'openrouter_credits',
      metadata: { limit_source: 'openrouter_credits' },
      operation: 'another client',
      delivery: 'rejected',
    });
    expect(given[0]!.metadata).not.toHaveProperty('user_id');
  });

  it('are answered on a route of its own options, and by a subclass', async () => {
    class OwnFilter extends OpenRouterExceptionFilter {}

    for (const filter of [
      new OpenRouterExceptionFilter({ foreign: true }),
      new OwnFilter({ foreign: true, mapping: 'mirror' }),
    ]) {
      expect(filter).toBeInstanceOf(OpenRouterExceptionFilter);
      expect(filter.constructor.name).toMatch(/^(OpenRouterException|Own)Filter$/);
      @UseFilters(filter)
      @Controller()
      class FilteredRoutes extends Routes {}

      const url = await start([provideOpenRouterExceptionFilter({ mapping: 'gateway' })], [FilteredRoutes]);
      thrown = () => viaOpenAi(sandbox.baseUrl);
      sandbox.failNext({ status: 404 });
      expect((await answerOf(url)).status).toBe(404);
    }
  });

  it('are told by the envelope alone where a server in front drops the headers, from clients for completions', async () => {
    const url = await start([withForeign()]);
    const { baseUrl } = await startServer((_request, response) => {
      response.writeHead(404, { 'content-type': 'application/json' });
      response.end('{"error":{"code":404,"message":"No endpoints found"}}');
    });
    thrown = () => viaOpenAi(baseUrl);
    expect(await answerOf(url)).toMatchObject({ status: 404, body: { message: 'No endpoints found' } });
  });

  it('are told by the address, where the client tells it', async () => {
    const url = await start([withForeign()]);
    const { port } = await startServer((_request, response) => {
      response.writeHead(503, { 'content-type': 'text/html' });
      response.end('<html></html>');
    });
    const at = (host: string, more: object = {}) =>
      axios.get(`http://${host}:${port}/api/v1/models`, {
        ...more,
        lookup: (_name, _options, done) => done(null, '127.0.0.1', 4),
      });
    const statuses: number[] = [];
    for (const host of ['openrouter.ai', 'eu.openrouter.ai', 'openrouter.ai.example', 'my-openrouter.ai']) {
      thrown = () => at(host);
      statuses.push((await answerOf(url)).status);
    }
    thrown = () =>
      axios.get('/models', {
        baseURL: `http://openrouter.ai:${port}/api/v1`,
        lookup: (_name, _options, done) => done(null, '127.0.0.1', 4),
      });
    statuses.push((await answerOf(url)).status);
    expect(statuses).toEqual([503, 503, 500, 500, 503]);
  });

  describe('that are not surely OpenRouter’s', () => {
    class AssistantFailed extends Error {}

    /** Of whatever an application throws, what is none of this filter's business. */
    const OTHERS: Readonly<Record<string, (other: string) => unknown>> = {
      'a bug': () => new TypeError('x is not a function'),
      'a text': () => 'private',
      nothing: () => undefined,
      'an exception of Nest': () => new NotFoundException('no such user'),
      'an exception of Nest with an envelope': () =>
        new HttpException({ error: { code: 402, message: 'Insufficient credits' }, user_id: 'user_1' }, 402),
      'an exception of Nest with the error as its cause': async () =>
        new ConflictException('no', { cause: await failureOf(viaOpenAi(sandbox.baseUrl)) }),
      'an error of a class of its own with the error as its cause': async () =>
        new AssistantFailed('no', { cause: await failureOf(viaOpenAi(sandbox.baseUrl)) }),
      'an exception for microservices': () => new RpcException({ code: 404, message: 'no such user' }),
      'an exception for gateways': () => new WsException({ code: 404, message: 'no such user' }),
      'an error of GraphQL': async () =>
        new GraphQLError('no', { originalError: await failureOf(viaOpenAi(sandbox.baseUrl)) }),
      'an error of http-errors': () =>
        Object.assign(new Error('no'), { expose: true, status: 404, statusCode: 404 }),
      'an error with a number as its code': () => Object.assign(new Error('no'), { code: 404 }),
      'an object with a code': () => ({ code: 404, message: 'no such user' }),
      'an answer of its own in an envelope': () => ({
        status: 404,
        headers: { 'content-type': 'application/json' },
        body: { error: { code: 404, message: 'no such user' } },
      }),
      'another service, by axios': (other) => failureOf(axios.get(`${other}/api/v1/users/7`)),
      'another service, by fetch': (other) => fetch(`${other}/api/v1/users/7`),
      'another API for completions, by openai': (other) => failureOf(viaOpenAi(`${other}/openai/v1`)),
      'a server of models, by openai': (other) => failureOf(viaOpenAi(`${other}/vllm/v1`)),
      'a page of anybody, by openai': (other) => failureOf(viaOpenAi(`${other}/page/v1`)),
      'a cloud, by axios': (other) => failureOf(axios.get(`${other}/cloud/v1/objects`)),
      'nobody, by axios': async () => failureOf(axios.get(`http://127.0.0.1:${await closedPort()}/`)),
      'nobody, by openai': async () => failureOf(viaOpenAi(`http://127.0.0.1:${await closedPort()}/api/v1`)),
    };

    const BODIES: Readonly<Record<string, string>> = {
      api: '{"error":{"code":404,"message":"no such user"}}',
      openai:
        '{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}',
      vllm: '{"error":{"message":"The model does not exist.","type":"NotFoundError","param":null,"code":404}}',
      page: '<html><title>Not found</title></html>',
      cloud: '{"error":{"code":404,"message":"No such object","status":"NOT_FOUND","errors":[]}}',
    };

    it.each(Object.entries(OTHERS))('are answered as without the filter: %s', async (_name, make) => {
      const { port } = await startServer(({ path }, response) => {
        const body = BODIES[path.split('/')[1]!]!;
        const type = body.startsWith('<') ? 'text/html' : 'application/json';
        response.writeHead(404, { 'content-type': type, 'x-request-id': 'other-1' });
        response.end(body);
      });
      const other = `http://127.0.0.1:${port}`;
      sandbox.failNext({ status: 402, times: Infinity });
      const error = await make(other);
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- what applications throw
      thrown = () => Promise.reject(error);
      const [plain, filtered] = [await start([]), await start([withForeign()])];
      const expected = await answerOf(plain);
      const logged = errorLog.mock.calls.splice(0);
      expect(await answerOf(filtered)).toEqual(expected);
      expect(errorLog.mock.calls).toEqual(logged);
    });

    it('go to the next filter', async () => {
      @Catch(AssistantFailed)
      class AssistantFilter implements ExceptionFilter<AssistantFailed> {
        catch(_error: AssistantFailed, host: ArgumentsHost): void {
          host
            .switchToHttp()
            .getResponse<{ status(code: number): { send(body: unknown): void } }>()
            .status(418)
            .send({});
        }
      }

      const url = await start([{ provide: APP_FILTER, useClass: AssistantFilter }, withForeign()]);
      thrown = () => Promise.reject(new AssistantFailed('no'));
      expect((await answerOf(url)).status).toBe(418);
    });
  });
});

describe('other clients’ errors', () => {
  it('are answered as ours in GraphQL, and the others as without the filter', async () => {
    @Resolver()
    class AnswerResolver {
      @Query(() => String, { nullable: true })
      answer(): Promise<unknown> {
        return viaOpenAi(sandbox.baseUrl);
      }

      @Query(() => String, { nullable: true })
      bug(): string {
        throw new Error('a bug');
      }
    }

    const testing = await Test.createTestingModule({
      imports: [graphqlModule()],
      providers: [AnswerResolver, provideOpenRouterExceptionFilter({ foreign: true, mapping: 'gateway' })],
    }).compile();
    const app = testing.createNestApplication();
    const url = await listen(app);
    sandbox.failNext({ status: 429, headers: { 'retry-after': '7', 'request-id': 'req-7' } });
    const response = await queryGraphql(url, '{ answer bug }');
    const { errors } = (await response.json()) as {
      errors: { path: string[]; message: string; extensions: object }[];
    };
    await app.close();
    const byPath = Object.fromEntries(errors.map(({ path, ...error }) => [path[0], error]));
    expect(byPath).toEqual({
      answer: expect.objectContaining({
        message: 'An upstream service is busy. Try again later.',
        extensions: expect.objectContaining({
          code: 'OPENROUTER_TOO_MANY_REQUESTS',
          status: 503,
          retryAfterMs: 7_000,
          requestId: 'req-7',
        }),
      }),
      bug: expect.objectContaining({
        message: 'a bug',
        extensions: expect.objectContaining({ code: 'INTERNAL_SERVER_ERROR' }),
      }),
    });
  });

  it('are answered as ours over RPC, and the others as without the filter', async () => {
    @Controller()
    class Answers {
      @MessagePattern('answer')
      answer(): Promise<unknown> {
        return viaOpenAi(sandbox.baseUrl);
      }

      @MessagePattern('own')
      own(): never {
        throw new RpcException({ code: 404, message: 'no such user' });
      }

      @MessagePattern('bug')
      bug(): never {
        throw new Error('a bug');
      }
    }

    const service = await TcpService.start({
      controllers: [Answers],
      providers: [provideOpenRouterExceptionFilter({ foreign: true })],
    });
    sandbox.failNext({ status: 404, headers: { 'request-id': 'req-7' } });
    const failures = await service.failuresOf(['answer', 'own', 'bug']);
    await service.close();
    expect(failures).toEqual([
      {
        status: 'error',
        message: 'Resource not found',
        code: 'OPENROUTER_NOT_FOUND',
        statusCode: 404,
        requestId: 'req-7',
      },
      { code: 404, message: 'no such user' },
      { status: 'error', message: 'Internal server error' },
    ]);
  });

  it('are answered as ours over WebSockets, and the others as without the filter', async () => {
    class Events {
      @SubscribeMessage('answer')
      answer(): Promise<unknown> {
        return viaOpenAi(sandbox.baseUrl);
      }

      @SubscribeMessage('own')
      own(): never {
        throw new WsException('no such user');
      }

      @SubscribeMessage('last')
      last(): unknown {
        return { event: 'last', data: 1 };
      }
    }

    @WebSocketGateway()
    class Plain extends Events {}

    @UseFilters(new OpenRouterExceptionFilter({ foreign: true, mapping: 'gateway' }))
    @WebSocketGateway()
    class Filtered extends Events {}

    /** What is heard of an event until the next one is answered; NestJS 11 says nothing over a native WebSocket. */
    async function heardOf(gateway: Type, event: string): Promise<{ event: string; data: unknown }[]> {
      const testing = await Test.createTestingModule({ providers: [gateway] }).compile();
      const app = testing.createNestApplication();
      app.useWebSocketAdapter(new WsAdapter(app));
      const client = new WebSocket((await listen(app)).replace('http', 'ws'));
      await once(client, 'open');
      const heard: { event: string; data: unknown }[] = [];
      client.on('message', (data: Buffer) =>
        heard.push(JSON.parse(data.toString()) as (typeof heard)[number]),
      );
      client.send(JSON.stringify({ event, data: 1 }));
      if (event === 'answer') await once(client, 'message');
      client.send(JSON.stringify({ event: 'last', data: 1 }));
      while (heard.at(-1)?.event !== 'last') await once(client, 'message');
      client.terminate();
      await app.close();
      return heard.slice(0, -1);
    }

    sandbox.failNext({ status: 402, headers: { 'request-id': 'req-7' } });
    const [answer] = await heardOf(Filtered, 'answer');
    expect(answer?.data).toEqual({
      status: 'error',
      message: 'An upstream service is unavailable at the moment.',
      code: 'OPENROUTER_PAYMENT_REQUIRED',
      statusCode: 503,
      requestId: 'req-7',
      cause: { pattern: 'answer', data: 1 },
    });
    expect(await heardOf(Filtered, 'own')).toEqual(await heardOf(Plain, 'own'));
  });
});
