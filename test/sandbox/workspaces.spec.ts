import { describe, expect, it } from '@jest/globals';
import type { OpenRouterSandbox } from '../../lib/testing/index.js';
import { type Answer, call, manage, setClock, start } from './support/sandbox.js';

const BUDGETS = '/workspaces/default/budgets';

function setBudget(sandbox: OpenRouterSandbox, interval: string, body: unknown): Promise<Answer> {
  return manage(sandbox, 'PUT', `${BUDGETS}/${interval}`, body);
}

async function limits(sandbox: OpenRouterSandbox): Promise<unknown[]> {
  const { json } = await manage(sandbox, 'GET', BUDGETS);
  return json.data.map((budget: any) => [budget.reset_interval, budget.limit_usd]);
}

describe('/workspaces', () => {
  it('has a default workspace, found by id and by slug', async () => {
    const sandbox = await start();
    const { json } = await manage(sandbox, 'GET', '/workspaces');
    expect(json).toMatchObject({ data: [{ slug: 'default', name: 'Default Workspace' }], total_count: 1 });
    const [workspace] = json.data;
    expect((await call(sandbox, '/key', sandbox.apiKey)).json.data.workspace_id).toBe(workspace.id);
    for (const id of ['default', workspace.id, workspace.id.toUpperCase()]) {
      expect((await manage(sandbox, 'GET', `/workspaces/${id}`)).json).toEqual({ data: workspace });
    }
    expect((await manage(sandbox, 'GET', '/workspaces/other')).status).toBe(404);
  });

  it('makes others, with keys of their own', async () => {
    const sandbox = await start();
    const { status, json } = await manage(sandbox, 'POST', '/workspaces', {
      name: 'Production',
      slug: 'production',
      description: 'For customers',
    });
    expect(status).toBe(201);
    expect(json.data).toMatchObject({ name: 'Production', slug: 'production', description: 'For customers' });
    const made = await manage(sandbox, 'POST', '/keys', { name: 'Theirs', workspace_id: json.data.id });
    expect(made.json.data.workspace_id).toBe(json.data.id);
    const namesAt = async (query: string): Promise<string[]> =>
      (await manage(sandbox, 'GET', `/keys${query}`)).json.data.map(({ name }: any) => name);
    expect(await namesAt('')).toEqual(['Sandbox key']);
    expect(await namesAt(`?workspace_id=${json.data.id}`)).toEqual(['Theirs']);
    expect(await namesAt('?workspace_id=00000000-0000-4000-8000-000000000000')).toEqual([]);
    expect((await manage(sandbox, 'GET', '/workspaces?offset=1&limit=1')).json).toEqual({
      data: [json.data],
      total_count: 2,
    });
  });

  it.each<[string, string, unknown]>([
    ['POST', '/workspaces', { name: 'A' }],
    ['POST', '/workspaces', { name: '', slug: 'a' }],
    ['POST', '/workspaces', { name: 'A', slug: 'A b' }],
    ['POST', '/workspaces', { name: 'A', slug: 'default' }],
    ['POST', '/workspaces', { name: 'A', slug: 'a', description: 1 }],
    ['GET', '/workspaces?limit=0', undefined],
    ['GET', '/workspaces?limit=101', undefined],
    ['GET', '/workspaces?offset=-1', undefined],
  ])('%s %s %j is a 400', async (method, path, body) => {
    expect((await manage(await start(), method, path, body)).status).toBe(400);
  });

  it.each([
    ['GET', '/workspaces'],
    ['POST', '/workspaces'],
    ['GET', '/workspaces/default'],
    ['GET', BUDGETS],
    ['GET', `${BUDGETS}/daily`],
    ['PUT', `${BUDGETS}/daily`],
    ['DELETE', `${BUDGETS}/daily`],
  ])('%s %s is for the management key', async (method, path) => {
    const sandbox = await start();
    expect((await call(sandbox, path, undefined, { method })).status).toBe(401);
    expect((await call(sandbox, path, sandbox.apiKey, { method })).status).toBe(403);
  });
});

