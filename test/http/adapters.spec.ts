import { Readable } from 'node:stream';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import axios, { type AxiosAdapter, type AxiosResponse, type InternalAxiosRequestConfig } from 'axios';
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  OpenRouterAbortException,
  OpenRouterConnectionException,
  OpenRouterResponseException,
  OpenRouterTimeoutException,
} from '../../lib/errors/index.js';
import { failureOf } from '../support/failures.js';
import { leaksIn } from '../support/leaks.js';
import {
  answerWell,
  API_KEY,
  CHARGE,
  cleanUp,
  clientOf,
  closedPort,
  CREDITS,
  CREDITS_BODY,
  MANAGEMENT_KEY,
  sendError,
  startRawServer,
  startServer,
} from '../support/servers.js';
import { sleep, until } from '../support/waiting.js';

afterEach(cleanUp);

/** An adapter that answers with what it is told, and keeps what it was asked. */
function answering(
  data: unknown,
  { status = 200, headers = {} }: { status?: number; headers?: Record<string, string> } = {},
) {
  const configs: InternalAxiosRequestConfig[] = [];
  const adapter: AxiosAdapter = async (config) => {
    configs.push(config);
    const body: unknown = typeof data === 'function' ? await (data as () => unknown)() : data;
    return { data: body, status, statusText: '', headers, config } as AxiosResponse;
  };
  return { adapter, configs };
}

const BASE = 'https://api.test/v1';

