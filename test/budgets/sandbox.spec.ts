import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { OpenRouter } from '@openrouter/sdk';
import {
  OpenRouterBadRequestException,
  OpenRouterClient,
  OpenRouterForbiddenException,
  OpenRouterNotFoundException,
} from '../../lib/index.js';
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

describe('the budgets of a workspace', () => {
  it('are set, changed, listed and deleted', async () => {
    const { budgets } = client;
    expect(await budgets.list('default')).toEqual([]);
    const monthly = await budgets.set('default', 'monthly', { limitUsd: 100 });
    expect(monthly).toMatchObject({ limitUsd: 100, interval: 'monthly', includeByokInBudgets: false });
    const lifetime = await budgets.set('default', 'lifetime', { limitUsd: 500, includeByokInBudgets: true });
    expect(lifetime).toMatchObject({ limitUsd: 500, interval: 'lifetime', includeByokInBudgets: true });
    const raised = await budgets.set('default', 'monthly', { limitUsd: 200.5 });
    expect(raised).toMatchObject({ id: monthly.id, limitUsd: 200.5, includeByokInBudgets: true });
    expect(await budgets.get(monthly.workspaceId!, 'monthly')).toEqual(raised);
    const listed = await budgets.list('default');
    expect(new Set(listed)).toEqual(new Set([raised, lifetime]));

    await expect(budgets.delete('default', 'lifetime')).resolves.toBeUndefined();
    await expect(budgets.delete('default', 'lifetime')).resolves.toBeUndefined();
    expect(await budgets.list('default')).toEqual([raised]);
    expect(await failureOf(budgets.get('default', 'lifetime'))).toBeInstanceOf(OpenRouterNotFoundException);
  });

  it('are kept in order by the server, which says why', async () => {
    await client.budgets.set('default', 'monthly', { limitUsd: 100 });
    const failure = await failureOf(client.budgets.set('default', 'weekly', { limitUsd: 100 }));
    expect(failure).toBeInstanceOf(OpenRouterBadRequestException);
    expect(failure.message).toContain('limit_usd must be less than the monthly budget of $100.00');
    expect(sandbox.requests).toHaveLength(2);
  });

  it('are the same to the official SDK', async () => {
    await client.budgets.set('default', 'daily', { limitUsd: 5 });
    const sdk = new OpenRouter({ apiKey: sandbox.managementKey, serverURL: sandbox.baseUrl });
    const { data } = await sdk.workspaces.listBudgets({ workspaceRef: 'default' });
    expect(data).toMatchObject([{ limitUsd: 5, resetInterval: 'daily' }]);
  });

  it('are not those of an unknown workspace, nor for an ordinary key', async () => {
    expect(await failureOf(client.budgets.list('elsewhere'))).toBeInstanceOf(OpenRouterNotFoundException);
    const refused = client.budgets.list('default', { apiKey: sandbox.apiKey });
    expect(await failureOf(refused)).toBeInstanceOf(OpenRouterForbiddenException);
  });
});
