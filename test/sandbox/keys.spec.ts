import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { OpenRouterSandbox } from '../../lib/testing/index.js';
import { call, manage, setClock, start } from './support/sandbox.js';

const hashOf = (key: string): string => createHash('sha256').update(key).digest('hex');

async function create(
  sandbox: OpenRouterSandbox,
  body: object = {},
): Promise<{ hash: string; key: string; data: any }> {
  const { status, json } = await manage(sandbox, 'POST', '/keys', { name: 'A key', ...body });
  expect(status).toBe(201);
  return { hash: json.data.hash, key: json.key, data: json.data };
}

async function names(sandbox: OpenRouterSandbox, query = ''): Promise<string[]> {
  const { status, json } = await manage(sandbox, 'GET', `/keys${query}`);
  expect(status).toBe(200);
  return json.data.map(({ name }: { name: string }) => name);
}

async function statusOf(sandbox: OpenRouterSandbox, key: string): Promise<number> {
  return (await call(sandbox, '/key', key)).status;
}

describe('POST /keys', () => {
  it('creates a key and shows its text once, beside its data', async () => {
    setClock('2026-03-04T12:00:00Z');
    const sandbox = await start();
    const { status, json } = await manage(sandbox, 'POST', '/keys', {
      name: 'Customer 17',
      limit: 50,
      limit_reset: 'monthly',
      include_byok_in_limit: true,
      expires_at: '2027-12-31T23:59:59Z',
      creator_user_id: 'user_member',
    });
    expect(status).toBe(201);
    expect(json.key).toMatch(/^sk-or-v1-[0-9a-f]{64}$/);
    expect(json.data).toEqual({
      hash: hashOf(json.key),
      name: 'Customer 17',
      label: `${json.key.slice(0, 12)}...${json.key.slice(-4)}`,
      disabled: false,
      limit: 50,
      limit_remaining: 50,
      limit_reset: 'monthly',
      include_byok_in_limit: true,
      usage: 0,
      usage_daily: 0,
      usage_weekly: 0,
      usage_monthly: 0,
      byok_usage: 0,
      byok_usage_daily: 0,
      byok_usage_weekly: 0,
      byok_usage_monthly: 0,
      created_at: '2026-03-04T12:00:00.000Z',
      updated_at: null,
      creator_user_id: 'user_member',
      workspace_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      expires_at: '2027-12-31T23:59:59.000Z',
      external_user: null,
    });
    const { json: got } = await manage(sandbox, 'GET', `/keys/${json.data.hash}`);
    expect(got).toEqual({ data: json.data });
    expect(JSON.stringify(await manage(sandbox, 'GET', '/keys'))).not.toContain(json.key);
  });

  it('needs no more than a name, and ignores what it does not know', async () => {
    const sandbox = await start();
    const { data } = await create(sandbox, { disabled: true, hash: 'mine', unknown: 1 });
    expect(data).toMatchObject({
      name: 'A key',
      disabled: false,
      limit: null,
      limit_remaining: null,
      limit_reset: null,
      include_byok_in_limit: false,
      expires_at: null,
    });
    const { json } = await call(sandbox, '/key', sandbox.apiKey);
    expect(data).toMatchObject({
      creator_user_id: json.data.creator_user_id,
      workspace_id: json.data.workspace_id,
    });
  });

  it('takes null for an optional field, and parts of a second in a time', async () => {
    const sandbox = await start();
    await create(sandbox, { limit: null, limit_reset: null, expires_at: null, creator_user_id: null });
    await create(sandbox, { expires_at: '2030-01-01T00:00:00.123Z', limit: 0 });
  });

  it.each<[unknown, string]>([
    [{}, 'name must be a non-empty string'],
    [{ name: '' }, 'name must be'],
    [{ name: null }, 'name must be'],
    [{ name: 'A', limit: '5' }, 'limit must be a number of US dollars, 0 or more, or null'],
    [{ name: 'A', limit: -1 }, 'limit must be'],
    ['{"name":"A","limit":1e400}', 'limit must be'],
    [{ name: 'A', limit_reset: 'yearly' }, 'limit_reset must be one of daily, weekly, monthly, null'],
    [{ name: 'A', include_byok_in_limit: null }, 'include_byok_in_limit must be true or false'],
    [{ name: 'A', expires_at: '2030-01-01T00:00:00+02:00' }, 'expires_at must be an ISO 8601 time in UTC'],
    [{ name: 'A', expires_at: '2030-01-01T00:00:00+00:00' }, 'expires_at must be'],
    [{ name: 'A', expires_at: '2030-01-01' }, 'expires_at must be'],
    [{ name: 'A', expires_at: '2030-13-01T00:00:00Z' }, 'expires_at must be'],
    [{ name: 'A', expires_at: 1893456000 }, 'expires_at must be'],
    [{ name: 'A', creator_user_id: '' }, 'creator_user_id must be'],
    [{ name: 'A', workspace_id: 'default' }, 'workspace_id must be a UUID'],
    [{ name: 'A', workspace_id: '00000000-0000-4000-8000-000000000000' }, 'workspace_id must be that of'],
    [[], 'the body must be a JSON object'],
    ['{broken', 'the body must be'],
    [undefined, 'the body must be'],
  ])('answers 400 to %j', async (body, message) => {
    const sandbox = await start();
    const { status, json } = await manage(sandbox, 'POST', '/keys', body);
    expect({ status, error: json.error }).toEqual({
      status: 400,
      error: { code: 400, message: expect.stringContaining(`Invalid request parameters: ${message}`) },
    });
    expect(await names(sandbox)).toEqual(['Sandbox key']);
  });
});