describe('an adapter of the user', () => {
  it('is asked what the server would be', async () => {
    const { adapter, configs } = answering('{"data":{"id":"ch_1"}}');
    const client = clientOf(BASE, { axios: { adapter } });
    await expect(client.credits.createCoinbaseCharge({ amount: 1 })).resolves.toEqual(CHARGE);
    const [config] = configs;
    expect(config).toMatchObject({ url: `${BASE}/credits/coinbase`, data: '{"amount":1}', maxRedirects: 0 });
    expect(config!.method?.toUpperCase()).toBe('POST');
    expect(config!.headers.get('authorization')).toBe(`Bearer ${API_KEY}`);
  });

  it.each<[string, () => unknown]>([
    ['a text', () => CREDITS_BODY],
    ['a buffer', () => Buffer.from(CREDITS_BODY)],
    ['bytes', () => new TextEncoder().encode(CREDITS_BODY)],
    ['a stream of Node', () => Readable.from([Buffer.from(CREDITS_BODY)])],
    ['a stream of texts', () => Readable.from([CREDITS_BODY.slice(0, 9), CREDITS_BODY.slice(9)])],
    ['a web stream', () => new Blob([CREDITS_BODY]).stream()],
    ['the stream of a Response', () => new Response(CREDITS_BODY).body],
    [
      'a generator',
      async function* generate() {
        await Promise.resolve();
        yield Buffer.from(CREDITS_BODY);
      },
    ],
  ])('may answer with %s', async (_name, body) => {
    const client = clientOf(BASE, { axios: { adapter: answering(body).adapter } });
    await expect(client.credits.getCredits()).resolves.toEqual(CREDITS);
  });

  it.each<[string, () => unknown, string]>([
    [
      'an object',
      () => ({ data: { total_credits: 1, total_usage: 0 } }),
      'neither a string, bytes nor a stream',
    ],
    ['a list', () => [1], 'neither a string, bytes nor a stream'],
    ['a number', () => 7, 'neither a string, bytes nor a stream'],
    ['an ArrayBuffer', () => new ArrayBuffer(4), 'neither a string, bytes nor a stream'],
    ['nothing', () => undefined, 'is empty'],
    ['null', () => null, 'is empty'],
    [
      'a stream of objects',
      () => Readable.from([{ data: {} }]),
      'the connection was lost in the middle of the body',
    ],
    [
      'a stream that fails',
      () => Readable.from(failing()),
      'the connection was lost in the middle of the body',
    ],
  ])('causes a response exception where it answers with %s', async (_name, body, text) => {
    const client = clientOf(BASE, { retry: false, axios: { adapter: answering(body).adapter } });
    const failure = await failureOf(client.credits.getCredits());
    expect(failure).toBeInstanceOf(OpenRouterResponseException);
    expect(failure).toMatchObject({ delivery: 'applied' });
    expect(failure.message).toContain(text);
  });

  it.each<[string, () => unknown]>([
    ['a text', () => 'x'.repeat(101)],
    ['bytes', () => Buffer.alloc(101, 'x')],
    ['a stream', () => Readable.from([Buffer.alloc(60, 'x'), Buffer.alloc(41, 'x')])],
    [
      'an endless web stream',
      () => new ReadableStream({ pull: (controller) => controller.enqueue(Buffer.alloc(60)) }),
    ],
  ])('is bound to `maxResponseBytes`, too: %s', async (_name, body) => {
    const client = clientOf(BASE, { maxResponseBytes: 100, axios: { adapter: answering(body).adapter } });
    expect((await failureOf(client.credits.getCredits())).message).toContain(
      'larger than `maxResponseBytes` (100)',
    );
  });

  it('has its headers read in whatever case', async () => {
    const { adapter, configs } = answering('{"error":{"code":429,"message":"slow down"}}', {
      status: 429,
      headers: { 'Retry-After': '3600', 'X-Request-Id': 'req_1' },
    });
    const failure = await failureOf(clientOf(BASE, { axios: { adapter } }).credits.getCredits());
    // Found in one case only, the wish of the server would not be kept.
    expect(failure).toMatchObject({ status: 429, retryAfterMs: 3_600_000, requestId: 'req_1' });
    expect(configs.length).toBe(1);
  });

  it.each<[string, () => unknown]>([
    ['rejects', () => Promise.reject(Object.assign(new Error('socket gone'), { code: 'ECONNRESET' }))],
    [
      'throws',
      () => {
        throw new Error('socket gone');
      },
    ],
  ])('leaves the effect of a POST unknown, and is asked once, where it %s', async (_name, body) => {
    const { adapter, configs } = answering(body);
    const failure = await failureOf(
      clientOf(BASE, { axios: { adapter } }).credits.createCoinbaseCharge({ amount: 1 }),
    );
    expect(failure).toBeInstanceOf(OpenRouterConnectionException);
    // Nothing is known of a request that another adapter sends, so it must count as sent.
    expect(configs.length).toBe(1);
    expect(failure).toMatchObject({ delivery: 'unknown' });
  });

  it('is ended in time where it hangs, is told so, and leaves the effect of a POST unknown', async () => {
    const { adapter, configs } = answering(() => new Promise(() => undefined));
    const client = clientOf(BASE, { timeoutMs: 40, axios: { adapter } });
    const failure = await failureOf(client.credits.createCoinbaseCharge({ amount: 1 }));
    expect(failure).toBeInstanceOf(OpenRouterTimeoutException);
    expect(configs.every(({ signal }) => signal?.aborted)).toBe(true);
    expect(configs.length).toBe(1);
    expect(failure).toMatchObject({ delivery: 'unknown' });
  });

  it('is told of an abort where it hangs; the effect is unknown', async () => {
    const { adapter, configs } = answering(() => new Promise(() => undefined));
    const controller = new AbortController();
    const failed = failureOf(
      clientOf(BASE, { axios: { adapter } }).credits.createCoinbaseCharge(
        { amount: 1 },
        { signal: controller.signal },
      ),
    );
    await until(() => configs.length === 1);
    controller.abort();
    const failure = await failed;
    expect(failure).toBeInstanceOf(OpenRouterAbortException);
    expect(configs[0]!.signal!.aborted).toBe(true);
    expect(failure).toMatchObject({ delivery: 'unknown' });
  });

  it('whose body never ends is left in time', async () => {
    const { adapter } = answering(
      () => new ReadableStream({ start: (controller) => controller.enqueue(Buffer.from('{')) }),
    );
    const failure = await failureOf(
      clientOf(BASE, { timeoutMs: 40, retry: false, axios: { adapter } }).credits.getCredits(),
    );
    expect(failure).toMatchObject({ name: 'OpenRouterTimeoutException', phase: 'body', delivery: 'applied' });
  });

  it('does not leak the key where it attaches its request to its error', async () => {
    const adapter: AxiosAdapter = (config) =>
      Promise.reject(
        Object.assign(new Error(`failed with ${String(config.headers.get('authorization'))}`), {
          config,
          request: { headers: config.headers.toJSON() },
          cause: Object.assign(new Error(`below: ${MANAGEMENT_KEY}`), { code: 'EODD', config }),
        }),
      );
    const failure = await failureOf(clientOf(BASE, { axios: { adapter } }).credits.getCredits());
    expect(failure).toBeInstanceOf(OpenRouterConnectionException);
    expect(leaksIn(failure, [MANAGEMENT_KEY])).toEqual([]);
    expect(failure.cause).toMatchObject({ code: 'EODD', message: 'below: [redacted]' });
    expect(Object.keys(failure.cause as object)).toEqual(['code']);
  });

  it('may reject with something that is no error', async () => {
    const adapter: AxiosAdapter = () =>
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
      Promise.reject('gone');
    const failure = await failureOf(
      clientOf(BASE, { retry: false, axios: { adapter } }).credits.getCredits(),
    );
    expect(failure).toBeInstanceOf(OpenRouterConnectionException);
    expect(failure.message).toContain('the connection was lost');
  });
});

