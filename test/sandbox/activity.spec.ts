import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { OpenRouterSandbox } from '../../lib/testing/index.js';
import { call, manage, setClock, start } from './support/sandbox.js';

const NOW = '2026-03-11T12:00:00Z';
const yesterday = new Date('2026-03-10T08:00:00Z');

async function activity(sandbox: OpenRouterSandbox, query = ''): Promise<any[]> {
  const { status, json } = await manage(sandbox, 'GET', `/activity${query}`);
  expect(status).toBe(200);
  return json.data;
}

async function credits(sandbox: OpenRouterSandbox): Promise<any> {
  return (await manage(sandbox, 'GET', '/credits')).json.data;
}

async function createKey(sandbox: OpenRouterSandbox, body: object = {}): Promise<any> {
  return (await manage(sandbox, 'POST', '/keys', { name: 'A key', ...body })).json.data;
}

async function readKey(sandbox: OpenRouterSandbox, hash: string): Promise<any> {
  return (await manage(sandbox, 'GET', `/keys/${hash}`)).json.data;
}

describe('spend', () => {
  it('moves credits, the key and the activity of that day together', async () => {
    setClock(NOW);
    const sandbox = await start({ credits: { totalCredits: 10, totalUsage: 1 } });
    const { hash } = await createKey(sandbox, { limit: 5 });
    sandbox.spend(0.1, {
      keyHash: hash,
      model: 'anthropic/claude-sonnet-4',
      at: yesterday,
      promptTokens: 100,
      completionTokens: 20,
      reasoningTokens: 5,
      requests: 3,
    });
    sandbox.spend(0.2, { keyHash: hash, model: 'anthropic/claude-sonnet-4', at: yesterday, byokUsd: 0.7 });
    expect(await credits(sandbox)).toEqual({ total_credits: 10, total_usage: 1.3 });
    expect(await readKey(sandbox, hash)).toMatchObject({
      usage: 0.3,
      usage_daily: 0,
      usage_weekly: 0.3,
      usage_monthly: 0.3,
      byok_usage: 0.7,
      byok_usage_daily: 0,
      byok_usage_weekly: 0.7,
      limit_remaining: 4.7,
    });
    expect(await activity(sandbox)).toEqual([
      {
        date: '2026-03-10',
        model: 'anthropic/claude-sonnet-4',
        model_permaslug: 'anthropic/claude-sonnet-4-2025-04-14',
        endpoint_id: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
        provider_name: 'Anthropic',
        usage: 0.3,
        byok_usage_inference: 0.7,
        requests: 4,
        prompt_tokens: 100,
        completion_tokens: 20,
        reasoning_tokens: 5,
      },
    ]);
    const { json } = await call(sandbox, '/key', sandbox.apiKey);
    expect(json.data.usage).toBe(0);
  });

  it('counts what was spent before the current day, week or month for what it still belongs to', async () => {
    setClock('2026-04-01T00:00:00Z');
    const sandbox = await start({ keyLimit: 10, keyLimitReset: 'weekly' });
    // A Wednesday: its week began on Monday the 30th of March.
    for (const [usd, at] of [
      [1, '2026-04-01T00:00:00Z'],
      [2, '2026-03-31T23:59:59Z'],
      [4, '2026-03-29T23:59:59Z'],
    ] as const) {
      sandbox.spend(usd, { at: new Date(at) });
    }
    expect((await call(sandbox, '/key', sandbox.apiKey)).json.data).toMatchObject({
      usage: 7,
      usage_daily: 1,
      usage_weekly: 3,
      usage_monthly: 1,
      limit_remaining: 7,
    });
  });

  it('counts BYOK against a limit that includes it', async () => {
    const sandbox = await start();
    const { hash } = await createKey(sandbox, { limit: 5, include_byok_in_limit: true });
    sandbox.spend(1, { keyHash: hash, byokUsd: 2.5 });
    expect(await readKey(sandbox, hash)).toMatchObject({ usage: 1, limit_remaining: 1.5 });
    await manage(sandbox, 'PATCH', `/keys/${hash}`, { include_byok_in_limit: false });
    expect(await readKey(sandbox, hash)).toMatchObject({ limit_remaining: 4 });
  });

  it('takes a key that has been deleted since: charges are booked after the fact', async () => {
    setClock(NOW);
    const sandbox = await start();
    const { hash } = await createKey(sandbox);
    await manage(sandbox, 'DELETE', `/keys/${hash}`);
    sandbox.spend(0.25, { keyHash: hash, at: yesterday });
    expect((await credits(sandbox)).total_usage).toBe(26);
    expect(await activity(sandbox, `?api_key_hash=${hash}`)).toMatchObject([{ usage: 0.25 }]);
  });

  it.each<[unknown, string]>([
    [{ key: 'x' }, '`key` is not known; there are `keyHash`,'],
    [null, 'the argument must be an object with `keyHash`,'],
    [{ keyHash: 'abc' }, '`keyHash` must be the hash of an inference key of this account'],
    [{ model: '' }, '`model` must be a non-empty string'],
    [{ provider: 5 }, '`provider` must be a non-empty string'],
    [{ at: new Date(NaN) }, '`at` must be a Date, not in the future'],
    [{ at: new Date(Date.now() + 60_000) }, '`at` must be'],
    [{ at: '2026-01-01' }, '`at` must be'],
    [{ byokUsd: -1 }, '`byokUsd` must be'],
    [{ requests: 1.5 }, '`requests` must be a whole number'],
    [{ promptTokens: -1 }, '`promptTokens` must be'],
    [{ completionTokens: '1' }, '`completionTokens` must be'],
    [{ reasoningTokens: Infinity }, '`reasoningTokens` must be'],
  ])('refuses %j and spends nothing', async (spend, message) => {
    const sandbox = await start();
    expect(() => sandbox.spend(1, spend as object)).toThrow(TypeError);
    expect(() => sandbox.spend(1, spend as object)).toThrow(`spend: ${message}`);
    expect((await credits(sandbox)).total_usage).toBe(25.75);
  });
});

