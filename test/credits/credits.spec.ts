import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ValidationPipe } from '@nestjs/common';
import {
  CreateCoinbaseChargeRequest,
  type OpenRouterApiException,
  OpenRouterClient,
  OpenRouterForbiddenException,
  OpenRouterGoneException,
  OpenRouterInternalServerException,
  OpenRouterUnauthorizedException,
  OpenRouterValidationException,
} from '../../lib/index.js';
import { OpenRouterSandbox, type OpenRouterSandboxOptions } from '../../lib/testing/index.js';

let sandbox: OpenRouterSandbox;
let client: OpenRouterClient;

async function start(options: OpenRouterSandboxOptions = {}): Promise<void> {
  sandbox = await OpenRouterSandbox.start(options);
  const { apiKey, managementKey, baseUrl } = sandbox;
  client = new OpenRouterClient({ apiKey, managementKey, baseUrl });
}

beforeEach(() => start());

afterEach(async () => {
  await client.close();
  await sandbox.stop();
});

async function restart(options: OpenRouterSandboxOptions): Promise<void> {
  await client.close();
  await sandbox.stop();
  await start(options);
}

describe('getCredits', () => {
  it('asks GET /credits with the management key', async () => {
    await client.credits.getCredits();
    expect(sandbox.requests).toHaveLength(1);
    expect(sandbox.requests[0]).toMatchObject({ method: 'GET', path: '/api/v1/credits', key: 'management' });
    expect(sandbox.requests[0]?.headers).toMatchObject({
      authorization: `Bearer ${sandbox.managementKey}`,
      accept: 'application/json',
    });
  });

  it.each([
    [100.5, 25.75, 74.75],
    [0.3, 0.1, 0.2],
    [29.9999982, 3.17561396, 26.82438424],
    [9_999_999.99, 1_234_567.89, 8_765_432.1],
    [1e-9, 0, 1e-9],
    [0, 1e-9, -1e-9],
    [100, 99.99, 0.01],
    [10, 12.5, -2.5],
    [0, 0, 0],
  ])('computes the balance of %d and %d exactly', async (totalCredits, totalUsage, balance) => {
    await restart({ credits: { totalCredits, totalUsage } });
    await expect(client.credits.getCredits()).resolves.toEqual({
      totalCredits,
      totalUsage,
      balance,
      currency: 'USD',
    });
  });

  it('reads a flat body, as gateways send it', async () => {
    sandbox.failNext({ status: 200, body: { total_credits: 5, total_usage: 1.5, extra: true } });
    await expect(client.credits.getCredits()).resolves.toMatchObject({ balance: 3.5 });
  });

  it.each<[string, object, string]>([
    ['missing', { data: { total_usage: 1 } }, 'data.total_credits'],
    ['a text', { data: { total_credits: '100.5', total_usage: 1 } }, 'data.total_credits'],
    ['null', { data: { total_credits: 1, total_usage: null } }, 'data.total_usage'],
    ['missing in a flat body', { total_credits: 1 }, 'data.total_usage'],
  ])('never makes up an amount that is %s', async (_title, body, path) => {
    sandbox.failNext({ status: 200, body });
    await expect(client.credits.getCredits()).rejects.toMatchObject({
      name: 'OpenRouterResponseException',
      path,
    });
  });

  it('never makes up an amount that no double can hold', async () => {
    const body = '{"data":{"total_credits":1e400,"total_usage":0}}';
    sandbox.failNext({ status: 200, headers: { 'content-type': 'application/json' }, body });
    await expect(client.credits.getCredits()).rejects.toMatchObject({ path: 'data.total_credits' });
  });

  it('never makes up a balance that no double can hold', async () => {
    sandbox.failNext({ status: 200, body: { data: { total_credits: 1.7e308, total_usage: -1.7e308 } } });
    await expect(client.credits.getCredits()).rejects.toMatchObject({
      name: 'OpenRouterResponseException',
      path: 'data',
    });
  });

  it('tells each documented error by its class, with the server’s words', async () => {
    const { credits } = client;
    const call = (apiKey?: string) => credits.getCredits({ retry: false, apiKey });

    await expect(call('sk-or-v1-unknown')).rejects.toThrow(OpenRouterUnauthorizedException);
    const forbidden = call(sandbox.apiKey);
    await expect(forbidden).rejects.toThrow(OpenRouterForbiddenException);
    await expect(forbidden).rejects.toMatchObject({
      status: 403,
      message: expect.stringMatching(/^Only management keys can perform this operation\. .*`apiKey`/),
      operation: 'credits.getCredits',
      delivery: 'rejected',
    });
    sandbox.failNext({ status: 500 });
    await expect(call()).rejects.toThrow(OpenRouterInternalServerException);
    sandbox.failNext({
      status: 418,
      headers: { 'content-type': 'text/html' },
      body: '<title>Teapot</title>',
    });
    await expect(call()).rejects.toMatchObject({
      name: 'OpenRouterApiException',
      status: 418,
      code: 'OPENROUTER_API_ERROR',
    });
  });

  it('keeps no account id of an error answer', async () => {
    const error: OpenRouterApiException = await client.credits
      .getCredits({ apiKey: sandbox.apiKey })
      .then(() => Promise.reject(new Error('no error')))
      .catch((caught: unknown) => caught as OpenRouterApiException);
    expect(JSON.stringify(error)).not.toContain('user_');
  });
});

