import { afterEach, describe, expect, it } from '@jest/globals';
import type { OpenRouterModuleOptions } from '../../lib/options/openrouter-options.js';
import { SecretString } from '../../lib/secret/secret-string.js';
import { OpenRouterSandbox } from '../../lib/testing/index.js';
import { OpenRouterValidationException } from '../../lib/errors/index.js';
import {
  answerWell,
  API_KEY,
  cleanUp,
  clientOf,
  CREDITS,
  MANAGEMENT_KEY,
  startServer,
} from '../support/servers.js';
import { failureOf } from '../support/failures.js';

afterEach(cleanUp);

describe('the request line', () => {
  it.each([
    ['/api/v1', '/api/v1/credits'],
    ['/api/v1/', '/api/v1/credits'],
    ['/api/v1///', '/api/v1/credits'],
    ['/gateway/openrouter/api/v1', '/gateway/openrouter/api/v1/credits'],
    ['', '/credits'],
    ['/', '/credits'],
  ])('joins a base URL with path %j to %s', async (path, expected) => {
    const server = await startServer(answerWell);
    await clientOf(`http://127.0.0.1:${server.port}${path}`).credits.getCredits();
    expect(server.requests.map((request) => `${request.method} ${request.path}`)).toEqual([
      `GET ${expected}`,
    ]);
  });

  it('posts JSON below the base URL', async () => {
    const server = await startServer(answerWell);
    await clientOf(server).credits.createCoinbaseCharge({
      amount: 12.5,
      sender: '0x52908400098527886E0F7030069857D2E4169EE7',
      chainId: 8453,
    });
    const [request] = server.requests;
    expect(`${request!.method} ${request!.path}`).toBe('POST /api/v1/credits/coinbase');
    expect(JSON.parse(request!.body)).toEqual({
      amount: 12.5,
      sender: '0x52908400098527886E0F7030069857D2E4169EE7',
      chain_id: 8453,
    });
    expect(request!.headers['content-type']).toBe('application/json');
    expect(request!.headers['content-length']).toBe(String(request!.body.length));
  });

  it('leaves out of the body what the caller has left out', async () => {
    const server = await startServer(answerWell);
    await clientOf(server).credits.createCoinbaseCharge({ amount: 0.1, sender: undefined });
    expect(server.requests[0]!.body).toBe('{"amount":0.1}');
  });
});

describe('headers', () => {
  it('sends nothing but the usual ones by default', async () => {
    const server = await startServer(answerWell);
    await clientOf(server).credits.getCredits();
    const { host, ...headers } = server.requests[0]!.headers;
    expect(host).toBe(`127.0.0.1:${server.port}`);
    expect(headers).toEqual({
      accept: 'application/json',
      'accept-encoding': 'gzip, deflate, br',
      authorization: `Bearer ${MANAGEMENT_KEY}`,
      'user-agent': expect.stringMatching(/^nestjs-openrouter\/\d+\.\d+\.\d+/),
      connection: 'keep-alive',
    });
  });

  it('sends the attribution of the application', async () => {
    const server = await startServer(answerWell);
    await clientOf(server, {
      httpReferer: 'https://shop.example/app',
      appTitle: 'The Shop',
      appCategories: ['cloud-agent', 'general-chat'],
    }).credits.getCredits();
    expect(server.requests[0]!.headers).toMatchObject({
      'http-referer': 'https://shop.example/app',
      'x-openrouter-title': 'The Shop',
      'x-openrouter-categories': 'cloud-agent,general-chat',
    });
  });

  it('lets later headers win: own ones, then the extra headers, then those of the call', async () => {
    const server = await startServer(answerWell);
    const client = clientOf(server, {
      appTitle: 'from appTitle',
      headers: {
        'X-OpenRouter-Title': 'from headers',
        'User-Agent': 'mine/1',
        'X-Team': 'one',
        'x-kept': 'yes',
      },
    });
    await client.credits.getCredits();
    await client.credits.getCredits({ headers: { 'x-TEAM': 'two', 'x-call': 'three' } });
    await client.credits.getCredits();
    expect(
      server.requests.map(({ headers }) => [headers['x-openrouter-title'], headers['user-agent']]),
    ).toEqual(Array(3).fill(['from headers', 'mine/1']));
    expect(
      server.requests.map(({ headers }) => [headers['x-team'], headers['x-kept'], headers['x-call']]),
    ).toEqual([
      ['one', 'yes', undefined],
      ['two', 'yes', 'three'],
      ['one', 'yes', undefined],
    ]);
  });

  it.each(['authorization', 'Authorization', 'AUTHORIZATION', 'aUtHoRiZaTiOn'])(
    'does not let a call set %s',
    async (name) => {
      const server = await startServer(answerWell);
      const failure = await failureOf(
        clientOf(server).credits.getCredits({ headers: { [name]: 'Bearer other' } }),
      );
      expect(failure).toBeInstanceOf(OpenRouterValidationException);
      expect(failure.message).toContain('may not set `authorization`');
      expect(server.requests.length).toBe(0);
    },
  );

  it('is sent once under each name', async () => {
    const server = await startServer(answerWell);
    await clientOf(server, { headers: { 'X-Team': 'one' } }).credits.createCoinbaseCharge(
      { amount: 1 },
      { headers: { 'x-TEAM': 'two' } },
    );
    const names = server.requests[0]!.rawHeaders.filter((_text, index) => index % 2 === 0).map((name) =>
      name.toLowerCase(),
    );
    expect(names).toHaveLength(new Set(names).size);
    expect(names).toContain('x-team');
  });
});

