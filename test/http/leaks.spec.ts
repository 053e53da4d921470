import { Agent } from 'node:http';
import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { OpenRouterClient } from '../../lib/openrouter.client.js';
import { failureOf } from '../support/failures.js';
import { leaksIn, observableTexts } from '../support/leaks.js';
import {
  answerWell,
  API_KEY,
  cleanUp,
  clientOf,
  CREDITS,
  MANAGEMENT_KEY,
  type SeenRequest,
  startRawServer,
  startServer,
  type TestServer,
} from '../support/servers.js';

afterEach(cleanUp);

const GATEWAY_KEY = 'gateway/credential+7f3a=Zq81LmN0pXy2';
const SECRETS = [API_KEY, MANAGEMENT_KEY, GATEWAY_KEY];

function keyOf(request: SeenRequest): string {
  return String(request.headers.authorization).replace('Bearer ', '');
}

/** A server that echoes the key it was called with. */
function echoing(
  status: number,
  body: (key: string) => string,
  headers: (key: string) => Record<string, string> = () => ({}),
): Promise<TestServer> {
  return startServer((request, response) => {
    const key = keyOf(request);
    response.writeHead(status, headers(key));
    response.end(body(key));
  });
}

/** A raw server that echoes the key it was called with. */
function echoingRaw(bytes: (key: string) => string): Promise<TestServer> {
  return startRawServer((socket, head) => {
    socket.end(bytes(/authorization: Bearer (\S+)/i.exec(head)?.[1] ?? ''), 'latin1');
  });
}

const base64 = (text: string) => Buffer.from(text).toString('base64');
const call = (client: OpenRouterClient) => client.credits.getCredits();

