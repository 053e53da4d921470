import { afterEach, describe, expect, it } from '@jest/globals';
import { Account } from '../../lib/account/account.js';
import { HttpPipeline } from '../../lib/http/http-pipeline.js';
import { isIdempotent, type OpenRouterCall } from '../../lib/http/openrouter-call.js';
import type { OpenRouterModuleOptions } from '../../lib/options/openrouter-options.js';
import { resolveOptions } from '../../lib/options/resolve-options.js';
import { failureOf } from '../support/failures.js';
import { lookingUp, lookupError } from '../support/lookup.js';
import { answerWell, API_KEY, cleanUp, sendError, startRawServer, startServer } from '../support/servers.js';

const accounts: Account[] = [];
afterEach(async () => {
  for (const account of accounts.splice(0)) void account.close();
  await cleanUp();
});

function pipelineOf(baseUrl: string, options: OpenRouterModuleOptions = {}): HttpPipeline {
  const account = new Account(
    resolveOptions(
      { apiKey: API_KEY, baseUrl, retry: { maxRetries: 2, initialDelayMs: 1 }, ...options },
      'Here',
    ),
  );
  accounts.push(account);
  return new HttpPipeline(account);
}

function call(over: Partial<OpenRouterCall<unknown>> = {}): OpenRouterCall<unknown> {
  return {
    operation: 'things.change',
    method: 'GET',
    path: '/things/1',
    key: 'api',
    decode: (body) => body,
    ...over,
  };
}

describe('a call', () => {
  it.each([
    ['GET', 3],
    ['PUT', 3],
    ['PATCH', 3],
    ['DELETE', 3],
    ['POST', 1],
  ] as const)('of method %s is sent %i times at most', async (method, times) => {
    const server = await startServer((_request, response) => sendError(response, 503));
    const resetting = await startRawServer((socket) => socket.resetAndDestroy());
    for (const { baseUrl } of [server, resetting]) {
      await failureOf(pipelineOf(baseUrl).request(call({ method })));
    }
    expect([server.requests.length, resetting.requests.length]).toEqual([times, times]);
    expect(server.requests[0]!.method).toBe(method);
    expect(isIdempotent({ method })).toBe(method !== 'POST');
  });

  it('with a body is JSON, and one without has no content type', async () => {
    const server = await startServer(answerWell);
    const pipeline = pipelineOf(server.baseUrl);
    await pipeline.request(call({ method: 'PATCH', body: { name: 'é', limit: null, gone: undefined } }));
    await pipeline.request(call({ method: 'DELETE' }));
    expect(
      server.requests.map(({ method, body, headers }) => [method, body, headers['content-type']]),
    ).toEqual([
      ['PATCH', '{"name":"é","limit":null}', 'application/json'],
      ['DELETE', '', undefined],
    ]);
    expect(server.requests[0]!.headers['content-length']).toBe('26');
  });

  it('gives what its decoder makes of the answer', async () => {
    const server = await startServer((_request, response) => response.end('[1,2]'));
    const decode = (body: unknown) => (body as number[]).length;
    await expect(pipelineOf(server.baseUrl).request(call({ decode }))).resolves.toBe(2);
  });

  it('does not hide a mistake of its decoder, and is not sent again for it', async () => {
    const server = await startServer(answerWell);
    const mistake = new TypeError('x is not a function');
    const decode = () => {
      throw mistake;
    };
    expect(await failureOf(pipelineOf(server.baseUrl).request(call({ decode })))).toMatchObject({
      name: 'OpenRouterResponseException',
      message: 'things.change failed unexpectedly while reading the answer: x is not a function.',
      delivery: 'applied',
      cause: { name: 'TypeError', message: 'x is not a function' },
    });
    expect(server.requests.length).toBe(1);
  });

  it('does not claim that nothing was sent where an earlier attempt was', async () => {
    const server = await startRawServer((socket) => socket.resetAndDestroy());
    const { lookup, asked } = lookingUp((times) => (times === 1 ? ['127.0.0.1'] : lookupError('EAI_AGAIN')));
    const pipeline = pipelineOf(`http://api.test:${server.port}/v1`, {
      allowInsecureBaseUrl: true,
      axios: {
        lookup,
      },
    });
    const failure = await failureOf(pipeline.request(call({ method: 'PATCH', body: { limit: 5 } })));
    expect(server.requests.length).toBe(1);
    expect(asked()).toBe(3);
    expect(failure).toMatchObject({ phase: 'dns', delivery: 'unknown' });
  });

  it('ends with the application', async () => {
    const server = await startServer(() => undefined);
    const pipeline = pipelineOf(server.baseUrl);
    const failed = failureOf(pipeline.request(call()));
    void accounts[0]!.onApplicationShutdown();
    expect(await failed).toMatchObject({ name: 'OpenRouterAbortException', delivery: 'not-sent' });
    expect((await failureOf(pipeline.request(call()))).message).toBe(
      'things.change was not sent: the OpenRouter client is closed.',
    );
  });
});

describe('a refusal that is easily taken for a bad key', () => {
  const own = { apiKey: 'sk-or-v1-of-this-one-call' };

  it.each([
    ['management', { apiKey: API_KEY }, {}, '`apiKey` is an ordinary one: set `managementKey`'],
    ['management', { apiKey: undefined, managementKey: API_KEY }, {}, '`managementKey` is an ordinary one'],
    [
      'management',
      { apiKey: 'sk-or-v1-x', managementKey: API_KEY },
      {},
      '`managementKey` is an ordinary one',
    ],
    ['management', { managementKey: API_KEY }, own, "`apiKey` in the call's own options is an ordinary one"],
  ] as const)('for %s with the options %j and %j says what to do', async (key, options, request, hint) => {
    const { baseUrl } = await startServer((_request, response) =>
      sendError(response, 403, { message: 'Only management keys can perform this operation' }),
    );
    const failure = await failureOf(pipelineOf(baseUrl, options).request(call({ key }), request));
    expect(failure.message).toContain(hint);
  });

  it.each([
    [true, { apiKey: API_KEY }, {}, 'give an ordinary key as `apiKey`.'],
    [true, { apiKey: undefined, managementKey: API_KEY }, {}, 'set `apiKey` to an ordinary key'],
    [true, { apiKey: API_KEY }, own, "as `apiKey` in the call's own options."],
    [false, { apiKey: API_KEY }, {}, undefined],
  ] as const)(
    'with isInference: %s, the options %j and %j hints at a management key if inference it is',
    async (isInference, options, request, hint) => {
      const { baseUrl } = await startServer((_request, response) =>
        sendError(response, 401, { message: 'User not found.' }),
      );
      const { message } = await failureOf(
        pipelineOf(baseUrl, options).request(call({ isInference }), request),
      );
      if (hint === undefined) expect(message).toBe('User not found.');
      else expect(message).toContain(hint);
    },
  );
});