describe('budgets', () => {
  it('are set, read, replaced and removed', async () => {
    setClock('2026-03-04T12:00:00Z');
    const sandbox = await start();
    expect((await manage(sandbox, 'GET', BUDGETS)).json).toEqual({
      data: [],
      include_byok_in_budgets: false,
    });
    expect((await manage(sandbox, 'GET', `${BUDGETS}/monthly`)).status).toBe(404);

    const set = await setBudget(sandbox, 'monthly', { limit_usd: 100, include_byok_in_budgets: true });
    expect(set).toMatchObject({
      status: 200,
      json: {
        data: {
          limit_usd: 100,
          reset_interval: 'monthly',
          created_at: '2026-03-04T12:00:00.000Z',
          updated_at: '2026-03-04T12:00:00.000Z',
        },
        include_byok_in_budgets: true,
      },
    });
    expect((await manage(sandbox, 'GET', `${BUDGETS}/monthly`)).json).toEqual(set.json);

    setClock('2026-03-04T13:00:00Z');
    const raised = await setBudget(sandbox, 'monthly', { limit_usd: 200 });
    expect(raised.json).toEqual({
      data: { ...set.json.data, limit_usd: 200, updated_at: '2026-03-04T13:00:00.000Z' },
      include_byok_in_budgets: true,
    });
    const lifetime = await setBudget(sandbox, 'lifetime', { limit_usd: 1000 });
    expect(lifetime.json.data).toMatchObject({ reset_interval: null, limit_usd: 1000 });
    expect(await limits(sandbox)).toEqual([
      [null, 1000],
      ['monthly', 200],
    ]);
    for (let i = 0; i < 2; i++) {
      expect(await manage(sandbox, 'DELETE', `${BUDGETS}/monthly`)).toMatchObject({
        status: 200,
        json: { deleted: true },
      });
    }
    expect(await limits(sandbox)).toEqual([[null, 1000]]);
  });

  it.each<[string, number, string]>([
    ['weekly', 100, 'limit_usd must be less than the monthly budget of $100.00'],
    ['weekly', 250, 'limit_usd must be less than the monthly budget'],
    ['weekly', 10, 'limit_usd must be greater than the daily budget of $10.00'],
    ['lifetime', 99, 'limit_usd must be greater than the monthly budget'],
    ['monthly', 10, 'limit_usd must be greater than the daily budget'],
    ['daily', 100, 'limit_usd must be less than the monthly budget'],
  ])('must fall from lifetime to daily: %s of %d', async (interval, limit, message) => {
    const sandbox = await start();
    await setBudget(sandbox, 'monthly', { limit_usd: 100 });
    await setBudget(sandbox, 'daily', { limit_usd: 10 });
    const { status, json } = await setBudget(sandbox, interval, { limit_usd: limit });
    expect(status).toBe(400);
    expect(json.error.message).toContain(message);
    expect(json.error.message).toContain('lifetime > monthly > weekly > daily');
    expect(await limits(sandbox)).toEqual([
      ['monthly', 100],
      ['daily', 10],
    ]);
    expect((await setBudget(sandbox, 'weekly', { limit_usd: 50 })).status).toBe(200);
    expect((await setBudget(sandbox, 'daily', { limit_usd: 49 })).status).toBe(200);
  });

  it.each([
    {},
    { limit_usd: 0 },
    { limit_usd: -1 },
    { limit_usd: '5' },
    { limit_usd: null },
    { limit_usd: 5, include_byok_in_budgets: 1 },
    [],
  ])('refuse %j', async (body) => {
    const sandbox = await start();
    expect((await setBudget(sandbox, 'daily', body)).status).toBe(400);
    expect(await limits(sandbox)).toEqual([]);
  });

  it.each(['GET', 'PUT', 'DELETE'])(
    '%s of an unknown interval is a 400, of an unknown workspace a 404',
    async (method) => {
      const sandbox = await start();
      const body = method === 'PUT' ? { limit_usd: 1 } : undefined;
      expect((await manage(sandbox, method, `${BUDGETS}/yearly`, body)).status).toBe(400);
      expect((await manage(sandbox, method, '/workspaces/other/budgets/daily', body)).status).toBe(404);
      expect((await manage(sandbox, 'GET', '/workspaces/other/budgets')).status).toBe(404);
    },
  );
});
