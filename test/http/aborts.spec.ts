import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { getEventListeners } from 'node:events';
import type { ClientRequest } from 'node:http';
import type { Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { OpenRouterAbortException } from '../../lib/errors/index.js';
import { failureOf } from '../support/failures.js';
import {
  answerWell,
  cleanUp,
  clientOf,
  CREDITS,
  sendError,
  startRawServer,
  startServer,
} from '../support/servers.js';
import { listenerLimitOf } from '../support/signals.js';
import { timed, until } from '../support/waiting.js';

/** Where Node tells that the headers of an answer have arrived at a client. */
const ARRIVALS = 'http.client.response.finish';
const listeners: (() => void)[] = [];

afterEach(async () => {
  for (const stop of listeners.splice(0)) stop();
  await cleanUp();
});

/** The answers of a server whose headers have arrived; the list grows. */
function answersOf({ port }: { readonly port: number }): unknown[] {
  const answers: unknown[] = [];
  const onArrival = (message: unknown): void => {
    const { request } = message as { request: ClientRequest };
    if (request.getHeader('host') === `127.0.0.1:${port}`) answers.push(message);
  };
  subscribe(ARRIVALS, onArrival);
  listeners.push(() => unsubscribe(ARRIVALS, onArrival));
  return answers;
}

describe('the signal of the caller', () => {
  it('stops the call before anything is sent where it was aborted before', async () => {
    const server = await startServer(answerWell);
    const failure = await failureOf(
      clientOf(server).credits.createCoinbaseCharge({ amount: 1 }, { signal: AbortSignal.abort() }),
    );
    expect(failure).toBeInstanceOf(OpenRouterAbortException);
    expect(failure).toMatchObject({ code: 'OPENROUTER_ABORTED', delivery: 'not-sent' });
    expect(failure.message).toContain('credits.createCoinbaseCharge');
    await clientOf(server).credits.getCredits();
    expect(server.requests.map(({ method }) => method)).toEqual(['GET']);
    expect(server.sockets.length).toBe(1);
  });

  it('stops the call before anything is sent where it is aborted in the same tick', async () => {
    const server = await startServer(answerWell);
    const controller = new AbortController();
    const { credits } = clientOf(server);
    const call = failureOf(credits.getCredits({ signal: controller.signal }));
    controller.abort();
    expect(await call).toMatchObject({ name: 'OpenRouterAbortException', delivery: 'not-sent' });
    await credits.createCoinbaseCharge({ amount: 1 });
    expect(server.requests.map(({ method }) => method)).toEqual(['POST']);
  });

  it.each<[string, string, (socket: Socket) => unknown]>([
    ['headers', 'unknown', () => undefined],
    ['the body', 'applied', (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{')],
    [
      'the body of a 404',
      'rejected',
      (socket) => socket.write('HTTP/1.1 404 No\r\ncontent-length: 9\r\n\r\n{'),
    ],
    [
      'the body of a 502',
      'unknown',
      (socket) => socket.write('HTTP/1.1 502 No\r\ncontent-length: 9\r\n\r\n{'),
    ],
  ])('ends the call and its socket while it waits for %s', async (name, delivery, answer) => {
    const server = await startRawServer(answer);
    const controller = new AbortController();
    const answers = answersOf(server);
    const call = clientOf(server).credits.getCredits({ signal: controller.signal });
    const failed = failureOf(call);
    await until(() => server.requests.length === 1 && answers.length === (name === 'headers' ? 0 : 1));
    const { outcome, waitedMs } = await timed(() => {
      controller.abort();
      return failed;
    });
    expect(outcome).toBeInstanceOf(OpenRouterAbortException);
    expect(outcome).toMatchObject({ delivery });
    expect(waitedMs).toBeLessThan(250);
    await until(() => server.sockets[0]!.destroyed);
    expect(server.requests.length).toBe(1);
  });

  it('ends the wait between two attempts at once', async () => {
    const server = await startServer((_request, response) => sendError(response, 503));
    const controller = new AbortController();
    let retries = 0;
    const instrumentation = { onRetry: () => void (retries += 1) };
    const client = clientOf(server, { instrumentation });
    const failed = failureOf(
      client.credits.getCredits({
        signal: controller.signal,
        retry: { initialDelayMs: 20_000, maxDelayMs: 20_000, maxRetries: 5 },
      }),
    );
    await until(() => retries === 1);
    const { outcome, waitedMs } = await timed(() => {
      controller.abort();
      return failed;
    });
    expect(outcome).toBeInstanceOf(OpenRouterAbortException);
    expect(outcome).toMatchObject({ delivery: 'unknown' });
    expect(waitedMs).toBeLessThan(250);
    await failureOf(client.credits.getCredits({ retry: false }));
    expect(server.requests.length).toBe(2);
  });

  it('may be a timeout of Node’s', async () => {
    const server = await startServer(() => undefined);
    const failure = await failureOf(clientOf(server).credits.getCredits({ signal: AbortSignal.timeout(30) }));
    expect(failure).toBeInstanceOf(OpenRouterAbortException);
  });

  it('leaves the other calls alone', async () => {
    const server = await startServer((request, response) => {
      setTimeout(() => answerWell(request, response), 60);
    });
    const client = clientOf(server);
    const controller = new AbortController();
    const aborted = failureOf(client.credits.getCredits({ signal: controller.signal }));
    const others = Promise.all([client.credits.getCredits(), client.credits.getCredits()]);
    await until(() => server.requests.length === 3);
    controller.abort();
    expect(await aborted).toBeInstanceOf(OpenRouterAbortException);
    await expect(others).resolves.toEqual([CREDITS, CREDITS]);
  });

  it('is let go of once the call has settled', async () => {
    const server = await startServer((request, response, index) =>
      index % 2 === 0 ? sendError(response, 404) : answerWell(request, response),
    );
    const client = clientOf(server);
    const { signal } = new AbortController();
    for (let call = 0; call < 3; call += 1) {
      await failureOf(client.credits.getCredits({ signal }));
      await client.credits.getCredits({ signal });
    }
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('changes nothing after the answer', async () => {
    const server = await startServer(answerWell);
    const client = clientOf(server);
    const controller = new AbortController();
    await expect(client.credits.getCredits({ signal: controller.signal })).resolves.toEqual(CREDITS);
    controller.abort();
    await expect(client.credits.getCredits()).resolves.toEqual(CREDITS);
  });
});

describe('close()', () => {
  it('ends the calls under way, wherever they are', async () => {
    const server = await startRawServer((socket, head) => {
      if (head.includes('x-body')) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{');
    });
    const busy = await startServer((_request, response) => sendError(response, 503));
    const client = clientOf(server, { managementKey: 'abcdef' });
    let retries = 0;
    const waiting = clientOf(busy, {
      retry: { initialDelayMs: 20_000, maxDelayMs: 20_000 },
      instrumentation: { onRetry: () => void (retries += 1) },
    });
    const answers = answersOf(server);
    const asking = clientOf(server, { managementKey: () => new Promise<string>(() => undefined) });
    const failures = [
      client.credits.getCredits(),
      client.credits.getCredits({ headers: { 'x-body': '1' } }),
      client.credits.createCoinbaseCharge({ amount: 1 }),
      waiting.credits.getCredits(),
      asking.credits.getCredits(),
    ].map((call) => failureOf(call));
    await until(() => server.requests.length === 3 && answers.length === 1 && retries === 1);
    const { outcome, waitedMs } = await timed(async () => {
      await Promise.all([client.close(), waiting.close(), asking.close()]);
      return Promise.all(failures);
    });
    expect(outcome.map((failure) => failure.name)).toEqual(Array(5).fill('OpenRouterAbortException'));
    expect(outcome.map((failure) => Reflect.get(failure, 'delivery'))).toEqual([
      'unknown',
      'applied',
      'unknown',
      'unknown',
      'not-sent',
    ]);
    expect(outcome[0]!.message).toContain('the OpenRouter client is closed');
    expect(waitedMs).toBeLessThan(400);
    await until(() => [...server.sockets, ...busy.sockets].every((socket) => socket.destroyed));
  });

  it('ends idle sockets', async () => {
    const server = await startServer(answerWell);
    const client = clientOf(server);
    await client.credits.getCredits();
    expect(server.sockets[0]!.destroyed).toBe(false);
    await client.close();
    await until(() => server.sockets[0]!.destroyed);
  });

  it('may be called more than once, and refuses later calls', async () => {
    const server = await startServer(answerWell);
    const client = clientOf(server);
    await client.close();
    await client.close();
    await client[Symbol.asyncDispose]();
    for (const call of [client.credits.getCredits(), client.credits.createCoinbaseCharge({ amount: 1 })]) {
      const failure = await failureOf(call);
      expect(failure).toBeInstanceOf(OpenRouterAbortException);
      expect(failure).toMatchObject({ delivery: 'not-sent' });
      expect(failure.message).toContain('was not sent: the OpenRouter client is closed');
    }
    expect(server.sockets.length).toBe(0);
  });

  it('comes with the end of an `await using` block', async () => {
    const server = await startServer(answerWell);
    let kept;
    {
      await using client = clientOf(server);
      kept = client;
      await client.credits.getCredits();
    }
    expect(await failureOf(kept.credits.getCredits())).toBeInstanceOf(OpenRouterAbortException);
  });

  it('leaves other clients alone', async () => {
    const server = await startServer(answerWell);
    const [one, two] = [clientOf(server), clientOf(server)];
    await two.credits.getCredits();
    await one.close();
    await expect(two.credits.getCredits()).resolves.toEqual(CREDITS);
    expect(server.sockets.length).toBe(1);
  });
});

describe('the reason of an abort', () => {
  it('is the cause of the exception, as far as it is an error', async () => {
    const server = await startServer(() => undefined);
    const { credits } = clientOf(server);
    const timeout = await failureOf(credits.getCredits({ signal: AbortSignal.timeout(10) }));
    expect(timeout).toMatchObject({ name: 'OpenRouterAbortException', cause: { name: 'TimeoutError' } });
    const own = await failureOf(
      credits.getCredits({ signal: AbortSignal.abort(new Error('the user left')) }),
    );
    expect(own.cause).toMatchObject({ message: 'the user left' });
    const bare = await failureOf(credits.getCredits({ signal: AbortSignal.abort('gone') }));
    expect(bare.cause).toBeUndefined();
  });

  it('may be something that cannot be read', async () => {
    const server = await startServer(() => undefined);
    const { credits } = clientOf(server);
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const unreadable = {
      get message(): string {
        throw new Error('not to be read');
      },
    };
    const half = Object.defineProperty(new Error('the user left'), 'name', {
      get: () => {
        throw new Error('not to be read');
      },
    });
    for (const reason of [proxy, unreadable, half]) {
      const controller = new AbortController();
      const failed = failureOf(credits.getCredits({ signal: controller.signal }));
      await until(() => server.requests.length > 0);
      controller.abort(reason);
      expect(await failed).toBeInstanceOf(OpenRouterAbortException);
    }
  });
});

describe('a signal for many calls', () => {
  it('may have as many listeners as there are calls, and has none afterwards', async () => {
    const server = await startServer(answerWell);
    const client = clientOf(server);
    const { signal } = new AbortController();
    const calls = Array.from({ length: 30 }, () => client.credits.getCredits({ signal }));
    expect(getEventListeners(signal, 'abort')).toHaveLength(30);
    expect(listenerLimitOf(signal)).toBe(0);
    await Promise.all(calls);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});
