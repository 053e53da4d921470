import { Agent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import axios from 'axios';
import { afterEach, describe, expect, it } from '@jest/globals';
import { OpenRouterConnectionException } from '../../lib/errors/index.js';
import { proxyEnvironment } from '../support/environment.js';
import { failureOf } from '../support/failures.js';
import { lookingUp, lookupError } from '../support/lookup.js';
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
  endLater,
  sendError,
  startRawServer,
  startServer,
  startTcpServer,
  startTlsServer,
} from '../support/servers.js';
import { tlsIdentity } from '../support/tls.js';
import { until } from '../support/waiting.js';

afterEach(cleanUp);

describe('sockets', () => {
  it('are kept for the next GET', async () => {
    const server = await startServer((request, response, index) =>
      index % 4 === 3 ? sendError(response, 404) : answerWell(request, response),
    );
    const client = clientOf(server);
    for (let call = 0; call < 20; call += 1) {
      await client.credits.getCredits().catch(() => undefined);
    }
    expect(server.requests.length).toBe(20);
    expect(server.sockets.length).toBe(1);
  });

  it('may wait for an answer for longer than they may be idle', async () => {
    const server = await startServer((request, response, index) => {
      setTimeout(() => answerWell(request, response), index === 0 ? 0 : 4_500);
    });
    const client = clientOf(server, { timeoutMs: 20_000, retry: false });
    await client.credits.getCredits();
    // One on the kept socket, one on a new one.
    const calls = [client.credits.getCredits(), client.credits.getCredits()];
    await expect(Promise.all(calls)).resolves.toEqual([CREDITS, CREDITS]);
    expect(server.requests.length).toBe(3);
    expect(server.sockets.length).toBe(2);
  }, 30_000);

  it('are new for each POST, and closed after it', async () => {
    const server = await startServer(answerWell);
    const client = clientOf(server);
    await client.credits.getCredits();
    for (let call = 0; call < 3; call += 1) {
      await client.credits.createCoinbaseCharge({ amount: 1 });
    }
    await client.credits.getCredits();
    expect(server.sockets.length).toBe(4);
    expect(server.requests.map(({ method, socket }) => [method, server.sockets.indexOf(socket)])).toEqual([
      ['GET', 0],
      ['POST', 1],
      ['POST', 2],
      ['POST', 3],
      ['GET', 0],
    ]);
    await until(() => server.sockets.slice(1).every((socket) => socket.destroyed));
  });

  it('are new for each POST even where more are under way than an agent opens', async () => {
    let release: () => void = () => undefined;
    const full = new Promise<void>((resolve) => (release = resolve));
    const server = await startServer((request, response) => {
      void full.then(() => answerWell(request, response));
    });
    const client = clientOf(server);
    const calls = Array.from({ length: 56 }, () => client.credits.createCoinbaseCharge({ amount: 1 }));
    await until(() => server.requests.length >= 50);
    release();
    expect(await Promise.all(calls)).toEqual(Array(56).fill(CHARGE));
    // An agent without keep-alive hands its socket to the next request in its queue where it has `maxSockets`.
    expect(new Set(server.requests.map(({ socket }) => socket)).size).toBe(56);
  });

  it('are told to be closed after a POST', async () => {
    const server = await startServer(answerWell);
    await clientOf(server).credits.createCoinbaseCharge({ amount: 1 });
    expect(server.requests[0]!.headers.connection).toBe('close');
  });

  it('are at most 50 at a time', async () => {
    let release: () => void = () => undefined;
    const full = new Promise<void>((resolve) => (release = resolve));
    const server = await startServer((request, response) => {
      void full.then(() => answerWell(request, response));
    });
    const client = clientOf(server);
    const calls = Array.from({ length: 60 }, () => client.credits.getCredits());
    await until(() => server.requests.length === 50);
    release();
    expect(await Promise.all(calls)).toEqual(Array(60).fill(CREDITS));
    expect(server.sockets.length).toBe(50);
  });

  it('are new for each GET with a key of its own, and closed after it', async () => {
    const server = await startServer(answerWell);
    const client = clientOf(server);
    const keys = ['sk-or-v1-one', 'sk-or-v1-two', 'sk-or-v1-one', undefined, 'sk-or-v1-two', undefined];
    for (const apiKey of keys) {
      await client.credits.getCredits({ apiKey });
    }
    const used = server.requests.map(({ socket }) => server.sockets.indexOf(socket));
    expect(used).toEqual([0, 1, 2, 3, 4, 3]);
    expect(server.requests.map(({ headers }) => headers.connection)).toEqual(
      keys.map((key) => (key === undefined ? 'keep-alive' : 'close')),
    );
    await until(() => server.sockets.every((socket, index) => socket.destroyed === (index !== 3)));
  });

  it('are at most 50 at a time for GETs with keys of their own, and never handed on', async () => {
    let release: () => void = () => undefined;
    const full = new Promise<void>((resolve) => (release = resolve));
    let open = 0;
    let most = 0;
    const server = await startServer((request, response) => {
      most = Math.max(most, ++open);
      request.socket.once('close', () => (open -= 1));
      void full.then(() => answerWell(request, response));
    });
    const client = clientOf(server, { timeoutMs: 60_000, deadlineMs: 60_000 });
    const calls = Array.from({ length: 130 }, (_, call) =>
      client.credits.getCredits({ apiKey: `sk-or-v1-tenant-${call % 2}` }),
    );
    await until(() => server.requests.length === 50);
    release();
    expect(await Promise.all(calls)).toEqual(Array(130).fill(CREDITS));
    expect(most).toBe(50);
    expect(new Set(server.requests.map(({ socket }) => socket)).size).toBe(130);
    await until(() => server.sockets.every((socket) => socket.destroyed));
  });

  it('are free again after calls with keys of their own that have ended in the queue', async () => {
    let release: () => void = () => undefined;
    const full = new Promise<void>((resolve) => (release = resolve));
    const server = await startServer((request, response) => {
      void full.then(() => answerWell(request, response));
    });
    const client = clientOf(server, { retry: false });
    const call = (timeoutMs?: number) => client.credits.getCredits({ apiKey: API_KEY, timeoutMs });
    const first = Array.from({ length: 50 }, () => call());
    await until(() => server.requests.length === 50);
    const queued = await Promise.all(Array.from({ length: 30 }, () => failureOf(call(50))));
    expect(queued.map((error) => Reflect.get(error, 'delivery') as unknown)).toEqual(
      Array(30).fill('not-sent'),
    );
    release();
    expect(await Promise.all(first)).toEqual(Array(50).fill(CREDITS));
    expect(await Promise.all(Array.from({ length: 60 }, () => call()))).toEqual(Array(60).fill(CREDITS));
    // What was given up in the queue is not sent when its turn comes.
    expect(server.requests.length).toBe(110);
  });

  it('are replaced where the server closes them', async () => {
    const server = await startServer((request, response) => {
      response.setHeader('connection', 'close');
      answerWell(request, response);
    });
    const client = clientOf(server, { retry: false });
    await client.credits.getCredits();
    await expect(client.credits.getCredits()).resolves.toEqual(CREDITS);
    expect(server.sockets.length).toBe(2);
  });

  it('are replaced, too, where the server closes them while a GET is written', async () => {
    const server = await startRawServer((socket, _head, index) => {
      if (index === 1) socket.resetAndDestroy();
      else socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${CREDITS_BODY.length}\r\n\r\n${CREDITS_BODY}`);
    });
    const client = clientOf(server);
    await client.credits.getCredits();
    await expect(client.credits.getCredits()).resolves.toEqual(CREDITS);
    expect(server.requests.length).toBe(3);
    expect(server.sockets.length).toBe(2);
  });

  it('are those of the user’s agent where there is one', async () => {
    const server = await startServer(answerWell);
    let opened = 0;
    class CountingAgent extends Agent {
      override createConnection(...args: Parameters<Agent['createConnection']>) {
        opened += 1;
        return super.createConnection(...args);
      }
    }
    const httpAgent = new CountingAgent({ keepAlive: true });
    endLater(() => httpAgent.destroy());
    const client = clientOf(server, { axios: { httpAgent } });
    await client.credits.getCredits();
    await client.credits.getCredits();
    expect(opened).toBe(1);
    expect(server.sockets.length).toBe(1);
  });

  it('leave the effect of a POST unknown where they fail on the user’s kept agent', async () => {
    const server = await startRawServer((socket, _head, index) => {
      if (index === 0)
        socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${CREDITS_BODY.length}\r\n\r\n${CREDITS_BODY}`);
      else socket.resetAndDestroy();
    });
    const httpAgent = new Agent({ keepAlive: true });
    endLater(() => httpAgent.destroy());
    const client = clientOf(server, { axios: { httpAgent } });
    await client.credits.getCredits();
    const failure = await failureOf(client.credits.createCoinbaseCharge({ amount: 1 }));
    expect(failure).toMatchObject({ name: 'OpenRouterConnectionException', delivery: 'unknown' });
    expect(server.requests.length).toBe(2);
  });
});