describe('GET /activity', () => {
  it('shows the last thirty completed UTC days, the newest first', async () => {
    setClock(NOW);
    const sandbox = await start();
    for (const day of ['2026-02-08', '2026-02-09', '2026-03-10', '2026-03-11']) {
      sandbox.spend(1, { at: new Date(`${day}T00:00:00Z`) });
    }
    expect((await activity(sandbox)).map(({ date }) => date)).toEqual(['2026-03-10', '2026-02-09']);
    setClock('2026-03-12T00:00:00Z');
    expect((await activity(sandbox)).map(({ date }) => date)).toEqual(['2026-03-11', '2026-03-10']);
    expect((await credits(sandbox)).total_usage).toBe(29.75);
  });

  it('has a row for each day, model and provider', async () => {
    setClock(NOW);
    const sandbox = await start();
    const { hash } = await createKey(sandbox);
    sandbox.spend(1, { at: yesterday });
    sandbox.spend(2, { at: yesterday, keyHash: hash });
    sandbox.spend(4, { at: yesterday, provider: 'Azure' });
    sandbox.spend(8, { at: yesterday, model: 'acme/one' });
    const rows = await activity(sandbox);
    expect(rows.map((row) => [row.model, row.provider_name, row.usage, row.requests])).toEqual([
      ['openai/gpt-4.1', 'OpenAI', 3, 2],
      ['openai/gpt-4.1', 'Azure', 4, 1],
      ['acme/one', 'FakeProvider', 8, 1],
    ]);
    expect(new Set(rows.map((row) => row.endpoint_id)).size).toBe(3);
    expect(rows.every((row) => !('workspace_id' in row))).toBe(true);
    sandbox.spend(16, { at: yesterday });
    expect((await activity(sandbox))[0]).toMatchObject({ usage: 19 });
  });

  it('is filtered by day, key, user and workspace, and split by workspace', async () => {
    setClock(NOW);
    const sandbox = await start();
    const { id } = (await manage(sandbox, 'POST', '/workspaces', { name: 'Other', slug: 'other' })).json.data;
    const key = await createKey(sandbox, { workspace_id: id, creator_user_id: 'user_member' });
    const first = createHash('sha256').update(sandbox.apiKey).digest('hex');
    sandbox.spend(1, { at: yesterday });
    sandbox.spend(2, { at: new Date('2026-03-09T08:00:00Z') });
    sandbox.spend(4, { at: yesterday, keyHash: key.hash });
    const usage = async (query: string): Promise<number[]> =>
      (await activity(sandbox, query)).map((row) => row.usage);
    expect(await usage('')).toEqual([5, 2]);
    expect(await usage('?date=2026-03-09')).toEqual([2]);
    expect(await usage(`?api_key_hash=${key.hash}`)).toEqual([4]);
    expect(await usage(`?api_key_hash=${first.toUpperCase()}&date=2026-03-10`)).toEqual([1]);
    expect(await usage('?user_id=user_member')).toEqual([4]);
    expect(await usage('?user_id=user_nobody')).toEqual([]);
    expect(await usage(`?workspace_id=${id}`)).toEqual([4]);
    expect(await activity(sandbox, '?group_by=workspace')).toMatchObject([
      { usage: 1, workspace_id: expect.not.stringMatching(id) },
      { usage: 4, workspace_id: id },
      { usage: 2 },
    ]);
  });

  it.each([
    'date=2026-03-11',
    'date=2026-02-08',
    'date=2026-3-9',
    'date=',
    'api_key_hash=abc',
    'user_id=',
    'group_by=model',
    'workspace_id=default',
  ])('answers 400 to %s', async (query) => {
    setClock(NOW);
    const { status, json } = await manage(await start(), 'GET', `/activity?${query}`);
    expect(status).toBe(400);
    expect(json.error.message).toContain(`: ${query.split('=')[0]} must be`);
  });

  it.each([`api_key_hash=${'0'.repeat(64)}`, 'workspace_id=00000000-0000-4000-8000-000000000000'])(
    'answers 404 to %s',
    async (query) => {
      expect((await manage(await start(), 'GET', `/activity?${query}`)).status).toBe(404);
    },
  );

  it('is for the management key', async () => {
    const sandbox = await start();
    expect((await call(sandbox, '/activity')).status).toBe(401);
    expect((await call(sandbox, '/activity', sandbox.apiKey)).status).toBe(403);
  });

  it('serves ten thousand rows', async () => {
    const sandbox = await start();
    for (let i = 0; i < 10_000; i++) {
      sandbox.spend(0.01, {
        model: `acme/model-${i % 500}`,
        at: new Date(Date.now() - (1 + Math.floor(i / 500)) * 86_400_000),
      });
    }
    expect(await activity(sandbox)).toHaveLength(10_000);
    expect((await credits(sandbox)).total_usage).toBe(125.75);
  }, 20_000);
});
