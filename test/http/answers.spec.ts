import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from '@jest/globals';
import { OpenRouterApiException, OpenRouterResponseException } from '../../lib/errors/index.js';
import { classifyOpenRouterError, isOutOfCredits } from '../../lib/index.js';
import { failureOf } from '../support/failures.js';
import {
  cleanUp,
  clientOf,
  CREDITS,
  CREDITS_BODY,
  sendJson,
  startRawServer,
  startServer,
} from '../support/servers.js';
import { until } from '../support/waiting.js';

afterEach(cleanUp);

function serving(body: string | Buffer, headers: Record<string, string> = {}, status = 200) {
  return startServer((_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(body);
  });
}

const BYTES = Buffer.from(CREDITS_BODY);

describe('an answer that is fine', () => {
  it.each<[string, string | Buffer, Record<string, string>]>([
    ['as text', CREDITS_BODY, {}],
    ['under another content type', CREDITS_BODY, { 'content-type': 'text/plain' }],
    ['with a byte order mark', `\uFEFF${CREDITS_BODY}`, {}],
    ['with white space around it', ` \r\n${CREDITS_BODY}\n`, {}],
    ['as identity', CREDITS_BODY, { 'content-encoding': 'identity' }],
    ['as gzip', gzipSync(BYTES), { 'content-encoding': 'gzip' }],
    ['as GZIP in capitals', gzipSync(BYTES), { 'content-encoding': 'GZIP' }],
    ['as x-gzip', gzipSync(BYTES), { 'content-encoding': 'x-gzip' }],
    [
      'as gzip in two members',
      Buffer.concat([gzipSync(BYTES.subarray(0, 9)), gzipSync(BYTES.subarray(9))]),
      { 'content-encoding': 'gzip' },
    ],
    ['as deflate', deflateSync(BYTES), { 'content-encoding': 'deflate' }],
    ['as Brotli', brotliCompressSync(BYTES), { 'content-encoding': 'br' }],
    ['flat, without `data`', '{"total_credits":100.5,"total_usage":25.75}', {}],
    [
      'with members that nobody knows',
      '{"data":{"total_credits":100.5,"total_usage":25.75,"new":[1]},"more":{}}',
      {},
    ],
    ['with `error: null`', '{"error":null,"data":{"total_credits":100.5,"total_usage":25.75}}', {}],
    [
      'with a member twice, of which the last counts',
      '{"data":{"total_credits":1,"total_usage":25.75,"total_credits":100.5}}',
      {},
    ],
    [
      'with `__proto__` in it',
      '{"data":{"__proto__":{"total_usage":1},"total_credits":100.5,"total_usage":25.75}}',
      {},
    ],
  ])('is read: %s', async (_name, body, headers) => {
    const server = await serving(body, headers);
    await expect(clientOf(server).credits.getCredits()).resolves.toEqual(CREDITS);
    expect(Object.getOwnPropertyNames(Object.prototype)).not.toContain('total_usage');
  });

  it('is read in the pieces in which it comes, cut inside a character', async () => {
    const body = Buffer.from('{"data":{"total_credits":100.5,"total_usage":25.75,"note":"€"}}');
    const cut = body.indexOf(0xe2) + 1;
    const server = await startServer((_request, response) => {
      response.write(body.subarray(0, cut));
      setTimeout(() => response.end(body.subarray(cut)), 10);
    });
    await expect(clientOf(server).credits.getCredits()).resolves.toEqual(CREDITS);
  });

  it.each([
    ['29.9999982', '3.17561396', 26.82438424],
    ['0', '0', 0],
    ['10', '12.5', -2.5],
    ['1e2', '99.99', 0.01],
    ['0.3', '0.1', 0.2],
  ])('gives the exact balance of %s and %s', async (credits, usage, balance) => {
    const server = await serving(`{"data":{"total_credits":${credits},"total_usage":${usage}}}`);
    expect((await clientOf(server).credits.getCredits()).balance).toBe(balance);
  });
});

