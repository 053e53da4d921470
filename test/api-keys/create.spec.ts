import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from '@jest/globals';
import { instanceToPlain } from 'class-transformer';
import {
  type ApiKeysService,
  type CreateApiKeyRequest,
  type OpenRouterInstrumentation,
  OpenRouterTooManyRequestsException,
  SecretString,
} from '../../lib/index.js';
import { failureOf } from '../support/failures.js';
import { leaksIn, observableTexts, spellingsOf } from '../support/leaks.js';
import {
  type Answer,
  cleanUp,
  clientOf,
  MANAGEMENT_KEY,
  sendError,
  sendJson,
  startServer,
  type TestServer,
} from '../support/servers.js';
import { HASH, READ_DETAILS, SECRET, wireKey, WORKSPACE } from './support.js';

afterEach(cleanUp);

const REQUEST = { name: 'tenant-42' };
const CREATED = { data: wireKey({ updated_at: null }), key: SECRET };

async function serving(answer: Answer): Promise<{ server: TestServer; apiKeys: ApiKeysService }> {
  const server = await startServer(answer);
  return { server, apiKeys: clientOf(server).apiKeys };
}

const creating: Answer = (_request, response) => sendJson(response, CREATED, 201);

describe('create', () => {
  it('gives the key and its secret, which stands beside `data`', async () => {
    const { server, apiKeys } = await serving(creating);
    const { apiKey, secret } = await apiKeys.create(REQUEST);
    expect(apiKey).toMatchObject({ ...READ_DETAILS, hash: HASH, name: 'tenant-42', updatedAt: null });
    expect(secret).toBeInstanceOf(SecretString);
    expect(secret.reveal()).toBe(SECRET);
    expect(server.requests).toHaveLength(1);
    expect(server.requests[0]).toMatchObject({
      method: 'POST',
      path: '/api/v1/keys',
      body: '{"name":"tenant-42"}',
    });
    expect(server.requests[0]?.headers.authorization).toBe(`Bearer ${MANAGEMENT_KEY}`);
  });

  it('sends everything by its name on the wire, `null` included', async () => {
    const { server, apiKeys } = await serving(creating);
    await apiKeys.create({
      name: 'tenant-42',
      limit: 12.5,
      limitReset: 'monthly',
      includeByokInLimit: true,
      expiresAt: new Date('2030-01-31T00:00:00Z'),
      creatorUserId: 'user_1',
      workspaceId: WORKSPACE,
    });
    await apiKeys.create({
      name: 'tenant-42',
      limit: null,
      limitReset: null,
      includeByokInLimit: undefined,
      expiresAt: null,
      creatorUserId: null,
    });
    await apiKeys.create({ name: 'tenant-42', limit: 0, expiresAt: '2030-01-31T00:00:00Z' });
    expect(server.requests.map(({ body }) => JSON.parse(body) as unknown)).toEqual([
      {
        name: 'tenant-42',
        limit: 12.5,
        limit_reset: 'monthly',
        include_byok_in_limit: true,
        expires_at: '2030-01-31T00:00:00.000Z',
        creator_user_id: 'user_1',
        workspace_id: WORKSPACE,
      },
      { name: 'tenant-42', limit: null, limit_reset: null, expires_at: null, creator_user_id: null },
      { name: 'tenant-42', limit: 0, expires_at: '2030-01-31T00:00:00Z' },
    ]);
  });

  it('finds the secret within `data`, where a guide of OpenRouter reads it, and in a flat answer', async () => {
    const { apiKeys } = await serving((_request, response, index) =>
      sendJson(
        response,
        index === 0 ? { data: wireKey({ key: SECRET }) } : { ...wireKey(), key: SECRET },
        201,
      ),
    );
    expect((await apiKeys.create(REQUEST)).secret.reveal()).toBe(SECRET);
    expect((await apiKeys.create(REQUEST)).secret.reveal()).toBe(SECRET);
  });

  it.each<[string, unknown, string]>([
    ['no key', { data: wireKey() }, 'key'],
    ['an empty key', { ...CREATED, key: '' }, 'key'],
    ['null', { ...CREATED, key: null }, 'key'],
    ['an object', { ...CREATED, key: { value: SECRET } }, 'key'],
    ['a broken key object', { ...CREATED, data: wireKey({ usage: SECRET }) }, 'data.usage'],
    ['no hash', { ...CREATED, data: wireKey({ hash: undefined }) }, 'data.hash'],
    ['nothing but the key', { key: SECRET }, 'data.hash'],
    ['a list', [SECRET], 'data'],
  ])('tells what to do about an answer with %s, sent once', async (_title, body, path) => {
    const { server, apiKeys } = await serving((_request, response) =>
      sendJson(response, body as object, 201),
    );
    const failure = await failureOf(apiKeys.create(REQUEST));
    expect(failure).toMatchObject({
      name: 'OpenRouterResponseException',
      delivery: 'applied',
      path,
      message: expect.stringContaining(
        'its secret is lost: find it by its name, delete it, and make another one.',
      ),
    });
    expect(leaksIn(failure, [SECRET])).toEqual([]);
    expect(server.requests).toHaveLength(1);
  });

  it.each<[string, unknown, string, RegExp]>([
    ['no name', {}, 'name', /`name` must be a string/],
    ['a blank name', { name: ' \n' }, 'name', /`name` must not be blank/],
    ['a number as name', { name: 5 }, 'name', /`name` must be a string/],
    ['a negative limit', { ...REQUEST, limit: -1 }, 'limit', /from 0, or null for no limit/],
    ['NaN', { ...REQUEST, limit: NaN }, 'limit', /from 0/],
    ['Infinity', { ...REQUEST, limit: Infinity }, 'limit', /from 0/],
    ['a limit as text', { ...REQUEST, limit: '5' }, 'limit', /from 0/],
    [
      'an unknown reset',
      { ...REQUEST, limitReset: 'hourly' },
      'limitReset',
      /daily, weekly, monthly, or null/,
    ],
    ['a text for a boolean', { ...REQUEST, includeByokInLimit: 'no' }, 'includeByokInLimit', /true or false/],
    ['an empty user', { ...REQUEST, creatorUserId: '' }, 'creatorUserId', /the id of a user/],
    ['a slug as workspace', { ...REQUEST, workspaceId: 'production' }, 'workspaceId', /a UUID/],
    ['null as workspace', { ...REQUEST, workspaceId: null }, 'workspaceId', /a UUID/],
    [
      'a wire name',
      { ...REQUEST, expires_at: '2030-01-31T00:00:00Z' },
      'expires_at',
      /did you mean `expiresAt`\?/,
    ],
    ['disabled', { ...REQUEST, disabled: true }, 'disabled', /`disabled` is not known/],
  ])('refuses %s and sends nothing', async (_title, request, property, message) => {
    const { server, apiKeys } = await serving(creating);
    expect(await failureOf(apiKeys.create(request as CreateApiKeyRequest))).toMatchObject({
      name: 'OpenRouterValidationException',
      message: expect.stringMatching(message),
      errors: [{ property }],
    });
    expect(server.requests).toEqual([]);
  });

  it.each<[unknown]>([
    ['2030-01-31'],
    ['2030-01-31T00:00:00'],
    ['2030-01-31T00:00:00+00:00'],
    ['2030-01-31T01:00:00+01:00'],
    ['2030-01-31T00:00Z'],
    ['2030-01-31 00:00:00Z'],
    ['2030-01-31T00:00:00z'],
    ['2030-02-30T00:00:00Z'],
    ['2030-13-01T00:00:00Z'],
    ['2030-01-31T24:00:00Z'],
    ['+010000-01-01T00:00:00Z'],
    ['Thu, 31 Jan 2030 00:00:00 GMT'],
    ['tomorrow'],
    [''],
    [1_900_000_000_000],
    [new Date(NaN)],
    [new Date('+010000-01-01T00:00:00Z')],
    [{}],
  ])('refuses %p as `expiresAt`, by name', async (expiresAt) => {
    const { server, apiKeys } = await serving(creating);
    expect(await failureOf(apiKeys.create({ ...REQUEST, expiresAt: expiresAt as string }))).toMatchObject({
      name: 'OpenRouterValidationException',
      message: expect.stringMatching(
        /`expiresAt` must be a valid Date, a UTC time in ISO 8601 that ends in Z/,
      ),
      errors: [{ property: 'expiresAt' }],
    });
    expect(server.requests).toEqual([]);
  });
});