const cases: [string, () => Promise<TestServer>, ((client: OpenRouterClient) => Promise<unknown>)?][] = [
  [
    'message, metadata and names of a 401',
    () =>
      echoing(401, (key) =>
        JSON.stringify({
          error: {
            code: 401,
            message: `key ${key} as ${encodeURIComponent(key)} or ${base64(key)} in Bearer ${key}`,
            metadata: {
              raw: key,
              list: [[key]],
              [key]: 1,
              limit_source: key,
              headers: { 'Retry-After': key },
            },
          },
          user_id: key,
        }),
      ),
  ],
  [
    'pieces and other spellings of it',
    () =>
      echoing(401, (key) =>
        JSON.stringify({
          error: {
            message: `${key.slice(3, 25)} ${Buffer.from(key).toString('hex')} ${Array.from(key).join('\u200b')}`,
            metadata: {
              half: key.slice(0, key.length / 2 + 8),
              nul: Array.from(key).join('\0'),
              user: base64(`:${key}`),
              password: base64(`${key}:`),
              inside: base64(`{"key":"${key}"}`),
              upper: Buffer.from(key).toString('hex').toUpperCase(),
            },
          },
        }),
      ),
  ],
  [
    'the title of a page',
    () => echoing(502, (key) => `<html><head><title>bad ${key}</title></head>${key}</html>`),
  ],
  ['plain text', () => echoing(500, (key) => `no ${key}, ${base64(key)}, ${encodeURIComponent(key)}`)],
  ['problem+json', () => echoing(400, (key) => JSON.stringify({ title: key, detail: `bad ${key}` }))],
  ['an error as text', () => echoing(403, (key) => JSON.stringify({ error: key }))],
  ['a key at the edge of the excerpt', () => echoing(500, (key) => `${'x'.repeat(190)} ${key}`)],
  [
    'a key at the edge of a long message',
    () => echoing(500, (key) => JSON.stringify({ error: { message: 'x'.repeat(990) + key } })),
  ],
  // Cut before it is scrubbed, half a key would match no spelling any more.
  ['a key at the edge of what is read', () => echoing(500, (key) => `${' '.repeat(9_985)}${key}`)],
  [
    'an encoded key at the edge of what is read',
    () => echoing(500, (key) => `${' '.repeat(9_970)}${base64(key)}`),
  ],
  [
    'the id of the request',
    () =>
      echoing(
        404,
        () => '{}',
        (key) => ({ 'x-request-id': key }),
      ),
  ],
  [
    'other headers',
    () =>
      echoing(
        429,
        () => '{}',
        (key) => ({ 'retry-after': key, date: key, 'x-key': key }),
      ),
  ],
  [
    'the target of a redirect',
    () =>
      echoing(
        302,
        (key) => key,
        (key) => ({ location: `https://evil.test/${key}` }),
      ),
  ],
  [
    'a success that is a page',
    () =>
      echoing(
        200,
        (key) => `<b>${key}</b>`,
        (key) => ({ 'content-type': `text/${encodeURIComponent(key)}` }),
      ),
  ],
  [
    'a success of another shape',
    () => echoing(200, (key) => JSON.stringify({ data: { total_credits: key } })),
  ],
  [
    'a success that is an error',
    () => echoing(200, (key) => JSON.stringify({ error: { code: 402, message: key } })),
  ],
  [
    'an encoding',
    () =>
      echoing(
        200,
        (key) => key,
        (key) => ({ 'content-encoding': key }),
      ),
  ],
  [
    'text that calls itself gzip',
    () =>
      echoing(
        200,
        (key) => key,
        () => ({ 'content-encoding': 'gzip' }),
      ),
  ],
  ['a status line', () => echoingRaw((key) => `HTTP/1.1 401 ${key}\r\ncontent-length: 0\r\n\r\n`)],
  ['bytes that are no HTTP', () => echoingRaw((key) => `${key}\r\n\r\n`)],
  ['a header that breaks off', () => echoingRaw((key) => `HTTP/1.1 200 OK\r\n${key}`)],
  ['a body cut short', () => echoingRaw((key) => `HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n${key}`)],
  [
    'a wrong chunk',
    () => echoingRaw((key) => `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${key}\r\n`),
  ],
  ['a reset', () => startRawServer((socket) => socket.resetAndDestroy())],
  [
    'a timeout',
    () => startServer(() => undefined),
    (client) => client.credits.getCredits({ timeoutMs: 20, retry: false }),
  ],
  [
    'an abort',
    () => startServer(() => undefined),
    (client) => client.credits.getCredits({ signal: AbortSignal.timeout(20) }),
  ],
  [
    'a bad header of the call',
    () => startServer(answerWell),
    (client) => client.credits.getCredits({ headers: { 'x-a': `${API_KEY}\n` } }),
  ],
  [
    'a key as a name of the call',
    () => startServer(answerWell),
    (client) => client.credits.getCredits({ [API_KEY]: 1 }),
  ],
  [
    'a bad key of the call',
    () => startServer(answerWell),
    (client) => client.credits.getCredits({ apiKey: `${API_KEY}\n` }),
  ],
  [
    'a key in a charge',
    () => startServer(answerWell),
    (client) => client.credits.createCoinbaseCharge({ amount: 1, sender: API_KEY }),
  ],
];

describe('no key shows in what a call rejects with', () => {
  for (const [name, start, act = call] of cases) {
    it(`after ${name}`, async () => {
      const server = await start();
      const found: Record<string, string[]> = {};
      for (const key of [MANAGEMENT_KEY, GATEWAY_KEY]) {
        const failure = await failureOf(act(clientOf(server, { managementKey: key, retry: false })));
        expect(failure.name).toMatch(/^OpenRouter\w+Exception$/);
        found[key === GATEWAY_KEY ? 'a key of a gateway' : 'a key of OpenRouter'] = leaksIn(failure, SECRETS);
      }
      expect(found).toEqual({ 'a key of OpenRouter': [], 'a key of a gateway': [] });
    });
  }

  it('nor does the one that the call brought', async () => {
    const server = await echoing(401, (key) => `unknown: ${key} ${base64(key)}`);
    const failure = await failureOf(clientOf(server).credits.getCredits({ apiKey: GATEWAY_KEY }));
    expect(failure.message).toContain('unknown: [redacted] [redacted]');
    expect(leaksIn(failure, SECRETS)).toEqual([]);
  });
});