describe('GET /keys', () => {
  it('lists the inference key of the sandbox too, but no management key', async () => {
    const sandbox = await start({ keyLimit: 10, keyLimitReset: 'daily' });
    sandbox.spend(2.5);
    const { json } = await manage(sandbox, 'GET', '/keys');
    expect(json.data).toMatchObject([
      { hash: hashOf(sandbox.apiKey), name: 'Sandbox key', limit: 10, limit_remaining: 7.5, usage: 2.5 },
    ]);
  });

  it('gives pages of a hundred, the newest key first', async () => {
    const sandbox = await start();
    for (let i = 1; i <= 205; i++) await create(sandbox, { name: `Key ${i}` });
    const pages = [
      await names(sandbox),
      await names(sandbox, '?offset=100'),
      await names(sandbox, '?offset=200'),
      await names(sandbox, '?offset=300'),
    ];
    expect(pages.map(({ length }) => length)).toEqual([100, 100, 6, 0]);
    expect(pages.flat()).toEqual([...Array.from({ length: 205 }, (_, i) => `Key ${205 - i}`), 'Sandbox key']);
  });

  it('leaves disabled keys out unless asked', async () => {
    const sandbox = await start();
    const { hash } = await create(sandbox);
    await manage(sandbox, 'PATCH', `/keys/${hash}`, { disabled: true });
    expect(await names(sandbox)).toEqual(['Sandbox key']);
    expect(await names(sandbox, '?include_disabled=false')).toEqual(['Sandbox key']);
    expect(await names(sandbox, '?include_disabled=true')).toEqual(['A key', 'Sandbox key']);
  });

  it.each([
    'include_disabled=1',
    'include_disabled=',
    'offset=-1',
    'offset=1.5',
    'offset=abc',
    'workspace_id=default',
  ])('answers 400 to %s', async (query) => {
    const { status, json } = await manage(await start(), 'GET', `/keys?${query}`);
    expect(status).toBe(400);
    expect(json.error.message).toContain(`: ${query.split('=')[0]} must be`);
  });
});