describe('createCoinbaseCharge', () => {
  const SENDER = '0x1234567890123456789012345678901234567890';

  it('tells that OpenRouter has removed it, and where credits are bought', async () => {
    const call = client.credits.createCoinbaseCharge({ amount: 100, sender: SENDER });
    await expect(call).rejects.toThrow(OpenRouterGoneException);
    await expect(call).rejects.toMatchObject({
      status: 410,
      code: 'OPENROUTER_GONE',
      purchaseUrl: 'https://openrouter.ai/settings/credits',
      message: expect.stringMatching(
        /^OpenRouter has removed Coinbase charges from its API\. Buy credits at https:\/\/openrouter\.ai\/settings\/credits instead\./,
      ),
    });
    expect(sandbox.requests).toHaveLength(1);
  });

  it('tells so whatever the body of the 410 is', async () => {
    sandbox.failNext({ status: 410, headers: { 'content-type': 'text/html' }, body: '<html></html>' });
    await expect(client.credits.createCoinbaseCharge({ amount: 1 })).rejects.toMatchObject({
      purchaseUrl: 'https://openrouter.ai/settings/credits',
      message: expect.stringContaining('has removed Coinbase charges'),
    });
  });

  it('sends what the API expects, with the ordinary key', async () => {
    await restart({ coinbase: 'onchain' });
    await client.credits.createCoinbaseCharge({ amount: 12.5, sender: SENDER, chainId: 8453 });
    expect(sandbox.requests).toHaveLength(1);
    expect(sandbox.requests[0]).toMatchObject({
      method: 'POST',
      path: '/api/v1/credits/coinbase',
      key: 'api',
      body: { amount: 12.5, sender: SENDER, chain_id: 8453 },
    });
    expect(sandbox.requests[0]?.headers['content-type']).toBe('application/json');
  });

  it('reads the on-chain shape', async () => {
    await restart({ coinbase: 'onchain' });
    const charge = await client.credits.createCoinbaseCharge({ amount: 12.5, sender: SENDER, chainId: 137 });
    expect(charge.id).toEqual(expect.any(String));
    expect(charge.createdAt).toBeInstanceOf(Date);
    expect(charge.expiresAt?.getTime()).toBeGreaterThan(charge.createdAt!.getTime());
    expect(charge.web3Data).toMatchObject({
      transfer_intent: { metadata: { chain_id: 137, sender: SENDER } },
    });
    expect(Object.keys(charge).sort()).toEqual(['createdAt', 'expiresAt', 'id', 'web3Data']);
  });

  it('reads the hosted shape, with money as the text that it is', async () => {
    await restart({ coinbase: 'hosted' });
    const charge = await client.credits.createCoinbaseCharge({ amount: 50 });
    expect(charge).toMatchObject({
      hostedUrl: expect.stringMatching(/^https:/),
      code: expect.any(String),
      status: 'NEW',
      pricing: { local: { amount: expect.stringMatching(/^50(\.0+)?$/), currency: 'USD' } },
    });
    expect(charge.expiresAt).toBeInstanceOf(Date);
  });

  it('reads the hosted shape without its wrapper', async () => {
    const flat = {
      id: 'c-1',
      hosted_url: 'https://pay.example/c-1',
      pricing: { local: { amount: '5.00', currency: 'USD' } },
    };
    sandbox.failNext({ status: 200, body: flat });
    await expect(client.credits.createCoinbaseCharge({ amount: 5 })).resolves.toEqual({
      id: 'c-1',
      hostedUrl: 'https://pay.example/c-1',
      pricing: { local: { amount: '5.00', currency: 'USD' } },
    });
  });

  it('refuses an answer without an id, or with a price that is not what it was', async () => {
    sandbox.failNext({ status: 200, body: { data: { hosted_url: 'https://pay.example' } } });
    await expect(client.credits.createCoinbaseCharge({ amount: 5 })).rejects.toMatchObject({
      path: 'data.id',
      delivery: 'applied',
    });
    sandbox.failNext({
      status: 200,
      body: { data: { id: 'c-1', pricing: { local: { amount: 5, currency: 'USD' } } } },
    });
    await expect(client.credits.createCoinbaseCharge({ amount: 5 })).rejects.toMatchObject({
      path: 'data.pricing.local.amount',
    });
  });

  it.each<[string, unknown, string, RegExp]>([
    ['no amount', {}, 'amount', /`amount` must be/],
    ['an amount of 0', { amount: 0 }, 'amount', /`amount` must be above 0/],
    ['a negative amount', { amount: -1 }, 'amount', /above 0/],
    ['NaN', { amount: NaN }, 'amount', /must be/],
    ['Infinity', { amount: Infinity }, 'amount', /must/],
    ['a text', { amount: '5' }, 'amount', /must be/],
    ['too much', { amount: 100_000.01 }, 'amount', /must not be above 100000/],
    ['no address', { amount: 5, sender: '0x12' }, 'sender', /`sender` must be an EVM address/],
    ['null as address', { amount: 5, sender: null }, 'sender', /`sender`/],
    ['another chain', { amount: 5, chainId: 2 }, 'chainId', /`chainId` must be one of 1, 137, 8453/],
    [
      'a wire name',
      { amount: 5, chain_id: 1 },
      'chain_id',
      /`chain_id` is not known; did you mean `chainId`\?/,
    ],
  ])('refuses %s and sends nothing', async (_title, request, property, message) => {
    const call = client.credits.createCoinbaseCharge(request as CreateCoinbaseChargeRequest);
    await expect(call).rejects.toThrow(OpenRouterValidationException);
    await expect(call).rejects.toMatchObject({
      code: 'OPENROUTER_VALIDATION',
      message: expect.stringMatching(message),
      errors: [{ property, constraints: expect.any(Object) }],
    });
    expect(sandbox.requests).toEqual([]);
  });

  it.each([undefined, null, 5, 'charge', []])('refuses %p in the place of a request', async (request) => {
    await expect(client.credits.createCoinbaseCharge(request as never)).rejects.toThrow(
      /an object is needed/,
    );
    expect(sandbox.requests).toEqual([]);
  });

  it('accepts the bounds', async () => {
    await restart({ coinbase: 'hosted' });
    for (const amount of [0.01, 100_000]) {
      await expect(client.credits.createCoinbaseCharge({ amount })).resolves.toHaveProperty('id');
    }
  });

  it.each(['reset', 'close'] as const)('is sent once when the connection is lost (%s)', async (fault) => {
    sandbox.failNext({ fault });
    await expect(client.credits.createCoinbaseCharge({ amount: 5 })).rejects.toMatchObject({
      name: 'OpenRouterConnectionException',
      delivery: 'unknown',
    });
    expect(sandbox.requests).toHaveLength(1);
  });
});