it('no credential of the extra headers shows either', async () => {
  const [ofAccount, ofCall] = ['edge-credential-5d1f8a3c7e', 'Zx81kkQm20-call-credential'];
  const server = await startServer((request, response) => {
    response.writeHead(403);
    response.end(
      `refused ${String(request.headers['x-api-key'])} ${String(request.headers['x-edge-token'])}`,
    );
  });
  const client = clientOf(server, { headers: { 'X-Api-Key': ofAccount } });
  const failure = await failureOf(client.credits.getCredits({ headers: { 'x-edge-token': ofCall } }));
  expect(failure.message).toContain('refused [redacted] [redacted]');
  expect(leaksIn(failure, [ofAccount, ofCall])).toEqual([]);
});

it.each<[string, (client: OpenRouterClient, signal: AbortSignal) => Promise<unknown>]>([
  ['of a call', ({ credits }, signal) => credits.getCredits({ signal })],
  ['of balance.get', ({ balance }, signal) => balance.get({ signal })],
  ['of balance.refresh', ({ balance }, signal) => balance.refresh({ signal })],
  ['of balance.forecast', ({ balance }, signal) => balance.forecast({ signal })],
  ['of the pages of keys', ({ apiKeys }, signal) => apiKeys.findByName('a', { signal })],
])('the reason %s that is aborted shows no key', async (_name, act) => {
  const server = await startServer(() => undefined);
  const client = clientOf(server, { managementKey: GATEWAY_KEY });
  for (const isEarly of [true, false]) {
    const controller = new AbortController();
    const reason = Object.assign(new Error(`no use for ${GATEWAY_KEY}`), { code: GATEWAY_KEY });
    if (isEarly) controller.abort(reason);
    const failing = failureOf(act(client, controller.signal));
    controller.abort(reason);
    const failure = await failing;
    expect(failure).toMatchObject({
      name: 'OpenRouterAbortException',
      cause: { message: 'no use for [redacted]', code: '[redacted]' },
    });
    expect(leaksIn(failure, SECRETS)).toEqual([]);
  }
});

it('a word of a header is no credential', async () => {
  const server = await startServer((_request, response) => {
    response.writeHead(403);
    response.end('the team has no access to the session of the team');
  });
  const client = clientOf(server, { headers: { 'x-session-mode': 'team' } });
  const failure = await failureOf(client.credits.getCredits({ headers: { 'x-token-kind': 'access' } }));
  expect(failure.message).toBe(
    'The server answered 403 (Forbidden): the team has no access to the session of the team',
  );
});

it.each([
  ['[upstream] connect error', '[upstream] connect error'],
  ['[2026-11-28] connect error', '[2026-11-28] connect error'],
  [`${API_KEY} is not known`, '[redacted] is not known'],
  ['[{"a":1', undefined],
  ['[', undefined],
  ['{"user_id":"user_1', undefined],
])('a text that begins with a bracket is no JSON by that: %s', async (body, shown) => {
  const server = await startServer((_request, response) => response.writeHead(400).end(body));
  const failure = await failureOf(call(clientOf(server)));
  expect(failure.message).toBe(
    `The server answered 400 (Bad Request)${shown === undefined ? ' with JSON that is cut short.' : `: ${shown}`}`,
  );
});

