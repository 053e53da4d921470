import { Agent as HttpAgent, request as requestTunnel } from 'node:http';
import { Agent as HttpsAgent, type RequestOptions } from 'node:https';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { OpenRouterModuleOptions } from '../../lib/options/openrouter-options.js';
import { failureOf } from '../support/failures.js';
import { leaksIn } from '../support/leaks.js';
import { type ProxySettings, startProxy, type TestProxy } from '../support/proxy.js';
import {
  answerWell,
  API_KEY,
  CHARGE,
  cleanUp,
  clientOf,
  closedPort,
  CREDITS,
  endLater,
  MANAGEMENT_KEY,
  startServer,
  startTlsServer,
} from '../support/servers.js';
import { tlsIdentity } from '../support/tls.js';
import { until } from '../support/waiting.js';

afterEach(cleanUp);

const AUTH = { username: 'me', password: 'Hunter2-of-the-proxy' };
const BASIC = `Basic ${Buffer.from('me:Hunter2-of-the-proxy').toString('base64')}`;

async function proxied(settings?: ProxySettings): Promise<TestProxy> {
  const proxy = await startProxy(settings);
  endLater(() => proxy.close());
  return proxy;
}

/** A server that speaks TLS; its name is `localhost`. */
async function startOrigin() {
  const { port, requests, sockets } = await startTlsServer((request, response) => {
    expect(request.headers['proxy-authorization']).toBeUndefined();
    answerWell(request, response);
  });
  return {
    port,
    requests: () => requests.map(({ method, path, headers }) => `${method} ${path} ${headers.authorization}`),
    openSockets: () => sockets.filter((socket) => !socket.destroyed).length,
    opened: () => sockets.length,
  };
}

/** An agent that trusts the certificate of the tests. */
function trusting(): HttpsAgent {
  const agent = new HttpsAgent({ ca: tlsIdentity.cert });
  endLater(() => agent.destroy());
  return agent;
}

function through(
  { port }: { port: number },
  originPort: number,
  axios: OpenRouterModuleOptions['axios'] = {},
  options: OpenRouterModuleOptions = {},
) {
  return clientOf(`https://localhost:${originPort}/v1`, {
    ...options,
    axios: {
      httpsAgent: trusting(),
      proxy: { protocol: 'http', host: '127.0.0.1', port, auth: AUTH },
      ...axios,
    },
  });
}

describe('a proxy for http:', () => {
  const plain = (proxy: TestProxy, axios: OpenRouterModuleOptions['axios'] = {}) =>
    clientOf('http://api.test/v1', {
      allowInsecureBaseUrl: true,
      axios: { proxy: { protocol: 'http', host: '127.0.0.1', port: proxy.port }, ...axios },
    });

  it('gets the whole URL, and the name of the host', async () => {
    const server = await startServer(answerWell);
    const proxy = await proxied({ hosts: { 'api.test': server.port } });
    const client = plain(proxy);
    await expect(client.credits.getCredits()).resolves.toEqual(CREDITS);
    await expect(client.credits.createCoinbaseCharge({ amount: 1 })).resolves.toEqual(CHARGE);
    expect(proxy.requests.map(({ line, headers }) => [line, headers.host])).toEqual([
      ['GET http://api.test/v1/credits', 'api.test'],
      ['POST http://api.test/v1/credits/coinbase', 'api.test'],
    ]);
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([
      `Bearer ${MANAGEMENT_KEY}`,
      `Bearer ${API_KEY}`,
    ]);
    expect(proxy.requests[0]!.headers['proxy-authorization']).toBeUndefined();
  });

  it('gets its password, which goes no further', async () => {
    const server = await startServer(answerWell);
    const proxy = await proxied({ hosts: { 'api.test': server.port } });
    await plain(proxy, {
      proxy: { protocol: 'http:', host: '127.0.0.1', port: proxy.port, auth: AUTH },
    }).credits.getCredits();
    expect(proxy.requests[0]!.headers['proxy-authorization']).toBe(BASIC);
    expect(server.requests[0]!.headers['proxy-authorization']).toBeUndefined();
  });

  it('may be given as a URL', async () => {
    const server = await startServer(answerWell);
    const proxy = await proxied({ hosts: { 'api.test': server.port } });
    const url = new URL(`http://me:Hunter2-of-the-proxy@127.0.0.1:${proxy.port}`);
    await expect(plain(proxy, { proxy: url as never }).credits.getCredits()).resolves.toEqual(CREDITS);
    expect(proxy.requests[0]!.headers['proxy-authorization']).toBe(BASIC);
  });

  it('is connected to by the agent of the user', async () => {
    const server = await startServer(answerWell);
    const proxy = await proxied({ hosts: { 'api.test': server.port } });
    const httpAgent = new HttpAgent({ keepAlive: true });
    endLater(() => httpAgent.destroy());
    await plain(proxy, { httpAgent }).credits.getCredits();
    expect(Object.keys(httpAgent.freeSockets)).toEqual([`127.0.0.1:${proxy.port}:`]);
  });
});