describe('which key', () => {
  const both = { apiKey: API_KEY, managementKey: MANAGEMENT_KEY };
  const other = `sk-or-v1-${'5'.repeat(64)}`;

  it.each<[string, OpenRouterModuleOptions, string, string]>([
    ['both', both, MANAGEMENT_KEY, API_KEY],
    ['apiKey', { apiKey: API_KEY, managementKey: undefined }, API_KEY, API_KEY],
    ['managementKey', { apiKey: undefined, managementKey: MANAGEMENT_KEY }, MANAGEMENT_KEY, MANAGEMENT_KEY],
    [
      'both as SecretString',
      { apiKey: new SecretString(API_KEY), managementKey: new SecretString(MANAGEMENT_KEY) },
      MANAGEMENT_KEY,
      API_KEY,
    ],
    [
      'both as functions',
      { apiKey: () => API_KEY, managementKey: () => Promise.resolve(new SecretString(MANAGEMENT_KEY)) },
      MANAGEMENT_KEY,
      API_KEY,
    ],
  ])('with %s: reads credits and creates charges with the right one', async (_name, keys, read, create) => {
    const server = await startServer(answerWell);
    const client = clientOf(server, keys);
    await client.credits.getCredits();
    await client.credits.createCoinbaseCharge({ amount: 1 });
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([
      `Bearer ${read}`,
      `Bearer ${create}`,
    ]);
  });

  it.each([
    ['a text', other],
    ['a SecretString', new SecretString(other)],
  ])('takes the key of the call over both, as %s', async (_name, apiKey) => {
    const server = await startServer(answerWell);
    const client = clientOf(server, both);
    await client.credits.getCredits({ apiKey });
    await client.credits.createCoinbaseCharge({ amount: 1 }, { apiKey });
    await client.credits.getCredits();
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([
      `Bearer ${other}`,
      `Bearer ${other}`,
      `Bearer ${MANAGEMENT_KEY}`,
    ]);
  });

  it('does not ask a key function where the call brings its key', async () => {
    const server = await startServer(answerWell);
    let asked = 0;
    const client = clientOf(server, {
      managementKey: () => {
        asked += 1;
        return MANAGEMENT_KEY;
      },
    });
    await client.credits.getCredits({ apiKey: other });
    expect(asked).toBe(0);
    await client.credits.getCredits();
    expect(asked).toBe(1);
  });

  it('works against the sandbox account', async () => {
    await using sandbox = await OpenRouterSandbox.start();
    const client = clientOf(sandbox.baseUrl, {
      apiKey: sandbox.apiKey,
      managementKey: sandbox.managementKey,
    });
    await expect(client.credits.getCredits()).resolves.toEqual(CREDITS);
    expect((await failureOf(client.credits.getCredits({ apiKey: sandbox.apiKey }))).name).toBe(
      'OpenRouterForbiddenException',
    );
    expect(sandbox.requests.map(({ key }) => key)).toEqual(['management', 'api']);
  });
});
