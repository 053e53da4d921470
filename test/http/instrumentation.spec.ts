import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { AsyncLocalStorage } from 'node:async_hooks';
import { Logger } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  getOpenRouterClientToken,
  type OpenRouterAttempt,
  type OpenRouterClient,
  type OpenRouterInstrumentation,
  OpenRouterModule,
  OpenRouterRetryLogger,
} from '../../lib/index.js';
import { failureOf } from '../support/failures.js';
import { leaksIn } from '../support/leaks.js';
import {
  answerWell,
  cleanUp,
  clientOf,
  CREDITS,
  MANAGEMENT_KEY,
  sendError,
  startServer,
} from '../support/servers.js';

afterEach(async () => {
  jest.restoreAllMocks();
  await cleanUp();
});

/** Records every hook. */
function recorder(): OpenRouterInstrumentation & { events: [string, OpenRouterAttempt, unknown?][] } {
  const events: [string, OpenRouterAttempt, unknown?][] = [];
  return {
    events,
    onRequest: (attempt) => events.push(['request', attempt]),
    onResponse: (attempt, success) => events.push(['response', attempt, success]),
    onError: (attempt, failure) => events.push(['error', attempt, failure]),
    onRetry: (attempt, retry) => events.push(['retry', attempt, retry]),
  };
}

describe('instrumentation', () => {
  it('sees every attempt, with one frozen object for each', async () => {
    const server = await startServer((request, response) =>
      server.requests.length === 1 ? sendError(response, 503) : answerWell(request, response),
    );
    const watch = recorder();
    const client = clientOf(server, { instrumentation: watch, retry: { initialDelayMs: 0 } });
    await client.credits.getCredits();

    expect(watch.events.map(([name, { attempt }]) => [name, attempt])).toEqual([
      ['request', 1],
      ['error', 1],
      ['retry', 1],
      ['request', 2],
      ['response', 2],
    ]);
    const [request, error, retry, , response] = watch.events;
    expect(request![1]).toEqual({
      operation: 'credits.getCredits',
      method: 'GET',
      urlTemplate: '/credits',
      serverAddress: '127.0.0.1',
      serverPort: Number(new URL(server.baseUrl).port),
      account: 'default',
      attempt: 1,
    });
    expect(Object.isFrozen(request![1])).toBe(true);
    expect(error![1]).toBe(request![1]);
    expect(error![2]).toMatchObject({
      error: { code: 'OPENROUTER_SERVICE_UNAVAILABLE' },
      status: 503,
      delivery: 'unknown',
      durationMs: expect.any(Number),
    });
    expect(retry![2]).toMatchObject({ status: 503, delayMs: 0 });
    expect(response![2]).toEqual({ status: 200, durationMs: expect.any(Number) });
    expect(leaksIn(watch.events, [MANAGEMENT_KEY])).toEqual([]);
  });

  it('knows the name of the account, and the default port of its URL', async () => {
    const watch = recorder();
    const adapter = () => Promise.reject(new Error('no network'));
    const module = await Test.createTestingModule({
      imports: [
        OpenRouterModule.forRoot({
          name: 'eu',
          apiKey: 'sk-or-v1-a-key',
          instrumentation: [watch],
          axios: { adapter },
          retry: false,
        }),
      ],
    }).compile();
    await failureOf(module.get<OpenRouterClient>(getOpenRouterClientToken('eu')).credits.getCredits());
    await module.close();
    expect(watch.events[0]![1]).toMatchObject({
      account: 'eu',
      serverAddress: 'openrouter.ai',
      serverPort: 443,
    });
    expect(watch.events[1]![2]).toMatchObject({ delivery: 'unknown' });
    expect(watch.events[1]![2]).not.toHaveProperty('status');
  });

  it('never fails a call, whatever its hooks do', async () => {
    const server = await startServer((request, response) =>
      server.requests.length === 1 ? sendError(response, 503) : answerWell(request, response),
    );
    const throwing = (): never => {
      throw new Error('a bug in a hook');
    };
    // Async against its type, as a user may write it.
    const rejecting = (() => Promise.reject(new Error('late'))) as () => void;
    const client = clientOf(server, {
      instrumentation: [
        { onRequest: throwing, onResponse: throwing, onError: throwing, onRetry: throwing, wrap: throwing },
        {
          onRequest: rejecting,
          wrap: () => Promise.resolve(undefined as never),
        },
        { wrap: async (_attempt, next) => next().then(() => Promise.reject(new Error('in the end'))) },
        { wrap: () => undefined as never },
      ],
      retry: { initialDelayMs: 0 },
    });
    await expect(client.credits.getCredits()).resolves.toEqual(CREDITS);
    expect(server.requests.length).toBe(2);
  });

  it('can run each attempt in a context of its own, and sees how it ends', async () => {
    const server = await startServer((request, response) =>
      server.requests.length === 1
        ? sendError(response, 500, { message: 'first' })
        : answerWell(request, response),
    );
    const context = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const traced = (name: string): OpenRouterInstrumentation => ({
      wrap: (attempt, next) =>
        context.run(`${context.getStore() ?? ''}${name}${attempt.attempt}`, async () => {
          try {
            const value = await next();
            seen.push([context.getStore(), value]);
            return value;
          } catch (error) {
            seen.push([context.getStore(), (error as Error).message]);
            throw error;
          }
        }),
    });
    const client = clientOf(server, {
      instrumentation: [traced('a'), traced('b')],
      retry: { initialDelayMs: 0 },
    });
    await client.credits.getCredits();
    expect(seen).toEqual([
      ['a1b1', 'first'],
      ['a1', 'first'],
      ['a2b2', CREDITS],
      ['a2', CREDITS],
    ]);
  });

  it.each<[string, unknown]>([
    ['nothing that is a hook', {}],
    ['a function', () => undefined],
    ['a hook that is none', { onRequest: 'log' }],
    ['a list with something else', [{ onRetry: () => undefined }, 'log']],
  ])('is refused when it is %s', async (_title, instrumentation) => {
    const server = await startServer(answerWell);
    expect(() => clientOf(server, { instrumentation: instrumentation as never })).toThrow(
      /`instrumentation` must be an object with at least one of the functions onAttach, onAlert, onRequest,/,
    );
  });
});

describe('OpenRouterRetryLogger', () => {
  it('writes a line for each retry, without secrets', async () => {
    const lines: unknown[] = [];
    jest.spyOn(Logger.prototype, 'warn').mockImplementation((line: unknown) => void lines.push(line));
    const server = await startServer((request, response) =>
      server.requests.length === 1
        ? sendError(response, 429, { message: `no more for ${MANAGEMENT_KEY}` })
        : answerWell(request, response),
    );
    const client = clientOf(server, {
      instrumentation: new OpenRouterRetryLogger(),
      retry: { initialDelayMs: 0 },
    });
    await client.credits.getCredits();
    await client.credits.getCredits();
    expect(lines).toEqual([
      'credits.getCredits (account default) will be tried again in 0 ms; ' +
        'attempt 1 failed with OPENROUTER_TOO_MANY_REQUESTS: no more for [redacted]',
    ]);
  });
});