describe('a creation is never sent twice', () => {
  const outcomes: [string, Answer, object][] = [
    ['a 500', (_request, response) => sendError(response, 500), { status: 500, delivery: 'unknown' }],
    ['a 503', (_request, response) => sendError(response, 503), { status: 503, delivery: 'unknown' }],
    ['a 408', (_request, response) => sendError(response, 408), { status: 408, delivery: 'unknown' }],
    ['a 429', (_request, response) => sendError(response, 429), { status: 429, delivery: 'rejected' }],
    ['a lost connection', (_request, response) => response.destroy(), { delivery: 'unknown' }],
    [
      'an answer that is cut short',
      (_request, response) => {
        response.writeHead(201, { 'content-type': 'application/json', 'content-length': 5_000 });
        response.write(`{"key":"${SECRET}","data":{`);
        setTimeout(() => response.destroy(), 10);
      },
      { name: 'OpenRouterResponseException', delivery: 'applied' },
    ],
    [
      'an answer that is no JSON behind the key',
      (_request, response) => sendJson(response, `{"key":"${SECRET}","data":{`, 201),
      { name: 'OpenRouterResponseException', delivery: 'applied' },
    ],
    [
      'a success that carries an error, and the key in it',
      (_request, response) =>
        sendJson(response, { error: { code: 500, message: `half done: ${SECRET}` } }, 201),
      { status: 500, delivery: 'unknown' },
    ],
  ];

  it.each(outcomes)('after %s, nor is the secret shown', async (_title, answer, expected) => {
    const { server, apiKeys } = await serving(answer);
    const failure = await failureOf(apiKeys.create(REQUEST));
    expect(failure).toMatchObject(expected);
    expect(leaksIn(failure, [SECRET, MANAGEMENT_KEY])).toEqual([]);
    expect(server.requests).toHaveLength(1);
  });

  it('except after a 429 with `retryThrottledPost`', async () => {
    const { server, apiKeys } = await serving((request, response, index) => {
      if (index === 0) sendError(response, 429);
      else creating(request, response, index);
    });
    await expect(apiKeys.create(REQUEST)).rejects.toThrow(OpenRouterTooManyRequestsException);
    const created = await apiKeys.create(REQUEST, { retry: { retryThrottledPost: true } });
    expect(created.apiKey.hash).toBe(HASH);
    expect(server.requests).toHaveLength(2);

    const throttled = await startServer((request, response, index) => {
      if (index === 0) sendError(response, 429);
      else creating(request, response, index);
    });
    await clientOf(throttled, { retry: { retryThrottledPost: true } }).apiKeys.create(REQUEST);
    expect(throttled.requests).toHaveLength(2);
  });
});