describe('the fetch adapter of axios', () => {
  const fetching = { axios: { adapter: 'fetch' as const } };

  it('reads and creates', async () => {
    const server = await startServer(answerWell);
    const client = clientOf(server, fetching);
    await expect(client.credits.getCredits()).resolves.toEqual(CREDITS);
    await expect(client.credits.createCoinbaseCharge({ amount: 1 })).resolves.toEqual(CHARGE);
    expect(server.requests.map(({ method, headers }) => [method, headers.authorization])).toEqual([
      ['GET', `Bearer ${MANAGEMENT_KEY}`],
      ['POST', `Bearer ${API_KEY}`],
    ]);
  });

  // Fetch unpacks a body, and leaves its Content-Encoding standing.
  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ] as const)('reads what the server packs as %s', async (encoding, pack) => {
    const server = await startServer((request, response) => {
      const wanted = String(request.headers['accept-encoding']).includes(encoding);
      response.writeHead(200, wanted ? { 'content-encoding': encoding } : {});
      response.end(wanted ? pack(CREDITS_BODY) : CREDITS_BODY);
    });
    await expect(clientOf(server, fetching).credits.getCredits()).resolves.toEqual(CREDITS);
  });

  it('sends a POST once, even where its connection is reset', async () => {
    const server = await startRawServer((socket) => socket.resetAndDestroy());
    const failure = await failureOf(clientOf(server, fetching).credits.createCoinbaseCharge({ amount: 1 }));
    expect(failure).toBeInstanceOf(OpenRouterConnectionException);
    expect(server.requests.length).toBe(1);
    expect(failure).toMatchObject({ delivery: 'unknown' });
  });

  it('sends a POST once, even where nobody answers', async () => {
    const server = await startServer(() => undefined);
    const client = clientOf(server, { ...fetching, timeoutMs: 1_000 });
    const failure = await failureOf(client.credits.createCoinbaseCharge({ amount: 1 }));
    expect(failure).toBeInstanceOf(OpenRouterTimeoutException);
    expect(server.requests.length).toBe(1);
    expect(failure).toMatchObject({ delivery: 'unknown' });
  });

  it('does not follow redirects', async () => {
    const evil = await startServer(answerWell);
    const server = await startServer((_request, response) => {
      response.writeHead(307, { location: `${evil.baseUrl}/credits` });
      response.end();
    });
    await failureOf(
      clientOf(server, { ...fetching, retry: false }).credits.createCoinbaseCharge({ amount: 1 }),
    );
    expect(server.requests.length).toBe(1);
    expect(evil.sockets.length).toBe(0);
  });

  it('tells the errors of the API apart', async () => {
    const server = await startServer((_request, response) => sendError(response, 403));
    expect(await failureOf(clientOf(server, fetching).credits.getCredits())).toMatchObject({
      name: 'OpenRouterForbiddenException',
      message: 'failed with 403',
    });
  });

  it('is refused where nobody listens', async () => {
    const client = clientOf(`http://127.0.0.1:${await closedPort()}/v1`, fetching);
    const failure = await failureOf(client.credits.getCredits());
    expect(failure).toBeInstanceOf(OpenRouterConnectionException);
    expect(failure.message).toContain('ECONNREFUSED');
  });

  it.each<[string, unknown[]]>([
    ['before an absent one', ['fetch', undefined]],
    ['after absent ones', [undefined, null, false, 'fetch']],
  ])('may be in a list, %s', async (_title, adapter) => {
    const server = await startServer(answerWell);
    const client = clientOf(server, { axios: { adapter: adapter as never } });
    await expect(client.credits.getCredits()).resolves.toEqual(CREDITS);
  });

  it('ends with the signal of the caller', async () => {
    const server = await startServer(() => undefined);
    const controller = new AbortController();
    const failed = failureOf(clientOf(server, fetching).credits.getCredits({ signal: controller.signal }));
    await until(() => server.requests.length === 1);
    controller.abort();
    expect(await failed).toBeInstanceOf(OpenRouterAbortException);
    await until(() => server.sockets[0]!.destroyed);
    await sleep(5);
  });
});

describe('an adapter that is the one of Node', () => {
  it.each<[string, AxiosAdapter | 'http']>([
    ['by its name', 'http'],
    ['within another function', (config) => axios.getAdapter('http')(config)],
    ['in a list, where others are absent', [undefined, 'http', 'fetch'] as never],
  ])('keeps sockets for GETs, and gives each POST one of its own: %s', async (_name, adapter) => {
    const server = await startServer(answerWell);
    const { credits } = clientOf(server, { axios: { adapter } });
    await expect(credits.getCredits()).resolves.toEqual(CREDITS);
    await expect(credits.createCoinbaseCharge({ amount: 1 })).resolves.toEqual(CHARGE);
    await expect(credits.getCredits()).resolves.toEqual(CREDITS);
    expect(server.requests.map(({ socket }) => server.sockets.indexOf(socket))).toEqual([0, 1, 0]);
    await until(() => server.sockets[1]!.destroyed);
  });
});

async function* failing(): AsyncGenerator<Buffer> {
  yield Buffer.from('{');
  await Promise.reject(new Error('lost'));
}

describe('an adapter that forgets the status', () => {
  it('has not told of a success', async () => {
    const adapter = (config: unknown) =>
      Promise.resolve({ data: CREDITS_BODY, headers: {}, config } as never);
    const client = clientOf('https://api.test/v1', { axios: { adapter }, retry: false });
    expect(await failureOf(client.credits.getCredits())).toMatchObject({
      name: 'OpenRouterResponseException',
      delivery: 'unknown',
    });
  });
});
