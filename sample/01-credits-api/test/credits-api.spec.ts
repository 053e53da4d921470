import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import type { OpenRouterFactoryOptions } from 'nestjs-openrouter';
import { OpenRouterSandbox } from 'nestjs-openrouter/testing';
import { AppModule } from '../src/app.module.js';
import { serveOpenApi } from '../src/openapi.js';
import { openrouterConfig } from '../src/openrouter.config.js';

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

let sandbox: OpenRouterSandbox;
let app: INestApplication;
const texts: string[] = [];

/** Starts the real application with options from the test instead of the environment. */
async function startApp(options: OpenRouterFactoryOptions): Promise<INestApplication> {
  const testing = await Test.createTestingModule({ imports: [AppModule] })
    .overrideProvider(openrouterConfig.KEY)
    .useValue({ baseUrl: sandbox.baseUrl, retry: false, ...options })
    .compile();
  const started = testing.createNestApplication({ logger: false, forceCloseConnections: true });
  serveOpenApi(started);
  await started.listen(0, '127.0.0.1');
  return started;
}

async function ask(path: string, init?: RequestInit, api = app): Promise<Answer> {
  const response = await fetch(`${await api.getUrl()}${path}`, init);
  const text = await response.text();
  texts.push(text);
  return { status: response.status, headers: response.headers, body: JSON.parse(text) };
}

function post(body: unknown): Promise<Answer> {
  return ask('/credits/coinbase-charges', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

beforeAll(async () => {
  sandbox = await OpenRouterSandbox.start();
  app = await startApp({ apiKey: sandbox.apiKey, managementKey: sandbox.managementKey });
});

afterEach(() => {
  sandbox.clearRequests();
  sandbox.clearFailures();
});

afterAll(async () => {
  await app.close();
  await sandbox.stop();
});

describe('GET /credits', () => {
  it('returns the balance', async () => {
    await expect(ask('/credits')).resolves.toMatchObject({
      status: 200,
      body: { totalCredits: 100.5, totalUsage: 25.75, balance: 74.75, currency: 'USD' },
    });
  });

  it('needs more than an ordinary key', async () => {
    const limited = await startApp({ apiKey: sandbox.apiKey });
    try {
      await expect(ask('/credits', undefined, limited)).resolves.toMatchObject({
        status: 403,
        body: { code: 'OPENROUTER_FORBIDDEN', message: expect.stringContaining('set `managementKey`') },
      });
    } finally {
      await limited.close();
    }
  });

  it.each([
    [401, 401],
    [429, 429],
    [500, 500],
    [503, 503],
    [524, 504],
    [529, 503],
  ])('answers a %d from OpenRouter with %d', async (status, expected) => {
    sandbox.failNext({ status });

    await expect(ask('/credits')).resolves.toMatchObject({
      status: expected,
      body: { statusCode: expected },
    });
  });

  it('passes on `Retry-After`', async () => {
    sandbox.failNext({ status: 429, headers: { 'retry-after': 7 } });

    const { headers } = await ask('/credits');
    expect(headers.get('retry-after')).toBe('7');
  });

  it('answers a broken connection with 502', async () => {
    sandbox.failNext({ fault: 'reset' });

    await expect(ask('/credits')).resolves.toMatchObject({
      status: 502,
      body: { code: 'OPENROUTER_CONNECTION' },
    });
  });
});

describe('POST /credits/coinbase-charges', () => {
  it('names the page on which credits are bought instead', async () => {
    const purchaseUrl = 'https://openrouter.ai/settings/credits';

    const { status, body } = await post({ amount: 100 });
    expect({ status, body }).toMatchObject({ status: 410, body: { code: 'OPENROUTER_GONE', purchaseUrl } });
    expect(body).toHaveProperty('message', expect.stringContaining(purchaseUrl));
  });

  it.each([
    ['amount', {}],
    ['amount', { amount: 0 }],
    ['amount', { amount: 100_000.01 }],
    ['amount', { amount: '100' }],
    ['sender', { amount: 100, sender: '0x12' }],
    ['chainId', { amount: 100, chainId: 2 }],
    ['coupon', { amount: 100, coupon: 'FREE' }],
  ])('names `%s` of %j, and sends nothing', async (field, request) => {
    const { status, body } = await post(request);

    expect({ status, body }).toMatchObject({ status: 400, body: { error: 'Bad Request' } });
    expect((body as { message: string[] }).message.every((reason) => reason.includes(field))).toBe(true);
    expect(sandbox.requests).toEqual([]);
  });
});

describe('GET /docs-json', () => {
  it('has the bounds of the request and the model of the response', async () => {
    const { body } = await ask('/docs-json');

    expect(body).toMatchObject({
      paths: {
        '/credits': {
          get: {
            responses: {
              200: { content: { 'application/json': { schema: reference('GetCreditsResponse') } } },
              401: {},
              403: {},
              502: {},
            },
          },
        },
        '/credits/coinbase-charges': {
          post: {
            requestBody: {
              content: { 'application/json': { schema: reference('CreateCoinbaseChargeRequest') } },
            },
            responses: { 400: {}, 401: {}, 410: {}, 502: {} },
          },
        },
      },
      components: {
        schemas: {
          CreateCoinbaseChargeRequest: {
            required: ['amount'],
            properties: { amount: { type: 'number', minimum: 0, exclusiveMinimum: true, maximum: 100_000 } },
          },
          GetCreditsResponse: { properties: { balance: { type: 'number' } } },
        },
      },
    });
  });
});

// Last in this file, because it checks all answers before it.
it('shows no key to any client', () => {
  expect(texts.length).toBeGreaterThan(15);
  const all = texts.join('\n');
  expect(all).not.toContain(sandbox.apiKey);
  expect(all).not.toContain(sandbox.managementKey);
});

function reference(model: string): { $ref: string } {
  return { $ref: `#/components/schemas/${model}` };
}