describe('a connection that does not come about', () => {
  it('is refused', async () => {
    const port = await closedPort();
    const failure = await failureOf(clientOf(`http://127.0.0.1:${port}/v1`).credits.getCredits());
    expect(failure).toBeInstanceOf(OpenRouterConnectionException);
    expect(failure).toMatchObject({ phase: 'connect', delivery: 'not-sent' });
    expect(failure.message).toBe(
      'credits.getCredits: OpenRouter could not be reached while connecting: ' +
        'the connection was refused (ECONNREFUSED).',
    );
    expect(failure.cause).toMatchObject({ code: 'ECONNREFUSED', syscall: 'connect' });
  });

  it('is refused at every address of a name', async () => {
    const port = await closedPort();
    const client = clientOf(`http://api.test:${port}/v1`, {
      allowInsecureBaseUrl: true,
      retry: false,
      axios: {
        lookup: lookingUp(() => ['127.0.0.1', '127.0.0.2']).lookup,
      },
    });
    const failure = await failureOf(client.credits.createCoinbaseCharge({ amount: 1 }));
    expect(failure).toMatchObject({
      name: 'OpenRouterConnectionException',
      phase: 'connect',
      delivery: 'not-sent',
    });
    expect(failure.message).toContain('the connection was refused (ECONNREFUSED)');
    expect((failure.cause as Error).message).toContain('ECONNREFUSED');
  });

  it.each([
    ['ENOTFOUND', 'the host name is unknown; check `baseUrl` (ENOTFOUND)'],
    ['EAI_AGAIN', 'the host name could not be resolved at the moment (EAI_AGAIN)'],
    ['ESOMETHING', 'getaddrinfo ESOMETHING api.test (ESOMETHING)'],
  ])('has no address: %s', async (code, text) => {
    endLater(proxyEnvironment());
    const { lookup, asked } = lookingUp(() => lookupError(code));
    const client = clientOf('https://api.test/v1', {
      axios: {
        lookup,
      },
    });
    const failure = await failureOf(client.credits.createCoinbaseCharge({ amount: 1 }));
    expect(failure).toMatchObject({
      name: 'OpenRouterConnectionException',
      phase: 'dns',
      delivery: 'not-sent',
    });
    expect(failure.message).toBe(
      `credits.createCoinbaseCharge: OpenRouter could not be reached while resolving the host name: ${text}.`,
    );
    expect(asked()).toBe(3);
  });

  it('has no address, while the environment names a proxy that is not used', async () => {
    endLater(proxyEnvironment({ HTTPS_PROXY: 'http://user:hunter2@proxy.test:3128' }));
    const { lookup } = lookingUp(() => lookupError('ENOTFOUND'));
    const client = clientOf('https://api.test/v1', { retry: false, axios: { lookup } });
    expect((await failureOf(client.credits.getCredits())).message).toBe(
      'credits.getCredits: OpenRouter could not be reached while resolving the host name: the host name is unknown; ' +
        'check `baseUrl` (ENOTFOUND). `HTTPS_PROXY` is set in the environment and is not used, since the key must take no ' +
        'route that the options do not name. To use that proxy, set `axios.proxy`, or an agent as `axios.httpsAgent`.',
    );
  });

  it('lets nobody through, while the environment names a proxy that is not used', async () => {
    endLater(proxyEnvironment({ HTTPS_PROXY: 'http://proxy.test:3128' }));
    const silent = await startTcpServer(() => undefined);
    const client = clientOf(`https://api.test:${silent.port}/v1`, {
      retry: false,
      timeoutMs: 100,
      axios: { lookup: lookingUp(() => ['127.0.0.1']).lookup },
    });
    const failure = await failureOf(client.credits.getCredits());
    expect(failure).toMatchObject({ name: 'OpenRouterTimeoutException', phase: 'tls' });
    expect(failure.message).toMatch(
      /during the TLS handshake\. `HTTPS_PROXY` is set in the environment and is not used/,
    );
  });

  it('says nothing of a proxy once there was a connection', async () => {
    endLater(proxyEnvironment({ HTTP_PROXY: 'http://proxy.test:3128' }));
    const server = await startServer((_request, response) => response.destroy());
    const client = clientOf(`http://api.test:${server.port}/v1`, {
      allowInsecureBaseUrl: true,
      retry: false,
      axios: { lookup: lookingUp(() => ['127.0.0.1']).lookup },
    });
    const failure = await failureOf(client.credits.getCredits());
    expect(failure).toMatchObject({ name: 'OpenRouterConnectionException', phase: 'headers' });
    expect(failure.message).not.toContain('HTTP_PROXY');
  });
});