describe('a success that is none', () => {
  it.each<[string, string, string | undefined, string]>([
    ['null', 'null', 'data', '`data` should be an object, and is null'],
    ['a list', '[]', 'data', '`data` should be an object, and is an array'],
    ['a text', '"x"', 'data', '`data` should be an object, and is a string'],
    ['a number', '7', 'data', '`data` should be an object, and is a number'],
    ['true', 'true', 'data', '`data` should be an object, and is a boolean'],
    ['an empty object', '{}', 'data.total_credits', 'is missing'],
    ['empty data', '{"data":{}}', 'data.total_credits', 'is missing'],
    ['data that is null', '{"data":null}', 'data.total_credits', 'is missing'],
    ['no usage', '{"data":{"total_credits":1}}', 'data.total_usage', 'is missing'],
    [
      'an amount as text',
      '{"data":{"total_credits":"1","total_usage":0}}',
      'data.total_credits',
      'is a string',
    ],
    ['an amount as null', '{"data":{"total_credits":1,"total_usage":null}}', 'data.total_usage', 'is null'],
    [
      'an amount as list',
      '{"data":{"total_credits":[1],"total_usage":0}}',
      'data.total_credits',
      'is an array',
    ],
    [
      'an amount as object',
      '{"data":{"total_credits":{},"total_usage":0}}',
      'data.total_credits',
      'is an object',
    ],
    ['1e400', '{"data":{"total_credits":1e400,"total_usage":0}}', 'data.total_credits', 'is not finite'],
    ['-1e400', '{"data":{"total_credits":0,"total_usage":-1e400}}', 'data.total_usage', 'is not finite'],
    [
      'amounts on the prototype',
      '{"data":{"__proto__":{"total_credits":1,"total_usage":1}}}',
      'data.total_credits',
      'is missing',
    ],
    ['NaN', '{"data":{"total_credits":NaN,"total_usage":0}}', undefined, 'is not JSON'],
    ['an empty body', '', undefined, 'is empty'],
    ['white space', ' \n ', undefined, 'is empty'],
    ['a byte order mark alone', '\uFEFF', undefined, 'is empty'],
    ['a page', '<!doctype html><title>Log in</title>', undefined, 'is not JSON (application/json)'],
    ['JSON cut short', CREDITS_BODY.slice(0, -2), undefined, 'is not JSON'],
    ['two values', `${CREDITS_BODY}${CREDITS_BODY}`, undefined, 'is not JSON'],
  ])('is a response exception: %s', async (_name, body, path, text) => {
    const server = await serving(body);
    const failure = await failureOf(clientOf(server, { retry: false }).credits.getCredits());
    expect(failure).toBeInstanceOf(OpenRouterResponseException);
    expect(failure).toMatchObject({ code: 'OPENROUTER_RESPONSE', delivery: 'applied' });
    expect(Reflect.get(failure, 'path')).toBe(path);
    expect(failure.message).toContain(text);
    expect(failure.message).not.toContain('Log in');
  });

  it('is one for a 204, too', async () => {
    const server = await serving('', {}, 204);
    const failure = await failureOf(clientOf(server).credits.getCredits());
    expect(failure).toBeInstanceOf(OpenRouterResponseException);
    expect(failure.message).toBe("credits.getCredits: OpenRouter's answer is empty.");
  });

  it('nests deeper than any stack', async () => {
    const server = await serving(`{"data":${'['.repeat(200_000)}${']'.repeat(200_000)}}`);
    expect(await failureOf(clientOf(server).credits.getCredits())).toBeInstanceOf(
      OpenRouterResponseException,
    );
  });

  it.each<[string, string, number, string]>([
    ['a code of the API', '{"error":{"code":402,"message":"out of credits"}}', 402, 'rejected'],
    ['a code that is no status', '{"error":{"code":7,"message":"odd"}}', 500, 'unknown'],
    ['a code that is a text', '{"error":{"code":"rate_limited","message":"odd"}}', 500, 'unknown'],
    ['no code', '{"error":{"message":"odd"}}', 500, 'unknown'],
    ['a text', '{"error":"odd"}', 500, 'unknown'],
    [
      'data beside it',
      '{"error":{"code":403,"message":"odd"},"data":{"total_credits":1,"total_usage":0}}',
      403,
      'rejected',
    ],
  ])('holds an error with %s', async (_name, body, status, delivery) => {
    const server = await serving(body);
    const failure = await failureOf(clientOf(server, { retry: false }).credits.getCredits());
    expect(failure).toBeInstanceOf(OpenRouterApiException);
    expect(failure).toMatchObject({ status, delivery, operation: 'credits.getCredits' });
    expect(['odd', 'out of credits']).toContain(failure.message);
  });
});

