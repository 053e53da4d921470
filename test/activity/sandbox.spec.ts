import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { OpenRouter } from '@openrouter/sdk';
import { ApiKeysService, OpenRouterClient, OpenRouterForbiddenException } from '../../lib/index.js';
import { OpenRouterSandbox } from '../../lib/testing/index.js';
import { failureOf } from '../support/failures.js';

let sandbox: OpenRouterSandbox;
let client: OpenRouterClient;

beforeEach(async () => {
  sandbox = await OpenRouterSandbox.start();
  const { apiKey, managementKey, baseUrl } = sandbox;
  client = new OpenRouterClient({ apiKey, managementKey, baseUrl });
});

afterEach(async () => {
  await client.close();
  await sandbox.stop();
});

function daysAgo(days: number): Date {
  return new Date(Date.now() - days * 86_400_000);
}

function midnight(date: Date): Date {
  return new Date(`${date.toISOString().slice(0, 10)}T00:00:00Z`);
}

describe('the activity of an account', () => {
  it('is what was spent, by day, model and provider, and in total', async () => {
    sandbox.spend(0.1, { model: 'a/one', provider: 'A', at: daysAgo(2), requests: 3, promptTokens: 10 });
    sandbox.spend(0.2, { model: 'a/one', provider: 'A', at: daysAgo(1), completionTokens: 7 });
    sandbox.spend(0.7, { model: 'b/two', provider: 'B', at: daysAgo(1), byokUsd: 5, reasoningTokens: 2 });
    sandbox.spend(9, { model: 'today/is-not-in-it' });

    const { totals, byDay, byModel, byProvider } = await client.activity.summarize();
    expect(totals).toEqual({
      usage: 1,
      byokUsageInference: 5,
      requests: 5,
      promptTokens: 10,
      completionTokens: 7,
      reasoningTokens: 2,
    });
    expect(byDay.map(({ date, usage }) => [date, usage])).toEqual([
      [midnight(daysAgo(2)), 0.1],
      [midnight(daysAgo(1)), 0.9],
    ]);
    expect(byModel.map(({ model, usage }) => [model, usage])).toEqual([
      ['b/two', 0.7],
      ['a/one', 0.3],
    ]);
    expect(byProvider.map(({ providerName, usage }) => [providerName, usage])).toEqual([
      ['B', 0.7],
      ['A', 0.3],
    ]);
  });

  it('is that of one day or one key where that is asked for', async () => {
    const { apiKey } = await client.apiKeys.create({ name: 'tenant' });
    sandbox.spend(1, { at: daysAgo(1) });
    sandbox.spend(2, { at: daysAgo(2), keyHash: apiKey.hash });
    const usages = async (query: object) => (await client.activity.list(query)).map(({ usage }) => usage);
    expect(await usages({ date: daysAgo(1) })).toEqual([1]);
    expect(await usages({ date: daysAgo(2).toISOString().slice(0, 10) })).toEqual([2]);
    expect(await usages({ apiKeyHash: apiKey.hash })).toEqual([2]);
    expect(await usages({ apiKeyHash: ApiKeysService.hashOf(sandbox.apiKey) })).toEqual([1]);
    const [row] = await client.activity.list({ groupBy: 'workspace', apiKeyHash: apiKey.hash });
    expect(row?.workspaceId).toBe(apiKey.workspaceId);
  });

  it('is the same to the official SDK, but for its dates', async () => {
    sandbox.spend(0.3, { at: daysAgo(1), promptTokens: 5 });
    const sdk = new OpenRouter({ apiKey: sandbox.managementKey, serverURL: sandbox.baseUrl });
    const { data } = await sdk.analytics.getUserActivity();
    const ours = await client.activity.list();
    expect(ours).toHaveLength(1);
    expect(ours).toEqual(data.map(({ date, ...rest }) => ({ ...rest, date: new Date(date) })));
  });

  it('is refused to an ordinary key', async () => {
    const failure = await failureOf(client.activity.list(undefined, { apiKey: sandbox.apiKey }));
    expect(failure).toBeInstanceOf(OpenRouterForbiddenException);
  });
});