describe('what a proxy wants to know is not shown either', () => {
  const PASSWORD = 'Hunter2-of-the-proxy';
  const echoingProxy = () =>
    startServer((request, response) => {
      const sent = String(request.headers['proxy-authorization']);
      response.writeHead(407, { 'content-type': 'application/json', 'x-request-id': PASSWORD });
      response.end(
        JSON.stringify({ error: { code: 407, message: `${sent} is ${PASSWORD}`, metadata: { sent } } }),
      );
    });

  it.each(['Hunter2-of-the-proxy', 'pw42'])('the password %s of `axios.proxy`', async (password) => {
    const proxy = await echoingProxy();
    const client = clientOf('http://api.test/v1', {
      allowInsecureBaseUrl: true,
      axios: {
        proxy: {
          protocol: 'http',
          host: '127.0.0.1',
          port: proxy.port,
          auth: { username: 'me', password },
        },
      },
    });
    const failure = await failureOf(call(client));
    expect(failure.message).toContain('[redacted] is');
    for (const text of observableTexts(failure)) {
      expect(text).not.toContain(password);
      expect(text).not.toContain(base64(`me:${password}`));
    }
    expect(inspect(client, { showHidden: true, depth: 20 })).not.toContain(password);
  });

  it('nor the one of `axios.proxy` as a URL', async () => {
    const proxy = await echoingProxy();
    const url = new URL(`http://me:${PASSWORD}@127.0.0.1:${proxy.port}`);
    const client = clientOf('http://api.test/v1', {
      allowInsecureBaseUrl: true,
      axios: { proxy: url as never },
    });
    const failure = await failureOf(call(client));
    expect(failure.message).toContain('[redacted] is');
    for (const text of observableTexts(failure)) {
      expect(text).not.toContain(PASSWORD);
      expect(text).not.toContain(base64(`me:${PASSWORD}`));
    }
  });

  it('nor the one in the URL of an agent', async () => {
    const server = await startServer((_request, response) => {
      response.writeHead(500);
      response.end(`me:${PASSWORD} as ${base64(`me:${PASSWORD}`)} and token-of-the-header-1`);
    });
    const agent = Object.assign(new Agent(), {
      proxy: new URL(`http://me:${PASSWORD}@proxy.test`),
      proxyHeaders: { 'proxy-authorization': 'Basic token-of-the-header-1' },
    });
    const failure = await failureOf(call(clientOf(server, { retry: false, axios: { httpAgent: agent } })));
    agent.destroy();
    expect(failure.message).toMatch(/: \[redacted\] as \[redacted\] and ?\[redacted\]$/);
  });
});

describe('no key shows in a client', () => {
  it('before, in the middle of and after a call', async () => {
    const server = await startServer((request, response) =>
      setTimeout(() => answerWell(request, response), 10),
    );
    const client = clientOf(server, {
      apiKey: GATEWAY_KEY,
      managementKey: MANAGEMENT_KEY,
      headers: { 'x-api-key': GATEWAY_KEY, 'x-note': `for ${MANAGEMENT_KEY}` },
    });
    expect(leaksIn(client, SECRETS)).toEqual([]);
    const running = client.credits.getCredits();
    expect(leaksIn(client, SECRETS)).toEqual([]);
    await expect(running).resolves.toEqual(CREDITS);
    expect(leaksIn(client, SECRETS)).toEqual([]);
    expect(server.requests[0]!.headers).toMatchObject({
      'x-api-key': GATEWAY_KEY,
      'x-note': `for ${MANAGEMENT_KEY}`,
    });
  });

  it('nor does its machinery, so that what is printed can be read', () => {
    const text = inspect(clientOf('https://api.test/v1', { appTitle: 'The Shop' }));
    expect(text).toContain("appTitle: 'The Shop'");
    expect(text).toContain('keys: { api: true, management: true }');
    expect(text).not.toContain('pipeline');
  });
});

describe('the search itself', () => {
  it.each<[string, unknown]>([
    ['a message', new Error(`bad ${API_KEY}`)],
    ['a cause', new Error('bad', { cause: new Error(base64(API_KEY)) })],
    ['a hidden property', Object.defineProperty(new Error('bad'), 'hidden', { value: API_KEY })],
    ['a symbol', { [Symbol('s')]: { deep: [API_KEY] } }],
    [
      'a getter',
      Object.create({
        get key() {
          return API_KEY;
        },
      }),
    ],
    ['one end of it', new Error(API_KEY.slice(-12))],
    ['a name', { [API_KEY]: 1 }],
  ])('finds a key in %s', (_name, value) => {
    expect(leaksIn(value, [API_KEY])).not.toEqual([]);
  });

  it('looks everywhere', () => {
    expect(observableTexts(new Error('x')).size).toBeGreaterThan(7);
  });
});