describe('a body that cannot be read', () => {
  const gzip = gzipSync(BYTES);
  const brotli = brotliCompressSync(BYTES);

  it.each<[string, string | Buffer, string, string]>([
    ['gzip cut short', gzip.subarray(0, gzip.length - 20), 'gzip', 'is cut short'],
    ['gzip without its trailer', gzip.subarray(0, gzip.length - 8), 'gzip', 'is cut short'],
    ['gzip whose trailer is half there', gzip.subarray(0, gzip.length - 4), 'gzip', 'is cut short'],
    ['gzip with a flipped bit', flipped(gzip, 14), 'gzip', 'does not match its Content-Encoding'],
    [
      'gzip with a wrong checksum',
      flipped(gzip, gzip.length - 6),
      'gzip',
      'does not match its Content-Encoding',
    ],
    ['text that calls itself gzip', CREDITS_BODY, 'gzip', 'does not match its Content-Encoding'],
    ['text that calls itself Brotli', CREDITS_BODY, 'br', 'does not match its Content-Encoding'],
    ['Brotli cut short', brotli.subarray(0, brotli.length - 4), 'br', 'is cut short'],
    ['deflate cut short', deflateSync(BYTES).subarray(0, 20), 'deflate', 'is cut short'],
    ['an encoding that nobody asked for', BYTES, 'zstd', 'Content-Encoding that was not requested'],
    ['two encodings', gzipSync(gzip), 'gzip, gzip', 'Content-Encoding that was not requested'],
    [
      'an encoding by the name of an object’s member',
      BYTES,
      'constructor',
      'Content-Encoding that was not requested',
    ],
    ['an encoding by the name of a prototype', BYTES, '__proto__', 'Content-Encoding that was not requested'],
    ['bytes that are no UTF-8', Buffer.from([0x22, 0xff, 0xfe, 0x22]), 'identity', 'is not UTF-8'],
    ['a character cut in half', Buffer.from('"€"').subarray(0, 3), 'identity', 'is not UTF-8'],
  ])('is a response exception: %s', async (_name, body, encoding, text) => {
    const server = await serving(body, { 'content-encoding': encoding });
    const failure = await failureOf(clientOf(server, { retry: false }).credits.getCredits());
    expect(failure).toBeInstanceOf(OpenRouterResponseException);
    expect(failure).toMatchObject({ delivery: 'applied' });
    expect(failure.message).toContain(text);
  });

  it('does not take raw deflate for something else', async () => {
    const server = await serving(deflateRawSync(BYTES), { 'content-encoding': 'deflate' });
    const outcome = await clientOf(server, { retry: false })
      .credits.getCredits()
      .catch((error: unknown) => error);
    if (outcome instanceof Error) expect(outcome).toBeInstanceOf(OpenRouterResponseException);
    else expect(outcome).toEqual(CREDITS);
  });

  it('does not hide the status of an error', async () => {
    const server = await serving(gzip.subarray(0, 30), { 'content-encoding': 'gzip' }, 403);
    expect(await failureOf(clientOf(server).credits.getCredits())).toMatchObject({
      name: 'OpenRouterForbiddenException',
      message: 'The server answered 403 (Forbidden), and its body could not be read.',
    });
  });

  it('has the error of the decoder as its cause', async () => {
    const server = await serving('text', { 'content-encoding': 'gzip' });
    const { cause } = await failureOf(clientOf(server, { retry: false }).credits.getCredits());
    expect(cause).toMatchObject({ code: 'Z_DATA_ERROR', message: 'incorrect header check' });
  });
});

describe('a page of a proxy at `baseUrl`', () => {
  it('says nothing of the credits at OpenRouter', async () => {
    const server = await startServer((_request, response) => {
      response.writeHead(402, { 'content-type': 'text/html' });
      response.end('<html><title>Your proxy plan has ended</title></html>');
    });
    const failure = await failureOf(clientOf(server).credits.getCredits());
    expect(failure).toMatchObject({
      name: 'OpenRouterPaymentRequiredException',
      message:
        'The server answered 402 (Payment Required) with a page instead of JSON: Your proxy plan has ended',
    });
    expect(failure).not.toHaveProperty('limitSource', expect.anything());
    expect(classifyOpenRouterError(failure)).toMatchObject({ kind: 'payment-required', isTransient: false });
    expect(isOutOfCredits(failure)).toBe(false);
  });

  it('may relay an error of OpenRouter', async () => {
    const server = await startServer((_request, response) =>
      sendJson(response, { error: { code: 402, message: 'No.' } }, 402),
    );
    const failure = await failureOf(clientOf(server).credits.getCredits());
    expect(isOutOfCredits(failure)).toBe(true);
  });
});