describe('TLS', () => {
  async function startTls() {
    const { port, requests, sockets } = await startTlsServer(answerWell);
    return {
      port,
      requests: () => requests.map(({ method, headers }) => `${method} ${headers.authorization}`),
      connections: () => sockets.length,
    };
  }

  it('is spoken with a server whose certificate is trusted', async () => {
    const { port, requests } = await startTls();
    const httpsAgent = new HttpsAgent({ ca: tlsIdentity.cert, keepAlive: true });
    endLater(() => httpsAgent.destroy());
    const client = clientOf(`https://localhost:${port}/v1`, { axios: { httpsAgent, family: 4 } });
    await expect(client.credits.getCredits()).resolves.toEqual(CREDITS);
    expect(requests()).toEqual([`GET Bearer ${MANAGEMENT_KEY}`]);
  });

  it('leaves nothing on a socket that is handed from one call to the next', async () => {
    const { port, connections } = await startTls();
    const httpsAgent = new HttpsAgent({ ca: tlsIdentity.cert, keepAlive: true, maxSockets: 1 });
    endLater(() => httpsAgent.destroy());
    const client = clientOf(`https://localhost:${port}/v1`, { axios: { httpsAgent, family: 4 } });
    await Promise.all(Array.from({ length: 5 }, () => client.credits.getCredits()));
    expect(connections()).toBe(1);
    const sockets = Object.values(httpsAgent.freeSockets).flatMap((free = []) => free);
    expect(sockets.map((socket) => socket.listenerCount('secureConnect'))).toEqual([0]);
  });

  it.each(['getCredits', 'createCoinbaseCharge'] as const)(
    'is refused for a certificate that is not, once and before anything is sent: %s',
    async (method) => {
      const { port, requests, connections } = await startTls();
      const { credits } = clientOf(`https://127.0.0.1:${port}/v1`);
      const failure = await failureOf(
        method === 'getCredits' ? credits.getCredits() : credits.createCoinbaseCharge({ amount: 1 }),
      );
      expect(failure).toMatchObject({
        name: 'OpenRouterConnectionException',
        phase: 'tls',
        delivery: 'not-sent',
        cause: { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
      });
      expect(failure.message).toContain('during the TLS handshake');
      expect(connections()).toBe(1);
      expect(requests()).toEqual([]);
    },
  );

  it('is refused by a server that speaks plain HTTP, in one line that says so', async () => {
    const { port } = await startServer(answerWell);
    const failure = await failureOf(clientOf(`https://127.0.0.1:${port}/v1`).credits.getCredits());
    expect(failure).toMatchObject({ phase: 'tls', delivery: 'not-sent' });
    expect(failure.message).toMatch(
      /^credits\.getCredits: .* during the TLS handshake: .*`baseUrl`.* `https:` \(E[\w]+\)\.$/,
    );
  });

  it('is refused for a certificate of another name', async () => {
    const { port, requests, connections } = await startTls();
    const httpsAgent = new HttpsAgent({ ca: tlsIdentity.cert });
    endLater(() => httpsAgent.destroy());
    const client = clientOf(`https://api.test:${port}/v1`, {
      axios: {
        httpsAgent,
        lookup: lookingUp(() => ['127.0.0.1']).lookup,
      },
    });
    expect(await failureOf(client.credits.getCredits())).toMatchObject({
      phase: 'tls',
      delivery: 'not-sent',
      cause: { code: 'ERR_TLS_CERT_ALTNAME_INVALID' },
    });
    expect(connections()).toBe(1);
    expect(requests()).toEqual([]);
  });

  it('is not found on a port that speaks plain HTTP', async () => {
    const server = await startTcpServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const failure = await failureOf(
      clientOf(`https://127.0.0.1:${server.port}/v1`).credits.createCoinbaseCharge({ amount: 1 }),
    );
    expect(failure).toMatchObject({
      name: 'OpenRouterConnectionException',
      phase: 'tls',
      delivery: 'not-sent',
    });
    expect(server.sockets.length).toBe(1);
  });

  it('is tried again where its handshake is reset, even for a POST', async () => {
    const server = await startTcpServer((socket) => socket.once('data', () => socket.resetAndDestroy()));
    const failure = await failureOf(
      clientOf(`https://127.0.0.1:${server.port}/v1`).credits.createCoinbaseCharge({ amount: 1 }),
    );
    expect(failure).toMatchObject({ phase: 'tls', delivery: 'not-sent', cause: { code: 'ECONNRESET' } });
    expect(server.sockets.length).toBe(3);
  });
});

describe('what else is set in the process', () => {
  it.each(['HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy'])('%s does not get the key', async (name) => {
    const evil = await startServer(answerWell);
    const server = await startServer(answerWell);
    const before = process.env[name];
    process.env[name] = `http://127.0.0.1:${evil.port}`;
    try {
      await clientOf(server).credits.getCredits();
    } finally {
      if (before === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = before;
    }
    expect(server.requests.length).toBe(1);
    expect(evil.sockets.length).toBe(0);
  });

  it('a proxy of the options does', async () => {
    const proxy = await startServer(answerWell);
    const client = clientOf('http://api.test/v1', {
      allowInsecureBaseUrl: true,
      axios: { proxy: { protocol: 'http', host: '127.0.0.1', port: proxy.port } },
    });
    await expect(client.credits.getCredits()).resolves.toEqual(CREDITS);
    expect(proxy.requests.map(({ path, headers }) => [path, headers.host])).toEqual([
      ['http://api.test/v1/credits', 'api.test'],
    ]);
  });

  it.each<[string, object]>([
    // An instance of axios is born with the defaults that any other module may have set.
    ['auth', { auth: { username: 'other', password: 'module' } }],
    ['params', { params: { other: 'module' } }],
    ['headers', { headers: { common: { 'x-other-module': '1' }, get: { 'x-other-module': '1' } } }],
    ['baseURL', { baseURL: 'http://127.0.0.1:1/', allowAbsoluteUrls: false }],
    ['timeout', { timeout: 1 }],
    ['limits', { maxContentLength: 1, maxBodyLength: 1 }],
    ['hooks', { validateStatus: () => false, transformResponse: [() => 'x'], adapter: ['nonsense'] }],
    ['socketPath', { socketPath: '/nowhere.sock' }],
  ])('axios.defaults.%s of other modules changes nothing', async (_name, others) => {
    const server = await startServer((request, response) => {
      setTimeout(() => answerWell(request, response), 10);
    });
    const before = { ...axios.defaults };
    Object.assign(axios.defaults, others);
    let client;
    try {
      client = clientOf(server, { retry: false });
      await expect(client.credits.getCredits()).resolves.toEqual(CREDITS);
      await expect(client.credits.createCoinbaseCharge({ amount: 1 })).resolves.toEqual(CHARGE);
    } finally {
      for (const name of Object.keys(others)) Reflect.deleteProperty(axios.defaults, name);
      Object.assign(axios.defaults, before);
    }
    const [request] = server.requests;
    expect(request!.path).toBe('/api/v1/credits');
    expect(request!.headers.authorization).toBe(`Bearer ${MANAGEMENT_KEY}`);
    expect(request!.headers['x-other-module']).toBeUndefined();
  });

  it('interceptors of the shared axios see nothing', async () => {
    const server = await startServer(answerWell);
    const seen: unknown[] = [];
    const id = axios.interceptors.request.use((config) => {
      seen.push(config);
      return config;
    });
    try {
      await clientOf(server).credits.getCredits();
    } finally {
      axios.interceptors.request.eject(id);
    }
    expect(seen).toEqual([]);
    expect(server.requests.length).toBe(1);
  });
});

describe('a kept connection that the server closes just as it is used', () => {
  it('is replaced at once by a fresh one, without counting as a retry', async () => {
    const server = await startServer((request, response) => {
      // The first request of a connection is answered, and the next one ends it.
      const isFirst = server.requests.filter(({ socket }) => socket === request.socket).length === 1;
      if (isFirst) answerWell(request, response);
      else request.socket.resetAndDestroy();
    });
    const client = clientOf(server, { retry: { maxRetries: 0 } });
    await client.credits.getCredits();
    await expect(client.credits.getCredits()).resolves.toEqual(CREDITS);
    expect(server.requests.length).toBe(3);
    expect(server.sockets.length).toBe(2);
  });

  it('is the end of a call that is not to be sent again', async () => {
    const server = await startServer((request, response) => {
      if (server.requests.length === 1) answerWell(request, response);
      else request.socket.resetAndDestroy();
    });
    const client = clientOf(server, { retry: false });
    await client.credits.getCredits();
    expect(await failureOf(client.credits.getCredits())).toMatchObject({
      name: 'OpenRouterConnectionException',
      delivery: 'unknown',
    });
    expect(server.requests.length).toBe(2);
  });
});