describe('the way out after an unknown outcome', () => {
  it('is to find the orphan by its name, to delete it, and to create the key again', async () => {
    const keys = new Map([[HASH, wireKey({ name: 'another tenant' })]]);
    let made = 0;
    const { server, apiKeys } = await serving(({ method, path, body }, response) => {
      if (method === 'GET') {
        sendJson(response, { data: [...keys.values()] });
      } else if (method === 'DELETE') {
        keys.delete(path.split('/').at(-1)!);
        sendJson(response, { deleted: true });
      } else {
        made += 1;
        const hash = String(made).repeat(64);
        const data = wireKey({ hash, ...(JSON.parse(body) as object) });
        keys.set(hash, data);
        if (made === 1) response.destroy();
        else sendJson(response, { data, key: SECRET }, 201);
      }
    });
    expect(await failureOf(apiKeys.create(REQUEST))).toMatchObject({ delivery: 'unknown' });
    for (const orphan of await apiKeys.findByName(REQUEST.name)) await apiKeys.delete(orphan.hash);
    const { apiKey } = await apiKeys.create(REQUEST);
    expect(apiKey.hash).toBe('2'.repeat(64));
    expect([...keys.keys()]).toEqual([HASH, '2'.repeat(64)]);
    expect(server.requests.map(({ method }) => method)).toEqual(['POST', 'GET', 'DELETE', 'POST']);
  });
});

describe('the secret of a new key', () => {
  it('shows nowhere but in `reveal()`', async () => {
    const { apiKeys } = await serving(creating);
    const created = await apiKeys.create(REQUEST);
    for (const value of [created, created.secret, apiKeys, instanceToPlain(created)]) {
      expect(leaksIn(value, [SECRET])).toEqual([]);
    }
    expect(JSON.parse(JSON.stringify(created))).toMatchObject({ secret: '[redacted]' });
    expect(inspect(created)).toContain('[redacted]');
  });

  it('is not given to instrumentation, nor is the hash', async () => {
    const seen: unknown[] = [];
    const see =
      (name: string) =>
      (...values: unknown[]): void =>
        void seen.push(name, ...values);
    const instrumentation: OpenRouterInstrumentation = {
      onRequest: see('request'),
      onResponse: see('response'),
      onError: see('error'),
      onRetry: see('retry'),
      wrap: async (attempt, next) => {
        see('wrap')(attempt);
        const value = await next();
        see('value')(inspect(value, { depth: Infinity, showHidden: true }), JSON.stringify(value));
        return value;
      },
    };
    const server = await startServer((request, response, index) => {
      if (index === 0) creating(request, response, index);
      else sendJson(response, { ...CREATED, data: wireKey({ hash: 5 }) }, 201);
    });
    const { apiKeys } = clientOf(server, { instrumentation });
    await apiKeys.create(REQUEST);
    await failureOf(apiKeys.create(REQUEST));
    await failureOf(apiKeys.get(HASH));
    expect(seen.filter((name) => typeof name === 'string' && name.length < 9)).toEqual(
      expect.arrayContaining(['request', 'response', 'value', 'error']),
    );
    expect(leaksIn(seen, [SECRET])).toEqual([]);
    const attempts = seen.filter((value) => typeof value === 'object');
    const shown = [...observableTexts(attempts).values()].join('\n');
    expect(shown).toContain('/keys/{hash}');
    expect(spellingsOf(SECRET).some((spelling) => shown.includes(spelling))).toBe(false);
    expect(shown).not.toContain(HASH);
  });
});