describe('a proxy for https:', () => {
  it('opens a tunnel, and sees neither key nor path', async () => {
    const origin = await startOrigin();
    const proxy = await proxied();
    const client = through(proxy, origin.port);
    await expect(client.credits.getCredits()).resolves.toEqual(CREDITS);
    expect(origin.requests()).toEqual([`GET /v1/credits Bearer ${MANAGEMENT_KEY}`]);
    expect(proxy.requests).toEqual([
      {
        line: `CONNECT localhost:${origin.port}`,
        headers: expect.objectContaining({ host: `localhost:${origin.port}`, 'proxy-authorization': BASIC }),
      },
    ]);
    expect(leaksIn(proxy.requests, [MANAGEMENT_KEY])).toEqual([]);
  });

  it('keeps a tunnel for the next GET, and gives each POST one of its own', async () => {
    const origin = await startOrigin();
    const proxy = await proxied();
    const { credits } = through(proxy, origin.port);
    await credits.getCredits();
    await credits.getCredits();
    expect(proxy.requests.length).toBe(1);
    await expect(credits.createCoinbaseCharge({ amount: 1 })).resolves.toEqual(CHARGE);
    await credits.createCoinbaseCharge({ amount: 1 });
    await credits.getCredits({ apiKey: 'sk-or-v1-other' });
    await credits.getCredits();
    expect(proxy.requests.length).toBe(4);
    await until(() => origin.openSockets() === 1);
  });

  it('opens at most 50 tunnels at a time', async () => {
    const origin = await startOrigin();
    const proxy = await proxied();
    const { credits } = through(proxy, origin.port, {}, { timeoutMs: 20_000 });
    const calls = Array.from({ length: 70 }, () => credits.getCredits());
    await expect(Promise.all(calls)).resolves.toEqual(Array(70).fill(CREDITS));
    expect(proxy.requests.length).toBeLessThanOrEqual(50);
  }, 30_000);

  it('may be spoken to over TLS', async () => {
    const origin = await startOrigin();
    const proxy = await proxied({ isSecure: true });
    const client = through(proxy, origin.port, {
      proxy: { protocol: 'https', host: '127.0.0.1', port: proxy.port, auth: AUTH },
    });
    await expect(client.credits.getCredits()).resolves.toEqual(CREDITS);
    expect(proxy.requests[0]!.headers['proxy-authorization']).toBe(BASIC);
  });

  it.each([
    ['JSON', 'content-type: application/json\r\ncontent-length: 28\r\n\r\n{"error":{"message":"who?"}}'],
    ['a page', 'content-type: text/html\r\n\r\n<html><head><title>who?</title></head></html>'],
    ['chunks', 'transfer-encoding: chunked\r\n\r\n6\r\n who? \r\n0\r\n\r\n'],
  ])('is told as its answer where it asks who wants a tunnel: %s', async (_name, rest) => {
    const proxy = await proxied({
      onConnect: (socket) => {
        socket.write('HTTP/1.1 407 Proxy Authentication Required\r\nconnection: keep-alive\r\n');
        socket.end(rest);
      },
    });
    const origin = await startOrigin();
    for (const act of ['getCredits', 'createCoinbaseCharge'] as const) {
      const { credits } = through(proxy, origin.port);
      const failure = await failureOf(
        act === 'getCredits' ? credits.getCredits() : credits.createCoinbaseCharge({ amount: 1 }),
      );
      expect(failure).toMatchObject({ name: 'OpenRouterApiException', status: 407, delivery: 'rejected' });
      expect(failure.message).toContain('who?');
    }
    expect(origin.opened()).toBe(0);
  });

  it('is told the key by nobody, even where it refuses and goes on listening', async () => {
    let heard = '';
    const proxy = await proxied({
      onConnect: (socket) => {
        socket.on('data', (chunk: Buffer) => (heard += chunk.toString()));
        socket.write('HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\n\r\nno');
      },
    });
    const failure = await failureOf(through(proxy, 1, {}, { retry: false }).credits.getCredits());
    expect(failure).toMatchObject({ status: 403 });
    await until(() => proxy.sockets.size === 0);
    expect(heard).toBe('');
  });

  it.each<[string, (socket: Socket) => unknown]>([
    ['closes the connection in silence', (socket) => socket.end()],
    ['resets the connection', (socket) => socket.resetAndDestroy()],
    ['speaks something else', (socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n')],
    ['stops in the middle of a header', (socket) => socket.end('HTTP/1.1 200 Connection est')],
  ])(
    'causes a connection fault at once, before the request is sent, where it %s',
    async (_name, onConnect) => {
      const proxy = await proxied({ onConnect });
      const { credits } = through(proxy, 1, {}, { timeoutMs: 60_000, deadlineMs: 60_000 });
      const failure = await failureOf(credits.createCoinbaseCharge({ amount: 1 }));
      expect(failure).toMatchObject({
        name: 'OpenRouterConnectionException',
        phase: 'connect',
        delivery: 'not-sent',
      });
      expect(leaksIn(failure, [API_KEY, AUTH.password])).toEqual([]);
      // Nothing was sent, so that even a POST is tried again.
      expect(proxy.requests.length).toBe(3);
    },
  );

  it('is ended in time where it never answers, and its connection with it', async () => {
    const proxy = await proxied({ onConnect: () => undefined });
    const { credits } = through(proxy, 1, {}, { timeoutMs: 300, retry: false });
    expect(await failureOf(credits.getCredits())).toMatchObject({
      name: 'OpenRouterTimeoutException',
      phase: 'connect',
      delivery: 'not-sent',
    });
    await until(() => proxy.sockets.size === 0);
  });

  it.each(['abort', 'close'])('is left by %s while it opens a tunnel', async (way) => {
    const proxy = await proxied({ onConnect: () => undefined });
    const client = through(proxy, 1);
    const controller = new AbortController();
    const failed = failureOf(client.credits.getCredits({ signal: controller.signal }));
    await until(() => proxy.requests.length === 1);
    if (way === 'abort') controller.abort();
    else await client.close();
    expect(await failed).toMatchObject({ name: 'OpenRouterAbortException', delivery: 'not-sent' });
    await until(() => proxy.sockets.size === 0);
  });

  it('is a refused connection where it is not there', async () => {
    const { credits } = through({ port: await closedPort() }, 1, {}, { retry: false });
    expect(await failureOf(credits.getCredits())).toMatchObject({
      phase: 'connect',
      delivery: 'not-sent',
      cause: { code: 'ECONNREFUSED' },
    });
  });

  it('does not stand for the certificate of the host', async () => {
    const origin = await startOrigin();
    const proxy = await proxied();
    const { credits } = through(proxy, origin.port, { httpsAgent: undefined });
    expect(await failureOf(credits.createCoinbaseCharge({ amount: 1 }))).toMatchObject({
      phase: 'tls',
      delivery: 'not-sent',
      cause: { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
    });
    expect(origin.requests()).toEqual([]);
  });

  it('has its tunnels ended by close()', async () => {
    const origin = await startOrigin();
    const proxy = await proxied();
    const client = through(proxy, origin.port);
    await client.credits.getCredits();
    expect(proxy.sockets.size).toBe(1);
    await client.close();
    await until(() => proxy.sockets.size === 0 && origin.openSockets() === 0);
  });
});

describe('an agent that knows a proxy', () => {
  /** The least that such an agent does. */
  class TunnellingAgent extends HttpsAgent {
    constructor(
      readonly proxy: URL,
      options: object,
    ) {
      super(options);
    }

    override createConnection(
      options: RequestOptions,
      callback?: (error: Error | null, stream: Socket) => void,
    ): undefined {
      const { hostname, port, username, password } = this.proxy;
      const login = Buffer.from(`${username}:${password}`).toString('base64');
      requestTunnel({
        hostname,
        port,
        method: 'CONNECT',
        path: `${options.host}:${options.port}`,
        headers: { 'proxy-authorization': `Basic ${login}` },
        agent: false,
      })
        .once('connect', (_response, socket) =>
          callback!(null, connectTls({ ...(options as object), socket, servername: 'localhost' })),
        )
        .once('error', (error) => callback!(error, undefined as never))
        .end();
    }
  }

  it.each([false, true])('is used as it is, also beside `axios.proxy`: %s', async (isBeside) => {
    const origin = await startOrigin();
    const proxy = await proxied();
    const agent = new TunnellingAgent(new URL(`http://me:Hunter2-of-the-proxy@127.0.0.1:${proxy.port}`), {
      ca: tlsIdentity.cert,
      keepAlive: true,
    });
    endLater(() => agent.destroy());
    const client = clientOf(`https://localhost:${origin.port}/v1`, {
      axios: {
        httpsAgent: agent,
        ...(isBeside && { proxy: { protocol: 'http', host: '127.0.0.1', port: await closedPort() } }),
      },
    });
    await expect(client.credits.getCredits()).resolves.toEqual(CREDITS);
    await expect(client.credits.getCredits()).resolves.toEqual(CREDITS);
    expect(proxy.requests.map(({ line, headers }) => [line, headers['proxy-authorization']])).toEqual([
      [`CONNECT localhost:${origin.port}`, BASIC],
    ]);
  });
});
