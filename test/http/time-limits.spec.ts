import { Agent } from 'node:http';
import type { Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { OpenRouterTimeoutException } from '../../lib/errors/index.js';
import { failureOf } from '../support/failures.js';
import {
  answerWell,
  cleanUp,
  clientOf,
  CREDITS,
  sendError,
  startRawServer,
  startServer,
  startTcpServer,
} from '../support/servers.js';
import { timed, until } from '../support/waiting.js';

const agents: Agent[] = [];
afterEach(async () => {
  agents.splice(0).forEach((agent) => agent.destroy());
  await cleanUp();
});

/** Sends a text again and again until the socket is gone. */
function drip(socket: Socket, text: string, first = ''): void {
  socket.write(first);
  const timer = setInterval(() => {
    if (socket.destroyed) clearInterval(timer);
    else socket.write(text);
  }, 10);
}

describe('the limit of one attempt', () => {
  it.each<[string, string, string, (socket: Socket) => unknown]>([
    ['silence', 'headers', 'unknown', () => undefined],
    ['dripping headers', 'headers', 'unknown', (socket) => drip(socket, 'a: b\r\n', 'HTTP/1.1 200 OK\r\n')],
    [
      'endless interim answers',
      'headers',
      'unknown',
      (socket) => drip(socket, 'HTTP/1.1 102 Processing\r\n\r\n'),
    ],
    [
      'a stalled body',
      'body',
      'applied',
      (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{'),
    ],
    ['a dripping body', 'body', 'applied', (socket) => drip(socket, ' ', 'HTTP/1.1 200 OK\r\n\r\n')],
    [
      'a dripping chunked body',
      'body',
      'applied',
      (socket) => drip(socket, '1\r\n \r\n', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n'),
    ],
    [
      'the stalled body of a 403',
      'body',
      'rejected',
      (socket) => socket.write('HTTP/1.1 403 No\r\ncontent-length: 9\r\n\r\n{'),
    ],
    [
      'the stalled body of a 500',
      'body',
      'unknown',
      (socket) => socket.write('HTTP/1.1 500 No\r\ncontent-length: 9\r\n\r\n{'),
    ],
  ])('ends %s', async (_name, phase, delivery, fault) => {
    const server = await startRawServer(fault);
    const client = clientOf(server, { timeoutMs: 300, retry: false });
    const { ms, outcome, waitedMs } = await timed(() => failureOf(client.credits.getCredits()));
    expect(outcome).toBeInstanceOf(OpenRouterTimeoutException);
    expect(outcome).toMatchObject({ code: 'OPENROUTER_TIMEOUT', phase, delivery, timeoutMs: 300 });
    expect(outcome.message).toContain('`timeoutMs` (300 ms)');
    expect(ms).toBeGreaterThanOrEqual(295);
    expect(waitedMs).toBeLessThan(1_180);
    await until(() => server.sockets.every((socket) => socket.destroyed));
  });

  it('ends a lookup that never calls back', async () => {
    const client = clientOf('https://api.test/v1', {
      timeoutMs: 50,
      retry: false,
      axios: { lookup: (() => undefined) as never },
    });
    const { outcome, waitedMs } = await timed(() => failureOf(client.credits.getCredits()));
    expect(outcome).toBeInstanceOf(OpenRouterTimeoutException);
    expect(outcome).toMatchObject({ phase: 'dns', delivery: 'not-sent', timeoutMs: 50 });
    expect(waitedMs).toBeLessThan(1_000);
  });

  it('ends a TLS handshake that stalls', async () => {
    const server = await startTcpServer((socket) => socket.resume());
    const client = clientOf(`https://127.0.0.1:${server.port}/v1`, { timeoutMs: 120, retry: false });
    expect(await failureOf(client.credits.getCredits())).toMatchObject({
      name: 'OpenRouterTimeoutException',
      phase: 'tls',
      delivery: 'not-sent',
    });
    await until(() => server.sockets[0]!.destroyed);
  });

  it('ends the wait for a socket, and the request is never sent', async () => {
    const server = await startServer((request, response, index) => {
      if (index === 0) setTimeout(() => answerWell(request, response), 250);
      else answerWell(request, response);
    });
    const httpAgent = new Agent({ maxSockets: 1, keepAlive: true });
    agents.push(httpAgent);
    const client = clientOf(server, { retry: false, axios: { httpAgent } });
    const first = client.credits.getCredits();
    await until(() => server.requests.length === 1);
    const { outcome, waitedMs } = await timed(() =>
      failureOf(client.credits.createCoinbaseCharge({ amount: 1 }, { timeoutMs: 50 })),
    );
    expect(outcome).toBeInstanceOf(OpenRouterTimeoutException);
    expect(outcome).toMatchObject({ phase: 'queue', delivery: 'not-sent', timeoutMs: 50 });
    expect(waitedMs).toBeLessThan(240);
    await expect(first).resolves.toEqual(CREDITS);
    await expect(client.credits.getCredits()).resolves.toEqual(CREDITS);
    expect(server.requests.map(({ method }) => method)).toEqual(['GET', 'GET']);
  });

  it('is that of the call where it has one', async () => {
    const server = await startServer(() => undefined);
    const client = clientOf(server, { retry: false });
    expect(await failureOf(client.credits.getCredits({ timeoutMs: 30 }))).toMatchObject({ timeoutMs: 30 });
  });

  it('starts anew with each attempt', async () => {
    const server = await startServer((request, response, index) => {
      setTimeout(() => (index < 2 ? sendError(response, 503) : answerWell(request, response)), 250);
    });
    await expect(clientOf(server, { timeoutMs: 600 }).credits.getCredits()).resolves.toEqual(CREDITS);
    expect(server.requests.length).toBe(3);
  });

  it('does not touch an answer that is in time', async () => {
    const server = await startServer((request, response) => {
      setTimeout(() => answerWell(request, response), 60);
    });
    const client = clientOf(server, { timeoutMs: 2_000 });
    const { ms, waitedMs } = await timed(() => client.credits.getCredits());
    expect(ms).toBeGreaterThanOrEqual(55);
    expect(waitedMs).toBeLessThan(1_000);
  });
});

describe('the deadline', () => {
  it('ends the attempts and waits together', async () => {
    const server = await startServer(() => undefined);
    const client = clientOf(server, {
      timeoutMs: 400,
      deadlineMs: 700,
      retry: { maxRetries: 99, initialDelayMs: 0 },
    });
    const { ms, outcome, waitedMs } = await timed(() => failureOf(client.credits.getCredits()));
    expect(outcome).toBeInstanceOf(OpenRouterTimeoutException);
    expect(outcome).toMatchObject({ timeoutMs: 700 });
    expect(outcome.message).toContain('`deadlineMs` (700 ms)');
    expect(ms).toBeGreaterThanOrEqual(695);
    expect(waitedMs).toBeLessThan(1_000);
    expect(server.requests.length).toBe(2);
  });

  it('is that of the call where it has one', async () => {
    const server = await startServer(() => undefined);
    const { outcome, waitedMs } = await timed(() =>
      failureOf(clientOf(server).credits.getCredits({ deadlineMs: 40 })),
    );
    expect(outcome).toMatchObject({ name: 'OpenRouterTimeoutException', timeoutMs: 40 });
    expect(outcome.message).toContain('`deadlineMs` (40 ms)');
    expect(waitedMs).toBeLessThan(1_000);
  });

  it('is not moved by a jump of the wall clock', async () => {
    const server = await startServer(() => undefined);
    const { now } = Date;
    try {
      const { ms, outcome } = await timed(() => {
        const call = failureOf(
          clientOf(server, { retry: { maxRetries: 99, initialDelayMs: 0 } }).credits.getCredits({
            timeoutMs: 400,
            deadlineMs: 700,
          }),
        );
        Date.now = () => now() + 3_600_000;
        return call;
      });
      expect(outcome).toMatchObject({ timeoutMs: 700 });
      expect(ms).toBeGreaterThanOrEqual(695);
    } finally {
      Date.now = now;
    }
    expect(server.requests.length).toBe(2);
  });

  it('does not hand an answer that comes too late to the next call', async () => {
    let isAnswered = false;
    const server = await startServer((_request, response, index) => {
      const body = JSON.stringify({ data: { total_credits: index + 1, total_usage: 0 } });
      const answer = (): void => void response.end(body, () => (isAnswered = true));
      // A client that has gone closes its connection, or the answer is written.
      response.once('close', () => (isAnswered = true));
      setTimeout(answer, index === 0 ? 80 : 0);
    });
    const client = clientOf(server, { retry: false });
    await failureOf(client.credits.getCredits({ timeoutMs: 40 }));
    await until(() => isAnswered);
    expect((await client.credits.getCredits()).balance).toBe(2);
  });
});
