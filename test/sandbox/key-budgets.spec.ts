import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { OpenRouter } from '@openrouter/sdk';
import OpenAI, { PermissionDeniedError } from 'openai';
import { OpenRouterSandbox, type SandboxGuardrail } from '../../lib/testing/index.js';
import { failureOf } from '../support/failures.js';
import { call, manage, setClock, start } from './support/sandbox.js';

const hashOf = (key: string): string => createHash('sha256').update(key).digest('hex');

async function keyOf(sandbox: OpenRouterSandbox, key = sandbox.apiKey): Promise<any> {
  return (await call(sandbox, '/key', key)).json.data;
}

async function complete(sandbox: OpenRouterSandbox, key = sandbox.apiKey): Promise<[number, any]> {
  const { status, json } = await call(sandbox, '/chat/completions', key, {
    method: 'POST',
    body: JSON.stringify({ messages: [{ role: 'user', content: 'Hi' }] }),
  });
  return [status, json.error];
}

describe('GET /key', () => {
  it('has no budgets where there are none, and none of a management key', async () => {
    const sandbox = await start();
    sandbox.addGuardrail({ scope: 'member', limitUsd: 1 });
    expect(await keyOf(sandbox, sandbox.managementKey)).toMatchObject({
      budgets: [],
      effective_budget: null,
    });
    sandbox.clearGuardrails();
    expect(await keyOf(sandbox)).toMatchObject({ budgets: [], effective_budget: null });
  });

  it('tells every layer in the order in which it is enforced, and the one of which least is left', async () => {
    setClock('2026-03-04T12:00:00Z');
    const sandbox = await start({
      keyLimit: 9,
      keyLimitReset: 'weekly',
      guardrails: [
        { scope: 'api_key', limitUsd: 8, resetInterval: 'monthly', includeByok: true },
        { scope: 'workspace_default_member', limitUsd: 7, resetInterval: 'daily' },
      ],
    });
    await manage(sandbox, 'PUT', '/workspaces/default/budgets/lifetime', { limit_usd: 20 });
    await manage(sandbox, 'PUT', '/workspaces/default/budgets/daily', { limit_usd: 10 });
    sandbox.spend(1.5, { byokUsd: 0.25 });
    const { budgets, effective_budget } = await keyOf(sandbox);
    expect(budgets).toEqual([
      {
        budget_id: null,
        guardrail_id: expect.any(String),
        include_byok: false,
        limit_usd: 7,
        spend_usd: 1.5,
        remaining_usd: 5.5,
        reset_interval: 'daily',
        resets_at: '2026-03-05T00:00:00.000Z',
        scope: 'workspace_default_member',
      },
      {
        budget_id: null,
        guardrail_id: expect.any(String),
        include_byok: true,
        limit_usd: 8,
        spend_usd: 1.75,
        remaining_usd: 6.25,
        reset_interval: 'monthly',
        resets_at: '2026-04-01T00:00:00.000Z',
        scope: 'api_key',
      },
      {
        budget_id: expect.any(String),
        guardrail_id: null,
        include_byok: false,
        limit_usd: 20,
        spend_usd: 1.5,
        remaining_usd: 18.5,
        reset_interval: null,
        resets_at: null,
        scope: 'workspace',
      },
      expect.objectContaining({ remaining_usd: 8.5, reset_interval: 'daily', scope: 'workspace' }),
      {
        budget_id: null,
        guardrail_id: null,
        include_byok: false,
        limit_usd: 9,
        spend_usd: 1.5,
        remaining_usd: 7.5,
        reset_interval: 'weekly',
        resets_at: '2026-03-09T00:00:00.000Z',
        scope: 'key_limit',
      },
    ]);
    expect(effective_budget).toEqual(budgets[0]);
  });

  it('names the first one that refuses, which need not be the lowest', async () => {
    const sandbox = await start({ keyLimit: 1, guardrails: [{ scope: 'member', limitUsd: 3 }] });
    sandbox.spend(4);
    expect(await keyOf(sandbox)).toMatchObject({
      limit_remaining: -3,
      effective_budget: { scope: 'member', remaining_usd: -1 },
    });
    sandbox.clearGuardrails();
    expect(await keyOf(sandbox)).toMatchObject({
      effective_budget: { scope: 'key_limit', remaining_usd: -3 },
    });
  });
});

