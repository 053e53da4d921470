import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { OpenRouter } from '@openrouter/sdk';
import axios from 'axios';
import OpenAI from 'openai';
import { classifyOpenRouterError, type OpenRouterErrorVerdict } from '../../lib/errors/index.js';
import { OpenRouterSandbox, type OpenRouterSandboxOptions } from '../../lib/testing/index.js';
import { withoutKeyInEnvironment } from '../support/environment.js';
import { failureOf } from '../support/failures.js';
import { leaksIn } from '../support/leaks.js';
import { API_KEY, cleanUp, clientOf, closedPort, startServer, startTcpServer } from '../support/servers.js';
import { tlsIdentity } from '../support/tls.js';
import { bodyOf, REFUSALS } from './support.js';

const MESSAGES = [{ role: 'user' as const, content: 'Hi' }];

type Way = (baseUrl: string, signal?: AbortSignal) => Promise<unknown>;

function openAi(baseUrl: string, more: object = {}): OpenAI {
  return new OpenAI({ apiKey: API_KEY, baseURL: baseUrl, maxRetries: 0, ...more });
}

function officialSdk(baseUrl: string, more: object = {}): OpenRouter {
  return new OpenRouter({ apiKey: API_KEY, serverURL: baseUrl, retryConfig: { strategy: 'none' }, ...more });
}

function post(baseUrl: string, signal?: AbortSignal): Promise<Response> {
  return fetch(`${baseUrl}/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${API_KEY}` },
    body: '{}',
    ...(signal !== undefined && { signal }),
  });
}

/** Node's own under Jest rejects with an error of another realm, which openai does not take for one. */
function abortable(_url: unknown, { signal }: { signal: AbortSignal }): Promise<Response> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () =>
      reject(Object.assign(new Error('This operation was aborted'), { name: 'AbortError' })),
    );
  });
}

/** The ways in which an application calls chat completions, beside ours of calling the account. */
const WAYS: Readonly<Record<string, Way>> = {
  '@openrouter/sdk': (baseUrl, signal) =>
    officialSdk(baseUrl).chat.send(
      { chatRequest: { model: 'x/y', messages: MESSAGES } },
      signal === undefined ? {} : { fetchOptions: { signal } },
    ),
  'openai, streaming': (baseUrl, signal) =>
    openAi(baseUrl).chat.completions.create(
      { model: 'x/y', messages: MESSAGES, stream: true },
      signal === undefined ? {} : { signal },
    ),
  openai: (baseUrl, signal) =>
    openAi(baseUrl).chat.completions.create(
      { model: 'x/y', messages: MESSAGES },
      signal === undefined ? {} : { signal },
    ),
  axios: (baseUrl, signal) =>
    axios.post(
      `${baseUrl}/chat/completions`,
      {},
      {
        headers: { authorization: `Bearer ${API_KEY}` },
        ...(signal !== undefined && { signal }),
      },
    ),
  'fetch, with the body as text': async (baseUrl, signal) => {
    const { status, headers, body } = await post(baseUrl, signal).then(async (response) => ({
      status: response.status,
      headers: response.headers,
      body: await response.text(),
    }));
    throw Object.assign(new Error(`HTTP ${status}`), { status, headers, body });
  },
  'fetch, with the body parsed': async (baseUrl, signal) => {
    const response = await post(baseUrl, signal);
    const thrown: unknown = {
      status: response.status,
      headers: [...response.headers],
      body: await response.json(),
    };
    throw thrown;
  },
};

const OURS: Way = (baseUrl, signal) =>
  clientOf(baseUrl, { retry: false }).credits.getCredits(signal === undefined ? {} : { signal });

let putKeyBack: () => void;

beforeAll(() => {
  putKeyBack = withoutKeyInEnvironment();
});

afterAll(() => {
  putKeyBack();
});

const sandboxes: OpenRouterSandbox[] = [];
const tlsServers: ReturnType<typeof createServer>[] = [];