describe('the size of a body', () => {
  const limit = 2_000;
  const fill = (length: number) =>
    `{"data":{"total_credits":100.5,"total_usage":25.75},"fill":"${'x'.repeat(length - 62)}"}`;

  it('may be the limit and no more, as sent', async () => {
    expect(fill(limit)).toHaveLength(limit);
    const client = clientOf(await serving(fill(limit)), { maxResponseBytes: limit });
    await expect(client.credits.getCredits()).resolves.toEqual(CREDITS);
    const over = clientOf(await serving(fill(limit + 1)), { maxResponseBytes: limit });
    expect((await failureOf(over.credits.getCredits())).message).toBe(
      "credits.getCredits: OpenRouter's answer could not be read: " +
        'the body is larger than `maxResponseBytes` (2000).',
    );
  });

  it('may be the limit and no more, unpacked', async () => {
    for (const [pack, encoding] of [
      [gzipSync, 'gzip'],
      [deflateSync, 'deflate'],
      [brotliCompressSync, 'br'],
    ] as const) {
      const headers = { 'content-encoding': encoding };
      const client = clientOf(await serving(pack(fill(limit)), headers), { maxResponseBytes: limit });
      await expect(client.credits.getCredits()).resolves.toEqual(CREDITS);
      const over = clientOf(await serving(pack(fill(limit + 1)), headers), { maxResponseBytes: limit });
      const failure = await failureOf(over.credits.getCredits());
      expect(failure).toBeInstanceOf(OpenRouterResponseException);
      expect(failure.message).toContain('larger than `maxResponseBytes` (2000)');
    }
  });

  it.each<[string, Buffer, string]>([
    ['gzip', gzipSync(Buffer.alloc(50_000_000)), 'gzip'],
    ['Brotli', brotliCompressSync(Buffer.alloc(50_000_000), { params: { 0: 1, 1: 4 } }), 'br'],
  ])('ends a bomb of %s', async (_name, bomb, encoding) => {
    const server = await serving(bomb, { 'content-encoding': encoding });
    const client = clientOf(server, { maxResponseBytes: 100_000 });
    const failure = await failureOf(client.credits.getCredits());
    expect(failure.message).toContain('larger than `maxResponseBytes` (100000)');
    expect(server.requests.length).toBe(1);
  });

  it.each<[string, string, number, string]>([
    ['a success', '200 OK', 1, 'OpenRouterResponseException'],
    ['an error', '500 Oh', 1, 'OpenRouterInternalServerException'],
  ])('is taken from Content-Length before anything of %s is read', async (_name, line, times, name) => {
    const server = await startRawServer((socket) => {
      socket.write(`HTTP/1.1 ${line}\r\ncontent-length: 10000000000\r\n\r\n{`);
    });
    const failure = await failureOf(clientOf(server, { retry: { retryCodes: [] } }).credits.getCredits());
    expect(failure.name).toBe(name);
    expect(server.requests.length).toBe(times);
    await until(() => server.sockets[0]!.destroyed);
  });

  it('is counted where the server does not tell it, and the socket is closed', async () => {
    let sent = 0;
    const server = await startRawServer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      const more = (): void => {
        while (!socket.destroyed && socket.write('x'.repeat(1_000))) sent += 1_000;
        if (!socket.destroyed) socket.once('drain', more);
      };
      more();
    });
    const failure = await failureOf(clientOf(server, { maxResponseBytes: limit }).credits.getCredits());
    expect(failure).toBeInstanceOf(OpenRouterResponseException);
    expect(failure.message).toContain('larger than `maxResponseBytes` (2000)');
    await until(() => server.sockets[0]!.destroyed);
    expect(sent).toBeGreaterThan(limit);
    expect(server.requests.length).toBe(1);
  });

  it('does not stand in the way of a refusal', async () => {
    const server = await startServer((_request, response) => sendJson(response, 'x'.repeat(5_000), 401));
    expect(await failureOf(clientOf(server, { maxResponseBytes: limit }).credits.getCredits())).toMatchObject(
      {
        name: 'OpenRouterUnauthorizedException',
      },
    );
  });
});

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = copy[at]! ^ 0xff;
  return copy;
}