describe('a guardrail', () => {
  it.each<[SandboxGuardrail['scope'], Partial<SandboxGuardrail>, [number, number, number]]>([
    // left of it for the first key, another one of the same user, and one of another user
    ['workspace_default_member', {}, [7, 7, 10]],
    ['workspace_default_key', {}, [9, 8, 10]],
    ['member', {}, [7, 7, NaN]],
    ['api_key', {}, [9, NaN, NaN]],
  ])('with the scope %s counts what it is about', async (scope, more, expected) => {
    const sandbox = await start();
    const make = async (body: object): Promise<string> =>
      (await manage(sandbox, 'POST', '/keys', { name: 'A key', ...body })).json.key;
    const [second, stranger] = [await make({}), await make({ creator_user_id: 'user_else' })] as const;
    sandbox.addGuardrail({ scope, limitUsd: 10, ...more });
    sandbox.spend(1);
    sandbox.spend(2, { keyHash: hashOf(second) });
    const left = async (key: string): Promise<number> =>
      (await keyOf(sandbox, key)).effective_budget?.remaining_usd ?? NaN;
    expect([await left(sandbox.apiKey), await left(second), await left(stranger)]).toEqual(expected);
    // What a deleted key has spent stays spent.
    await manage(sandbox, 'DELETE', `/keys/${hashOf(second)}`);
    expect(await left(sandbox.apiKey)).toBe(expected[0]);
  });

  it('can be one of another key', async () => {
    const sandbox = await start();
    const { key } = (await manage(sandbox, 'POST', '/keys', { name: 'A key' })).json;
    sandbox.addGuardrail({ scope: 'api_key', keyHash: hashOf(key), limitUsd: 0 });
    expect((await complete(sandbox, key))[0]).toBe(403);
    expect((await complete(sandbox))[0]).toBe(200);
  });

  it('refuses completions until its interval is over', async () => {
    setClock('2026-03-04T12:00:00Z');
    const sandbox = await start({ keyLimit: 1 });
    sandbox.addGuardrail({ scope: 'member', limitUsd: 2, resetInterval: 'daily' });
    sandbox.spend(2.5);
    expect(await complete(sandbox)).toEqual([
      403,
      {
        code: 403,
        message: 'Budget limit exceeded',
        metadata: {
          limit_source: 'openrouter_guardrail_budget',
          scope: 'member',
          limit_usd: 2,
          spend_usd: 2.5,
          resets_at: '2026-03-05T00:00:00.000Z',
        },
      },
    ]);
    setClock('2026-03-05T00:00:00Z');
    expect(await complete(sandbox)).toMatchObject([
      403,
      { message: expect.stringMatching(/^Key limit exceeded/) },
    ]);
  });

  it.each<[unknown, RegExp]>([
    [{}, /addGuardrail: `scope` must be one of "workspace_default_member"/],
    [{ scope: 'workspace', limitUsd: 1 }, /addGuardrail: `scope` must be one of/],
    [{ scope: 'member' }, /addGuardrail: `limitUsd` must be a finite number/],
    [{ scope: 'member', limitUsd: -1 }, /`limitUsd` must be/],
    [{ scope: 'member', limitUsd: 1, resetInterval: 'yearly' }, /`resetInterval` must be one of/],
    [{ scope: 'member', limitUsd: 1, includeByok: 1 }, /`includeByok` must be one of true, false/],
    [{ scope: 'member', limitUsd: 1, keyHash: 'ab' }, /`keyHash` must be left out unless/],
    [{ scope: 'api_key', limitUsd: 1, keyHash: 'ab' }, /`keyHash` must be the hash of an inference key/],
    [{ scope: 'member', limitUsd: 1, limit: 1 }, /`limit` is not known; there are `scope`, `limitUsd`/],
  ])('is refused as %j', async (wrong, message) => {
    const sandbox = await start();
    expect(() => sandbox.addGuardrail(wrong as never)).toThrow(message);
    const started = OpenRouterSandbox.start({ guardrails: [wrong as never] });
    await expect(started).rejects.toThrow('OpenRouterSandbox.start: guardrails[0]: ');
    await expect(OpenRouterSandbox.start({ guardrails: {} as never })).rejects.toThrow(
      '`guardrails` must be a list of budgets; got an object',
    );
  });
});

describe('the clients of others', () => {
  it('read a key with budgets, and the refusal of a budget', async () => {
    const sandbox = await start({ guardrails: [{ scope: 'member', limitUsd: 1 }] });
    sandbox.spend(1);
    const { baseUrl, apiKey } = sandbox;
    const sdk = new OpenRouter({ apiKey, serverURL: baseUrl, retryConfig: { strategy: 'none' } });
    expect((await sdk.apiKeys.getCurrentKeyMetadata()).data).toMatchObject({
      limitRemaining: null,
      usage: 1,
    });
    const openai = new OpenAI({ baseURL: baseUrl, apiKey, maxRetries: 0 });
    const refusal = await failureOf(
      openai.chat.completions.create({ model: 'a/b', messages: [{ role: 'user', content: 'Hi' }] }),
    );
    expect(refusal).toBeInstanceOf(PermissionDeniedError);
    expect(refusal).toMatchObject({ error: { metadata: { limit_source: 'openrouter_guardrail_budget' } } });
  });
});