afterEach(async () => {
  await cleanUp();
  await Promise.all(sandboxes.splice(0).map((sandbox) => sandbox.stop()));
  for (const server of tlsServers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

async function sandboxed(options?: OpenRouterSandboxOptions): Promise<OpenRouterSandbox> {
  const sandbox = await OpenRouterSandbox.start(options);
  sandboxes.push(sandbox);
  return sandbox;
}

async function verdictOf(way: Way, baseUrl: string, signal?: AbortSignal): Promise<OpenRouterErrorVerdict> {
  return classifyOpenRouterError(await failureOf(way(baseUrl, signal)));
}

describe('an answer', () => {
  it.each(REFUSALS)('gets one verdict from every client: $name', async (refusal) => {
    const sandbox = await sandboxed();
    const expected = {
      ...refusal.verdict,
      status: refusal.status,
      message: expect.stringContaining(refusal.error.message),
    };
    for (const way of [OURS, ...Object.values(WAYS)]) {
      sandbox.failNext({ status: refusal.status, body: bodyOf(refusal), headers: refusal.headers });
      const error = await failureOf(way(sandbox.baseUrl));
      const verdict = classifyOpenRouterError(error);
      expect(verdict).toEqual(expected);
      expect(leaksIn(verdict, [API_KEY, 'user_2abcDEFghi'])).toEqual([]);
    }
    expect(sandbox.requests.map(({ path }) => path)).toEqual([
      '/api/v1/credits',
      ...Object.keys(WAYS).map(() => '/api/v1/chat/completions'),
    ]);
  });

  it.each(Object.entries({ OURS, ...WAYS }).filter(([name]) => !name.endsWith('parsed')))(
    'gets it from the status where it is no JSON: %s',
    async (_name, way) => {
      const sandbox = await sandboxed();
      sandbox.failNext({
        status: 502,
        body: '<html><title>Bad gateway</title></html>',
        headers: { 'content-type': 'text/html', 'retry-after': '4' },
      });
      const verdict = await verdictOf(way, sandbox.baseUrl);
      expect(verdict).toEqual({
        kind: 'upstream',
        status: 502,
        isTransient: true,
        retryAfterMs: 4_000,
        message: expect.stringContaining('Bad gateway'),
      });
    },
  );
});

describe('an account that has run out', () => {
  async function verdictsIn(
    sandbox: OpenRouterSandbox,
    apiKey = sandbox.apiKey,
  ): Promise<OpenRouterErrorVerdict[]> {
    const { baseUrl } = sandbox;
    const chat = { model: 'x/y', messages: MESSAGES };
    const failures = [
      await failureOf(openAi(baseUrl, { apiKey }).chat.completions.create(chat)),
      await failureOf(officialSdk(baseUrl, { apiKey }).chat.send({ chatRequest: chat })),
      await failureOf(
        axios.post(`${baseUrl}/chat/completions`, chat, { headers: { authorization: `Bearer ${apiKey}` } }),
      ),
    ];
    return failures.map(classifyOpenRouterError);
  }

  it('has no credits, until it is topped up', async () => {
    const sandbox = await sandboxed({ credits: { totalCredits: 1, totalUsage: 1 } });
    for (const verdict of await verdictsIn(sandbox)) {
      expect(verdict).toMatchObject({
        kind: 'out-of-credits',
        status: 402,
        limitSource: 'openrouter_credits',
      });
    }
    sandbox.topUp(5);
    await openAi(sandbox.baseUrl, { apiKey: sandbox.apiKey }).chat.completions.create({
      model: 'x/y',
      messages: MESSAGES,
    });
  });

  it.each([402, 403] as const)('has none of its key’s limit left, told as %i', async (keyLimitStatus) => {
    const sandbox = await sandboxed({ keyLimit: 1, keyLimitReset: 'daily', keyLimitStatus });
    sandbox.spend(1);
    for (const verdict of await verdictsIn(sandbox)) {
      expect(verdict).toMatchObject({
        kind: 'key-limit',
        status: keyLimitStatus,
        limitSource: 'openrouter_key_limit',
        isTransient: false,
        ...(keyLimitStatus === 402 && { affordableTokens: 0 }),
      });
    }
  });

  it('lacks nothing but a key of the right kind', async () => {
    const sandbox = await sandboxed();
    for (const verdict of await verdictsIn(sandbox, sandbox.managementKey)) {
      expect(verdict).toMatchObject({
        kind: 'unauthorized',
        status: 401,
        message: expect.stringMatching(/management key/),
      });
    }
  });
});

describe('an error inside a success', () => {
  const error = {
    code: 402,
    message: 'Insufficient credits. Add more using https://openrouter.ai/settings/credits',
  };
  const verdict = {
    kind: 'out-of-credits',
    status: 402,
    limitSource: 'openrouter_credits',
    isTransient: false,
    message: error.message,
  };

  it('is read from the body by every client', async () => {
    const sandbox = await sandboxed();
    for (const [name, way] of Object.entries({ OURS, ...WAYS })) {
      if (name.includes('streaming')) continue;
      sandbox.failNext({ status: 200, body: { error } });
      // openai and axios hand the body on as if nothing had happened.
      const outcome = await way(sandbox.baseUrl).catch((thrown: unknown) => thrown);
      expect(classifyOpenRouterError(outcome)).toEqual(verdict);
    }
  });

  it('is read from the chunk of a stream', async () => {
    const chunk = {
      id: 'gen-1',
      object: 'chat.completion.chunk',
      created: 1,
      model: 'x/y',
      error,
      choices: [{ index: 0, delta: { content: '' }, finish_reason: 'error' }],
    };
    const { baseUrl } = await startServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(`: OPENROUTER PROCESSING\n\ndata: ${JSON.stringify(chunk)}\n\ndata: [DONE]\n\n`);
    });
    const seen: unknown[] = [];
    const ofOpenAi = async (): Promise<void> => {
      const stream = await openAi(baseUrl).chat.completions.create({
        model: 'x/y',
        messages: MESSAGES,
        stream: true,
      });
      for await (const part of stream) seen.push(part);
    };
    expect(classifyOpenRouterError(await failureOf(ofOpenAi()))).toEqual(verdict);

    const stream = (await officialSdk(baseUrl).chat.send({
      chatRequest: { model: 'x/y', messages: MESSAGES, stream: true },
    })) as AsyncIterable<unknown>;
    for await (const part of stream) seen.push(part);
    expect(seen).toHaveLength(1);
    expect(classifyOpenRouterError(seen[0])).toEqual(verdict);
    expect(classifyOpenRouterError(chunk)).toEqual(verdict);
    expect(classifyOpenRouterError(chunk.error)).toEqual(verdict);
  });
});

describe('no answer', () => {
  const every = Object.entries({ ours: OURS, ...WAYS });

  it.each(every)('where nobody listens: %s', async (_name, way) => {
    const verdict = await verdictOf(way, `http://127.0.0.1:${await closedPort()}/api/v1`);
    expect(verdict).toEqual({ kind: 'connection', isTransient: true, message: expect.any(String) });
  });

  it.each(every)('where the connection is reset: %s', async (_name, way) => {
    const { baseUrl } = await startTcpServer((socket) => socket.once('data', () => socket.resetAndDestroy()));
    expect(await verdictOf(way, baseUrl)).toMatchObject({ kind: 'connection', isTransient: true });
  });

  it.each(every)('where the host has no name: %s', async (_name, way) => {
    const verdict = await verdictOf(way, 'https://nowhere.invalid/api/v1');
    expect(verdict).toMatchObject({ kind: 'connection', isTransient: true });
  });

  it.each(every)('where the certificate is refused: %s', async (_name, way) => {
    const server = createServer(tlsIdentity, () => undefined);
    tlsServers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const verdict = await verdictOf(way, `https://127.0.0.1:${port}/api/v1`);
    expect(verdict).toMatchObject({ kind: 'connection', isTransient: false });
  });

  it.each(every)('where the caller has given up: %s', async (_name, way) => {
    const { baseUrl } = await startServer(() => undefined);
    const verdict = await verdictOf(way, baseUrl, AbortSignal.abort());
    expect(verdict).toMatchObject({ kind: 'aborted', isTransient: false });
  });

  it.each<[string, Way]>([
    ['ours', (baseUrl) => clientOf(baseUrl, { retry: false, timeoutMs: 30 }).credits.getCredits()],
    [
      '@openrouter/sdk',
      (baseUrl) =>
        officialSdk(baseUrl, { timeoutMs: 30 }).chat.send({
          chatRequest: { model: 'x/y', messages: MESSAGES },
        }),
    ],
    [
      'openai',
      (baseUrl) =>
        openAi(baseUrl, { timeout: 30, fetch: abortable }).chat.completions.create({
          model: 'x/y',
          messages: MESSAGES,
        }),
    ],
    ['axios', (baseUrl) => axios.post(baseUrl, {}, { timeout: 30 })],
    [
      'axios, told apart',
      (baseUrl) => axios.post(baseUrl, {}, { timeout: 30, transitional: { clarifyTimeoutError: true } }),
    ],
    ['fetch', (baseUrl) => post(baseUrl, AbortSignal.timeout(30))],
  ])('in time: %s', async (_name, way) => {
    const { baseUrl } = await startServer(() => undefined);
    expect(await verdictOf(way, baseUrl)).toMatchObject({ kind: 'timeout', isTransient: true });
  });
});

describe('a success that was lost', () => {
  it.each(['truncate', 'reset'] as const)('on the way may come the next time: %s', async (fault) => {
    const sandbox = await sandboxed();
    sandbox.failNext({ fault });
    expect(await verdictOf(OURS, sandbox.baseUrl)).toMatchObject({ isTransient: true });
  });

  it('in translation may not', async () => {
    const sandbox = await sandboxed();
    sandbox.failNext({ status: 200, body: '<html></html>' });
    expect(await verdictOf(OURS, sandbox.baseUrl)).toMatchObject({
      kind: 'bad-response',
      isTransient: false,
    });
  });
});
