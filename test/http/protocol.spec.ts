import { afterEach, describe, expect, it } from '@jest/globals';
import { OpenRouterApiException, OpenRouterConnectionException } from '../../lib/errors/index.js';
import { failureOf } from '../support/failures.js';
import {
  answerWell,
  cleanUp,
  clientOf,
  CREDITS,
  CREDITS_BODY,
  startRawServer,
  startServer,
} from '../support/servers.js';
import { timed, until } from '../support/waiting.js';

afterEach(cleanUp);

describe('a redirect', () => {
  it.each([301, 302, 303, 307, 308])('is not followed: status %i', async (status) => {
    const evil = await startServer(answerWell);
    const server = await startServer((_request, response) => {
      response.writeHead(status, { location: `${evil.baseUrl}/credits` });
      response.end();
    });
    const client = clientOf(server);
    const failures = [
      await failureOf(client.credits.getCredits()),
      await failureOf(client.credits.createCoinbaseCharge({ amount: 1 })),
    ];
    for (const failure of failures) {
      expect(failure).toBeInstanceOf(OpenRouterApiException);
      expect(failure).toMatchObject({ status, delivery: 'rejected', code: 'OPENROUTER_API_ERROR' });
    }
    expect(server.requests.length).toBe(2);
    expect(evil.sockets.length).toBe(0);
  });

  it.each([
    ['to another path', '/elsewhere'],
    ['to itself', '/api/v1/credits'],
    ['to a file', 'file:///etc/passwd'],
    ['to data', 'data:application/json,{"data":{"total_credits":1,"total_usage":0}}'],
    ['to nowhere', undefined],
  ])('%s is not followed', async (_name, location) => {
    const server = await startServer((_request, response) => {
      response.writeHead(302, location === undefined ? {} : { location });
      response.end('moved');
    });
    const failure = await failureOf(clientOf(server).credits.getCredits());
    expect(failure).toMatchObject({ status: 302 });
    expect(failure.message).toContain('redirects are not followed');
    expect(server.requests.length).toBe(1);
  });

  it('says what to check even where it has no body', async () => {
    const server = await startServer((_request, response) => {
      response.writeHead(301, { location: 'https://elsewhere.example/' });
      response.end();
    });
    expect((await failureOf(clientOf(server).credits.getCredits())).message).toContain('Check `baseUrl`');
  });
});

describe('an answer that is not HTTP as it should be', () => {
  const body = CREDITS_BODY;

  it.each<[string, string]>([
    ['an SSH banner', 'SSH-2.0-OpenSSH_9.6\r\n'],
    ['HTTP/0.9', body],
    ['binary bytes', '\x16\x03\x01\x00\x00\x00'],
    ['a status of six digits', 'HTTP/1.1 999999 Odd\r\n\r\n'],
    ['NUL in a header', `HTTP/1.1 200 OK\r\nx: a\x00b\r\ncontent-length: ${body.length}\r\n\r\n${body}`],
    ['20 KB of headers', `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(20_000)}\r\n\r\n${body}`],
    ['two lengths', `HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n${body}`],
    [
      'a length and chunks',
      `HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
    ],
    ['nothing, in order', ''],
  ])('is a connection exception: %s', async (_name, bytes) => {
    const server = await startRawServer((socket) => socket.end(bytes, 'latin1'));
    const client = clientOf(server, { retry: false });
    const failure = await failureOf(client.credits.getCredits());
    expect(failure).toBeInstanceOf(OpenRouterConnectionException);
    expect(failure).toMatchObject({ code: 'OPENROUTER_CONNECTION', delivery: 'unknown', phase: 'headers' });
    expect(failure.message).toContain('while waiting for the answer');
    await until(() => server.sockets[0]!.destroyed);
  });

  it.each<[string, string]>([
    ['a wrong chunk size', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nhello\r\n'],
    ['chunks without an end', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n'],
    ['a length that is not reached', 'HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{"data":'],
  ])('is an answer lost on its way: %s', async (_name, bytes) => {
    const server = await startRawServer((socket) => socket.end(bytes));
    const failure = await failureOf(clientOf(server, { retry: false }).credits.getCredits());
    expect(failure).toMatchObject({ name: 'OpenRouterResponseException', delivery: 'applied' });
    expect(failure.message).toContain('the connection was lost in the middle of the body');
  });

  it('may switch protocols without being asked, and the call settles', async () => {
    const server = await startRawServer((socket) =>
      socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'),
    );
    const client = clientOf(server, { retry: false, timeoutMs: 2_000 });
    for (const call of [
      () => client.credits.getCredits(),
      () => client.credits.createCoinbaseCharge({ amount: 1 }),
    ]) {
      const { outcome, waitedMs } = await timed(() => failureOf(call()));
      expect(outcome).toBeInstanceOf(OpenRouterConnectionException);
      expect(outcome).toMatchObject({ delivery: 'unknown' });
      expect(waitedMs).toBeLessThan(1_000);
    }
    expect(server.requests.length).toBe(2);
  });

  it.each<[string, string]>([
    ['100 before the answer', 'HTTP/1.1 100 Continue\r\n\r\n'],
    ['103 before the answer', 'HTTP/1.1 103 Early Hints\r\nlink: </x>; rel=preload\r\n\r\n'],
  ])('may send a %s', async (_name, first) => {
    const server = await startRawServer((socket) =>
      socket.end(`${first}HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`),
    );
    await expect(clientOf(server).credits.getCredits()).resolves.toEqual(CREDITS);
  });

  it('may glue a second answer to the first, which reaches nobody', async () => {
    const poison = '{"data":{"total_credits":1000000,"total_usage":0}}';
    const answer = (text: string) => `HTTP/1.1 200 OK\r\ncontent-length: ${text.length}\r\n\r\n${text}`;
    const server = await startRawServer((socket) => socket.write(answer(body) + answer(poison)));
    const client = clientOf(server, { retry: false });
    for (let call = 0; call < 3; call += 1) {
      await expect(client.credits.getCredits()).resolves.toEqual(CREDITS);
      // The client gives up the connection once it has seen the second answer.
      await until(() => server.sockets.every((socket) => socket.destroyed));
    }
  });

  it('may answer before it is asked on an idle socket, which reaches nobody', async () => {
    const poison = '{"data":{"total_credits":1000000,"total_usage":0}}';
    const server = await startRawServer((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
      setTimeout(() => {
        if (!socket.destroyed) {
          socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${poison.length}\r\n\r\n${poison}`);
        }
      }, 10);
    });
    const client = clientOf(server);
    await client.credits.getCredits();
    await until(() => server.sockets.every((socket) => socket.destroyed));
    await expect(client.credits.getCredits()).resolves.toEqual(CREDITS);
  });
});
