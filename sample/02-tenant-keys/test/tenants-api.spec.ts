import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { type ApiKey, OpenRouterClient, SecretString } from 'nestjs-openrouter';
import { OpenRouterSandbox } from 'nestjs-openrouter/testing';
import { AppModule } from '../src/app.module.js';
import { serveOpenApi } from '../src/openapi.js';
import { openrouterConfig } from '../src/openrouter.config.js';
import { tenantsConfig } from '../src/tenants/tenants.config.js';
import { monthEndAfter, pastMonthEnd } from './support/month-end.js';

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: any;
}

const KEEP_MS = 3_600_000;

let sandbox: OpenRouterSandbox;
let openrouter: OpenRouterClient;
let app: INestApplication;
let count = 0;

async function ask(path: string, method = 'GET', body?: object): Promise<Answer> {
  const response = await fetch(`${await app.getUrl()}${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

/** A new tenant for a test. */
async function addTenant(
  monthlyLimit = 25,
): Promise<{ id: string; path: string; hash: string; secret: string }> {
  const id = newId();
  const { status, body } = await ask('/tenants', 'POST', { id, monthlyLimit });
  expect(status).toBe(201);
  return { id, path: `/tenants/${id}`, hash: body.tenant.keyHash, secret: body.secret };
}

function newId(): string {
  return `tenant-${(count += 1)}`;
}

async function keysAtOpenRouter(id: string): Promise<ApiKey[]> {
  const keys: ApiKey[] = [];
  for await (const key of openrouter.apiKeys.iterate({ includeDisabled: true })) {
    if (key.name?.startsWith(`tenant-keys:${id}:`) === true) keys.push(key);
  }
  return keys;
}

function works(secret: string): Promise<boolean> {
  return openrouter.apiKeys.getCurrent({ apiKey: secret }).then(
    () => true,
    () => false,
  );
}

beforeAll(async () => {
  sandbox = await OpenRouterSandbox.start({ credits: { totalCredits: 1_000, totalUsage: 0 } });
  const account = { managementKey: sandbox.managementKey, baseUrl: sandbox.baseUrl };
  openrouter = new OpenRouterClient(account);
  const testing = await Test.createTestingModule({ imports: [AppModule] })
    .overrideProvider(openrouterConfig.KEY)
    .useValue({ ...account, timeoutMs: 500, retry: false })
    .overrideProvider(tenantsConfig.KEY)
    .useValue({
      database: ':memory:',
      secret: new SecretString(randomBytes(32).toString('base64')),
      keepRetiredMs: KEEP_MS,
      lateCreationMs: KEEP_MS,
    })
    .compile();
  app = testing.createNestApplication({ logger: false, forceCloseConnections: true });
  serveOpenApi(app);
  await app.listen(0, '127.0.0.1');
});

afterEach(() => {
  sandbox.clearFailures();
  jest.restoreAllMocks();
});

afterAll(async () => {
  await app.close();
  await openrouter.close();
  await sandbox.stop();
});

describe('POST /tenants', () => {
  it('creates a key with the monthly limit, and shows its secret once', async () => {
    const id = newId();
    const { status, headers, body } = await ask('/tenants', 'POST', { id, monthlyLimit: 25.5 });

    expect(status).toBe(201);
    expect(headers.get('cache-control')).toBe('no-store');
    const [key] = await keysAtOpenRouter(id);
    expect(key).toMatchObject({ limit: 25.5, limitReset: 'monthly', disabled: false });
    expect(body.tenant).toMatchObject({
      id,
      monthlyLimit: 25.5,
      status: 'active',
      keyHash: key!.hash,
      secretShown: true,
    });
    await expect(works(body.secret)).resolves.toBe(true);

    await expect(ask(`/tenants/${id}/key/secret`, 'POST')).resolves.toMatchObject({ status: 410 });
    await expect(ask(`/tenants/${id}`)).resolves.toMatchObject({ status: 200, body: body.tenant });
    const { body: all } = await ask('/tenants');
    expect(all).toContainEqual(body.tenant);
    expect(JSON.stringify(all)).not.toContain('sk-or-');
  });

  it('creates no second key for a tenant', async () => {
    const { id } = await addTenant();

    await expect(ask('/tenants', 'POST', { id, monthlyLimit: 99 })).resolves.toMatchObject({ status: 409 });
    await expect(keysAtOpenRouter(id)).resolves.toMatchObject([{ limit: 25 }]);
  });

  it('creates one key for many concurrent requests', async () => {
    const id = newId();
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => ask('/tenants', 'POST', { id, monthlyLimit: 25 })),
    );

    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array<number>(7).fill(409)]);
    await expect(keysAtOpenRouter(id)).resolves.toHaveLength(1);
  });

  it.each([
    ['id', { monthlyLimit: 25 }],
    ['id', { id: 'Acme', monthlyLimit: 25 }],
    ['id', { id: 'a:b', monthlyLimit: 25 }],
    ['id', { id: ['acme'], monthlyLimit: 25 }],
    ['monthlyLimit', { id: 'acme' }],
    ['monthlyLimit', { id: 'acme', monthlyLimit: 0 }],
    ['monthlyLimit', { id: 'acme', monthlyLimit: '25' }],
    ['monthlyLimit', { id: 'acme', monthlyLimit: 1e7 }],
    ['secret', { id: 'acme', monthlyLimit: 25, secret: 'x' }],
  ])('names `%s` of %j, and stores nothing', async (field, request) => {
    const { status, body } = await ask('/tenants', 'POST', request);

    expect(status).toBe(400);
    expect(body.message.every((reason: string) => reason.includes(field))).toBe(true);
    await expect(ask('/tenants/acme')).resolves.toMatchObject({ status: 404 });
  });

  it('leaves nothing behind when OpenRouter refuses', async () => {
    sandbox.failNext({ method: 'POST', path: '/keys', status: 429, headers: { 'retry-after': 7 } });
    const id = newId();

    const { status, headers } = await ask('/tenants', 'POST', { id, monthlyLimit: 25 });
    expect(status).toBe(503);
    expect(headers.get('retry-after')).toBe('7');
    await expect(ask(`/tenants/${id}`)).resolves.toMatchObject({ status: 404 });
    await expect(ask('/tenants', 'POST', { id, monthlyLimit: 25 })).resolves.toMatchObject({ status: 201 });
  });

  it.each([{ status: 500 }, { fault: 'reset' }, { fault: 'hang' }, { status: 201, body: '<html>' }] as const)(
    'makes another one when nobody knows whether there is one: %j',
    async (failure) => {
      sandbox.failNext({ method: 'POST', path: '/keys', ...failure });
      const { id, secret } = await addTenant();

      await expect(keysAtOpenRouter(id)).resolves.toHaveLength(1);
      await expect(works(secret)).resolves.toBe(true);
    },
  );

  it('can be finished later if that fails, too', async () => {
    sandbox.failNext({ method: 'POST', path: '/keys', status: 500, times: 2 });
    const id = newId();

    await expect(ask('/tenants', 'POST', { id, monthlyLimit: 25 })).resolves.toMatchObject({ status: 502 });
    await expect(ask(`/tenants/${id}`)).resolves.toMatchObject({
      body: { status: 'creating', keyHash: null, secretShown: false },
    });
    await expect(ask(`/tenants/${id}/key/secret`, 'POST')).resolves.toMatchObject({ status: 409 });
    await expect(ask(`/tenants/${id}/enable`, 'POST')).resolves.toMatchObject({ body: { status: 'active' } });
    const { status, body } = await ask(`/tenants/${id}/key/secret`, 'POST');
    expect(status).toBe(200);
    await expect(works(body.secret)).resolves.toBe(true);
  });

  it('gives up a key that OpenRouter refuses', async () => {
    sandbox.failNext({ path: '/key', status: 401 });
    const id = newId();

    await expect(ask('/tenants', 'POST', { id, monthlyLimit: 25 })).resolves.toMatchObject({ status: 502 });
    await expect(ask(`/tenants/${id}`)).resolves.toMatchObject({ body: { status: 'keyless' } });
    const { body } = await ask(`/tenants/${id}/key/rotate`, 'POST');
    await expect(works(body.secret)).resolves.toBe(true);
    const keys = await keysAtOpenRouter(id);
    expect(keys.filter(({ disabled }) => disabled === false)).toMatchObject([{ hash: body.tenant.keyHash }]);
    await expect(ask(`/tenants/${id}/usage`)).resolves.toMatchObject({ body: { spentInAll: 0 } });
  });
});

describe('POST /tenants/:id/key/rotate', () => {
  it('replaces the key: the previous one is refused at once, and kept for a while', async () => {
    const { id, path, hash, secret } = await addTenant();
    const { status, headers, body } = await ask(`${path}/key/rotate`, 'POST');

    expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(body.secret).not.toBe(secret);
    await expect(works(body.secret)).resolves.toBe(true);
    await expect(works(secret)).resolves.toBe(false);
    await expect(keysAtOpenRouter(id)).resolves.toEqual(
      expect.arrayContaining([
        expect.objectContaining({ hash: body.tenant.keyHash, disabled: false, limit: 25 }),
        expect.objectContaining({ hash, disabled: true }),
      ]),
    );

    // Requests that were running when the key was disabled are charged later.
    sandbox.spend(0.5, { keyHash: hash });
    jest.spyOn(Date, 'now').mockReturnValue(Date.now() + KEEP_MS + 1_000);
    await ask(`${path}/enable`, 'POST');
    await expect(keysAtOpenRouter(id)).resolves.toMatchObject([{ hash: body.tenant.keyHash }]);
    await expect(ask(`${path}/usage`)).resolves.toMatchObject({ body: { spentInAll: 0.5 } });
  });

  it('gives the new key the rest of the month, and the full limit in the next month', async () => {
    await pastMonthEnd();
    const { id, path, hash } = await addTenant();
    sandbox.spend(10.1, { keyHash: hash });
    const { body: first } = await ask(`${path}/key/rotate`, 'POST');
    sandbox.spend(0.2, { keyHash: first.tenant.keyHash });
    const { body: second } = await ask(`${path}/key/rotate`, 'POST');

    const find = async (): Promise<ApiKey> => openrouter.apiKeys.get(second.tenant.keyHash);
    await expect(find()).resolves.toMatchObject({ limit: 14.7, limitReset: 'monthly' });
    await expect(ask(`${path}/usage`)).resolves.toMatchObject({
      body: { tenantId: id, monthlyLimit: 25, spentThisMonth: 10.3, leftThisMonth: 14.7, spentInAll: 10.3 },
    });

    jest.spyOn(Date, 'now').mockReturnValue(monthEndAfter(Date.now()));
    await ask(`${path}/enable`, 'POST');
    await expect(find()).resolves.toMatchObject({ limit: 25, limitReset: 'monthly' });
  });

  it('gives the new key nothing if the limit is already exceeded', async () => {
    await pastMonthEnd();
    const { path, hash } = await addTenant();
    sandbox.spend(25.5, { keyHash: hash });

    const { status, body } = await ask(`${path}/key/rotate`, 'POST');
    expect(status).toBe(200);
    await expect(openrouter.apiKeys.get(body.tenant.keyHash)).resolves.toMatchObject({ limit: 0 });
    await expect(ask(`${path}/usage`)).resolves.toMatchObject({
      body: { spentThisMonth: 25.5, leftThisMonth: -0.5 },
    });
  });

  it('leaves the previous key alone if OpenRouter creates none', async () => {
    const { id, path, hash, secret } = await addTenant();
    sandbox.failNext({ method: 'POST', path: '/keys', status: 403 });

    await expect(ask(`${path}/key/rotate`, 'POST')).resolves.toMatchObject({ status: 502 });
    await expect(ask(path)).resolves.toMatchObject({ body: { status: 'active', keyHash: hash } });
    await expect(works(secret)).resolves.toBe(true);
    await expect(keysAtOpenRouter(id)).resolves.toHaveLength(1);
  });

  it('does not wait for the deletion of previous keys', async () => {
    const { id, path } = await addTenant();
    await ask(`${path}/key/rotate`, 'POST');
    jest.spyOn(Date, 'now').mockReturnValue(Date.now() + KEEP_MS + 1_000);
    sandbox.failNext({ method: 'DELETE', status: 500, times: Infinity });

    const { status, body } = await ask(`${path}/key/rotate`, 'POST');
    expect(status).toBe(200);
    await expect(works(body.secret)).resolves.toBe(true);
    sandbox.clearFailures();
    await ask(`${path}/enable`, 'POST');
    await expect(keysAtOpenRouter(id)).resolves.toHaveLength(2);
  });

  it('keeps a disabled tenant disabled', async () => {
    const { path } = await addTenant();
    await ask(`${path}/disable`, 'POST');

    const { body } = await ask(`${path}/key/rotate`, 'POST');
    expect(body.tenant.status).toBe('disabled');
    await expect(works(body.secret)).resolves.toBe(false);
  });

  it('replaces a key that was deleted by hand', async () => {
    const { path, hash } = await addTenant();
    await openrouter.apiKeys.delete(hash);
    await expect(ask(`${path}/usage`)).resolves.toMatchObject({
      status: 200,
      body: { spentThisMonth: null, leftThisMonth: null, spentInAll: null },
    });

    const { status, body } = await ask(`${path}/key/rotate`, 'POST');
    expect(status).toBe(200);
    await expect(works(body.secret)).resolves.toBe(true);
  });
});

describe('POST /tenants/:id/disable and enable', () => {
  it('disables and enables the key at OpenRouter', async () => {
    const { path, secret } = await addTenant();

    await expect(ask(`${path}/disable`, 'POST')).resolves.toMatchObject({
      status: 200,
      body: { status: 'disabled' },
    });
    await expect(works(secret)).resolves.toBe(false);
    await expect(ask(`${path}/enable`, 'POST')).resolves.toMatchObject({ body: { status: 'active' } });
    await expect(works(secret)).resolves.toBe(true);
  });

  it('is remembered while OpenRouter fails', async () => {
    const { path } = await addTenant();
    sandbox.failNext({ method: 'PATCH', status: 503 });

    await expect(ask(`${path}/disable`, 'POST')).resolves.toMatchObject({ status: 503 });
    await expect(ask(path)).resolves.toMatchObject({ body: { status: 'disabling' } });
    await expect(ask(`${path}/disable`, 'POST')).resolves.toMatchObject({ body: { status: 'disabled' } });
  });
});

describe('GET /usage', () => {
  it('covers every tenant with one request per hundred keys', async () => {
    await pastMonthEnd();
    const { id, hash } = await addTenant(40);
    sandbox.spend(0.1, { keyHash: hash });
    sandbox.spend(0.2, { keyHash: hash });
    sandbox.clearRequests();

    const { body } = await ask('/usage');
    expect(body).toContainEqual({
      tenantId: id,
      monthlyLimit: 40,
      spentThisMonth: 0.3,
      leftThisMonth: 39.7,
      spentInAll: 0.3,
    });
    const { body: tenants } = await ask('/tenants');
    expect(body).toHaveLength(tenants.length);
    expect(sandbox.requests).toHaveLength(1);
  });
});

it.each([
  ['GET', ''],
  ['GET', '/usage'],
  ['POST', '/key/rotate'],
  ['POST', '/key/secret'],
  ['POST', '/disable'],
])('answers 404 for an unknown tenant: %s /tenants/nobody%s', async (method, rest) => {
  await expect(ask(`/tenants/nobody${rest}`, method)).resolves.toMatchObject({
    status: 404,
    body: { message: 'The tenant nobody does not exist.' },
  });
});

it('describes requests and answers in the OpenAPI document', async () => {
  const { body } = await ask('/docs-json');

  expect(Object.keys(body.paths)).toHaveLength(8);
  expect(body.components.schemas).toMatchObject({
    CreateTenantRequest: { required: ['id', 'monthlyLimit'] },
    TenantResponse: { properties: { keyHash: { type: 'string', nullable: true } } },
    TenantUsageResponse: { properties: { spentInAll: { type: 'number', nullable: true } } },
  });
});