describe('PATCH /keys/{hash}', () => {
  it('changes what is named, clears what is null and keeps the rest', async () => {
    setClock('2026-03-04T12:00:00Z');
    const sandbox = await start();
    const { hash, data } = await create(sandbox, { limit: 5, limit_reset: 'daily' });
    setClock('2026-03-04T13:00:00Z');
    const renamed = await manage(sandbox, 'PATCH', `/keys/${hash}`, { name: 'Renamed' });
    expect(renamed).toMatchObject({
      status: 200,
      json: { data: { ...data, name: 'Renamed', updated_at: '2026-03-04T13:00:00.000Z' } },
    });
    const cleared = await manage(sandbox, 'PATCH', `/keys/${hash}`, { limit: null, limit_reset: null });
    expect(cleared.json.data).toMatchObject({
      name: 'Renamed',
      limit: null,
      limit_remaining: null,
      limit_reset: null,
    });
    const set = await manage(sandbox, 'PATCH', `/keys/${hash}`, { limit: 0.5, include_byok_in_limit: true });
    expect(set.json.data).toMatchObject({ limit: 0.5, limit_remaining: 0.5, include_byok_in_limit: true });
  });

  it('cannot move a key or change when it expires', async () => {
    const sandbox = await start();
    const { hash, data } = await create(sandbox, { expires_at: '2099-01-01T00:00:00Z' });
    const { status, json } = await manage(sandbox, 'PATCH', `/keys/${hash}`, {
      expires_at: null,
      workspace_id: '00000000-0000-4000-8000-000000000000',
    });
    expect(status).toBe(200);
    expect(json.data).toMatchObject({ expires_at: data.expires_at, workspace_id: data.workspace_id });
  });

  it.each([{ name: null }, { disabled: null }, { limit: 'none' }, { limit_reset: '' }, [], 'text'])(
    'answers 400 to %j',
    async (body) => {
      const sandbox = await start();
      expect((await manage(sandbox, 'PATCH', `/keys/${hashOf(sandbox.apiKey)}`, body)).status).toBe(400);
    },
  );
});

describe('a key', () => {
  it('works until it is disabled, and again when it is enabled', async () => {
    const sandbox = await start();
    const { key, hash } = await create(sandbox, { limit: 3 });
    expect((await call(sandbox, '/key', key)).json.data).toMatchObject({
      limit: 3,
      is_management_key: false,
    });
    await manage(sandbox, 'PATCH', `/keys/${hash}`, { disabled: true });
    expect((await call(sandbox, '/key', key)).json).toEqual({
      error: { code: 401, message: 'User not found.' },
    });
    await manage(sandbox, 'PATCH', `/keys/${hash}`, { disabled: false });
    expect(await statusOf(sandbox, key)).toBe(200);
    expect(
      sandbox.requests.filter(({ path }) => path.endsWith('/key')).map((r) => [r.key, r.keyHash]),
    ).toEqual([
      ['api', hash],
      ['unknown', undefined],
      ['api', hash],
    ]);
  });

  it('works until it expires', async () => {
    setClock('2026-03-04T12:00:00Z');
    const sandbox = await start();
    const { key } = await create(sandbox, { expires_at: '2026-03-04T12:00:01Z' });
    expect(await statusOf(sandbox, key)).toBe(200);
    setClock('2026-03-04T12:00:01Z');
    expect(await statusOf(sandbox, key)).toBe(401);
    expect(await names(sandbox)).toEqual(['A key', 'Sandbox key']);
  });

  it('works until it is deleted, the first one of the sandbox included', async () => {
    const sandbox = await start();
    const hash = hashOf(sandbox.apiKey);
    expect(await manage(sandbox, 'DELETE', `/keys/${hash}`)).toMatchObject({
      status: 200,
      json: { deleted: true },
    });
    expect(await statusOf(sandbox, sandbox.apiKey)).toBe(401);
    expect(await names(sandbox, '?include_disabled=true')).toEqual([]);
    for (const method of ['GET', 'PATCH', 'DELETE']) {
      expect(
        (await manage(sandbox, method, `/keys/${hash}`, method === 'PATCH' ? {} : undefined)).status,
      ).toBe(404);
    }
  });
});

describe('/keys', () => {
  it.each([
    ['GET', '/keys'],
    ['POST', '/keys'],
    ['GET', '/keys/abc'],
    ['PATCH', '/keys/abc'],
    ['DELETE', '/keys/abc'],
  ])('%s %s is for the management key', async (method, path) => {
    const sandbox = await start();
    expect((await call(sandbox, path, undefined, { method })).status).toBe(401);
    expect((await call(sandbox, path, 'sk-or-v1-nobody', { method })).status).toBe(401);
    const { status, json } = await call(sandbox, path, sandbox.apiKey, { method });
    expect(status).toBe(403);
    expect(json.error.message).toBe('Only management keys can perform this operation');
    expect(await names(sandbox)).toEqual(['Sandbox key']);
  });

  it.each(['/keys/', '/keys/%', '/keys/a/b', '/keys/abc', '/keyss'])('GET %s is a 404', async (path) => {
    expect((await manage(await start(), 'GET', path)).status).toBe(404);
  });
});