describe('CreateCoinbaseChargeRequest behind a ValidationPipe', () => {
  const pipe = new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true, transform: true });
  const transform = (value: unknown): Promise<unknown> =>
    pipe.transform(value, { type: 'body', metatype: CreateCoinbaseChargeRequest });

  it('makes an instance that the service takes', async () => {
    const request = await transform({ amount: 5 });
    expect(request).toBeInstanceOf(CreateCoinbaseChargeRequest);
    await expect(client.credits.createCoinbaseCharge(request as CreateCoinbaseChargeRequest)).rejects.toThrow(
      OpenRouterGoneException,
    );
  });

  it('refuses what the service refuses', async () => {
    await expect(transform({ amount: -5 })).rejects.toMatchObject({
      response: { message: ['`amount` must be above 0'] },
    });
    await expect(transform({ amount: 5, chain_id: 1 })).rejects.toMatchObject({ status: 400 });
  });

  it('refuses an amount that implicit conversion would make of something else', async () => {
    const converting = new ValidationPipe({
      transform: true,
      transformOptions: { enableImplicitConversion: true },
    });
    const convert = (amount: unknown): Promise<unknown> =>
      converting.transform({ amount }, { type: 'body', metatype: CreateCoinbaseChargeRequest });
    await expect(convert(true)).rejects.toMatchObject({
      response: { message: expect.arrayContaining(['`amount` must be a number of US dollars']) },
    });
    await expect(convert([5])).rejects.toMatchObject({ status: 400 });
    await expect(convert('5')).resolves.toMatchObject({ amount: 5 });
  });
});
