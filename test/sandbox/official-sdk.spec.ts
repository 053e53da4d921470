import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { OpenRouter } from '@openrouter/sdk';
import {
  BadRequestResponseError,
  ForbiddenResponseError,
  InternalServerResponseError,
  NotFoundResponseError,
  PaymentRequiredResponseError,
  UnauthorizedResponseError,
} from '@openrouter/sdk/models/errors';
import type { OpenRouterSandbox } from '../../lib/testing/index.js';
import { withoutKeyInEnvironment } from '../support/environment.js';
import { start } from './support/sandbox.js';

// The client generated from the API's own description validates every field it reads: what it accepts here, it
// would accept from openrouter.ai.
let putKeyBack: () => void;

beforeAll(() => {
  putKeyBack = withoutKeyInEnvironment();
});

afterAll(() => {
  putKeyBack();
});

function client(sandbox: OpenRouterSandbox, apiKey?: string): OpenRouter {
  return new OpenRouter({
    ...(apiKey === undefined ? {} : { apiKey }),
    serverURL: sandbox.baseUrl,
    // Its default goes on retrying a 5XX for an hour.
    retryConfig: { strategy: 'none' },
  });
}

function attemptsOf(openRouter: OpenRouter): (() => Promise<unknown>)[] {
  return [() => openRouter.credits.getCredits(), () => openRouter.apiKeys.getCurrentKeyMetadata()];
}

describe('the official SDK', () => {
  it('reads the credits', async () => {
    const sandbox = await start();
    sandbox.spend(0.1);
    sandbox.topUp(5);
    const { data } = await client(sandbox, sandbox.managementKey).credits.getCredits();
    expect(data).toEqual({ totalCredits: 105.5, totalUsage: 25.85 });
  });

  it('reads the metadata of the inference key', async () => {
    const sandbox = await start({ keyLimit: 10, keyLimitReset: 'weekly' });
    sandbox.spend(2.5);
    const { data } = await client(sandbox, sandbox.apiKey).apiKeys.getCurrentKeyMetadata();
    expect(data).toMatchObject({
      isManagementKey: false,
      limit: 10,
      limitRemaining: 7.5,
      limitReset: 'weekly',
      usage: 2.5,
      usageDaily: 2.5,
      usageWeekly: 2.5,
      usageMonthly: 2.5,
      allowedDataRegions: ['global'],
      freeModelDailyRequests: { limit: 1000, remaining: 1000, used: 0 },
      organizationId: null,
      workspaceId: expect.any(String),
      expiresAt: null,
    });
  });

  it('reads the metadata of the management key', async () => {
    const sandbox = await start();
    const { data } = await client(sandbox, sandbox.managementKey).apiKeys.getCurrentKeyMetadata();
    expect(data).toMatchObject({ isManagementKey: true, isProvisioningKey: true, limit: null, usage: 0 });
  });

  it.each([
    ['no key', undefined, 'Missing Authentication header'],
    ['an unknown key', 'sk-or-v1-nobody', 'User not found.'],
  ])('types the 401 for %s', async (_case, apiKey, message) => {
    const openRouter = client(await start(), apiKey);
    for (const attempt of attemptsOf(openRouter)) {
      const error: unknown = await attempt().catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(UnauthorizedResponseError);
      expect(error).toMatchObject({ statusCode: 401, message, error: { code: 401, message } });
    }
  });

  it('types the 403 for the inference key', async () => {
    const sandbox = await start();
    const error: unknown = await client(sandbox, sandbox.apiKey)
      .credits.getCredits()
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ForbiddenResponseError);
    expect(error).toMatchObject({
      statusCode: 403,
      message: 'Only management keys can perform this operation',
      userId: expect.stringMatching(/^user_/),
    });
  });

  it('types the 500 of a failure', async () => {
    const sandbox = await start();
    sandbox.failNext({ status: 500, times: 2 });
    const openRouter = client(sandbox, sandbox.managementKey);
    for (const attempt of attemptsOf(openRouter)) {
      const error: unknown = await attempt().catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(InternalServerResponseError);
      expect(error).toMatchObject({ statusCode: 500, message: 'Internal Server Error' });
    }
    expect((await openRouter.credits.getCredits()).data.totalCredits).toBe(100.5);
  });

  it('sends its key and attribution as the recorder shows them', async () => {
    const sandbox = await start();
    const openRouter = new OpenRouter({
      apiKey: sandbox.managementKey,
      serverURL: sandbox.baseUrl,
      appTitle: 'A test',
      retryConfig: { strategy: 'none' },
    });
    await openRouter.credits.getCredits();
    expect(sandbox.requests).toMatchObject([
      {
        method: 'GET',
        path: '/api/v1/credits',
        key: 'management',
        headers: { 'x-openrouter-title': 'A test' },
      },
    ]);
  });
});

describe('the official SDK runs the account', () => {
  const messages = [{ role: 'user' as const, content: 'Hello?' }];
  const failure = (attempt: Promise<unknown>): Promise<unknown> =>
    attempt.then(
      () => 'no error',
      (reason: unknown) => reason,
    );

  it('keys: creates, lists, reads, changes and deletes them', async () => {
    const sandbox = await start();
    const { apiKeys } = client(sandbox, sandbox.managementKey);
    const expiresAt = new Date('2099-01-01T00:00:00Z');
    const created = await apiKeys.create({
      requestBody: { name: 'Customer', limit: 5, limitReset: 'monthly', includeByokInLimit: true, expiresAt },
    });
    const { hash } = created.data;
    expect(hash).toBe(createHash('sha256').update(created.key).digest('hex'));
    expect(created.data).toMatchObject({
      name: 'Customer',
      limit: 5,
      limitRemaining: 5,
      limitReset: 'monthly',
      includeByokInLimit: true,
      expiresAt,
      updatedAt: null,
    });
    sandbox.spend(1.5, { keyHash: hash });
    expect((await apiKeys.get({ hash })).data).toMatchObject({ usage: 1.5, limitRemaining: 3.5 });
    const updated = await apiKeys.update({
      hash,
      requestBody: { name: 'Renamed', disabled: true, limit: null, limitReset: null },
    });
    expect(updated.data).toMatchObject({ name: 'Renamed', disabled: true, limit: null, limitReset: null });
    const names = async (query: object): Promise<string[]> =>
      (await apiKeys.list(query)).data.map(({ name }) => name);
    expect(await names({})).toEqual(['Sandbox key']);
    expect(await names({ includeDisabled: true })).toEqual(['Renamed', 'Sandbox key']);
    expect(await names({ includeDisabled: true, offset: 1, workspaceId: created.data.workspaceId })).toEqual([
      'Sandbox key',
    ]);
    expect(await apiKeys.delete({ hash })).toEqual({ deleted: true });
    expect(await failure(apiKeys.get({ hash }))).toBeInstanceOf(NotFoundResponseError);
    expect(await failure(apiKeys.create({ requestBody: { name: '' } }))).toBeInstanceOf(
      BadRequestResponseError,
    );
    expect(
      await failure(client(sandbox, sandbox.apiKey).apiKeys.create({ requestBody: { name: 'A' } })),
    ).toBeInstanceOf(ForbiddenResponseError);
  });

  it('activity', async () => {
    const sandbox = await start();
    const at = new Date(Date.now() - 86_400_000);
    sandbox.spend(0.75, { at, model: 'google/gemini-2.5-pro', requests: 3, promptTokens: 10 });
    const { analytics } = client(sandbox, sandbox.managementKey);
    expect((await analytics.getUserActivity()).data).toEqual([
      {
        date: at.toISOString().slice(0, 10),
        model: 'google/gemini-2.5-pro',
        modelPermaslug: 'google/gemini-2.5-pro-2025-04-14',
        endpointId: expect.any(String),
        providerName: 'Google',
        usage: 0.75,
        byokUsageInference: 0,
        requests: 3,
        promptTokens: 10,
        completionTokens: 0,
        reasoningTokens: 0,
      },
    ]);
    const split = await analytics.getUserActivity({ groupBy: 'workspace' });
    expect(split.data).toMatchObject([{ workspaceId: expect.any(String) }]);
    expect(await failure(analytics.getUserActivity({ date: '2020-01-01' }))).toBeInstanceOf(
      BadRequestResponseError,
    );
    expect(await failure(client(sandbox, sandbox.apiKey).analytics.getUserActivity())).toBeInstanceOf(
      ForbiddenResponseError,
    );
  });

  it('chats, in one piece and streamed, and looks the generation up', async () => {
    const sandbox = await start();
    const { chat, generations } = client(sandbox, sandbox.apiKey);
    const answer = await chat.send({ chatRequest: { model: 'openai/gpt-4.1', messages } });
    if (!('id' in answer)) throw new Error('expected a completion in one piece');
    expect(answer.choices[0]?.message.content).toBe('Hello from the sandbox.');
    expect(answer.usage).toMatchObject({ cost: 0.0015, completionTokens: 5, isByok: false });

    const stream = await chat.send({ chatRequest: { model: 'openai/gpt-4.1', messages, stream: true } });
    if ('id' in stream) throw new Error('expected a stream');
    const chunks = [];
    for await (const chunk of stream) chunks.push(chunk);
    expect(chunks.map(({ choices }) => choices[0]?.delta.content).join('')).toBe('Hello from the sandbox.');
    expect(chunks.at(-1)?.usage).toMatchObject({ cost: 0.0015 });

    const id = answer.id;
    expect(await failure(generations.getGeneration({ id }))).toBeInstanceOf(NotFoundResponseError);
    expect((await generations.getGeneration({ id })).data).toMatchObject({
      id,
      totalCost: 0.0015,
      tokensCompletion: 5,
      providerResponses: [{ providerName: 'OpenAI', status: 200 }],
    });
    expect((await client(sandbox, sandbox.apiKey).apiKeys.getCurrentKeyMetadata()).data.usage).toBe(0.003);
  });

  it('types the refusals of a chat', async () => {
    const sandbox = await start({ credits: { totalCredits: 1, totalUsage: 0 }, keyLimit: 0.5 });
    const send = (key: string): Promise<unknown> =>
      failure(client(sandbox, key).chat.send({ chatRequest: { model: 'openai/gpt-4.1', messages } }));
    expect(await send(sandbox.managementKey)).toBeInstanceOf(UnauthorizedResponseError);
    sandbox.spend(0.5);
    const limited = await send(sandbox.apiKey);
    expect(limited).toBeInstanceOf(ForbiddenResponseError);
    expect(limited).toMatchObject({ message: expect.stringMatching(/^Key limit exceeded \(total limit\)/) });
    sandbox.spend(0.5);
    const broke = await send(sandbox.apiKey);
    expect(broke).toBeInstanceOf(PaymentRequiredResponseError);
    expect(broke).toMatchObject({ error: { metadata: { limit_source: 'openrouter_credits' } } });
  });

  it('workspaces and their budgets', async () => {
    const sandbox = await start();
    const { workspaces } = client(sandbox, sandbox.managementKey);
    const pages = [];
    for await (const page of await workspaces.list()) pages.push(page.result);
    expect(pages).toMatchObject([{ totalCount: 1, data: [{ slug: 'default' }] }]);
    const made = await workspaces.create({
      createWorkspaceRequest: { name: 'Production', slug: 'production' },
    });
    expect((await workspaces.get({ id: 'production' })).data).toEqual(made.data);

    const budget = { workspaceRef: 'production', interval: 'monthly' } as const;
    const set = await workspaces.setBudget({
      ...budget,
      upsertWorkspaceBudgetRequest: { limitUsd: 100, includeByokInBudgets: true },
    });
    expect(set).toMatchObject({
      data: { limitUsd: 100, resetInterval: 'monthly', workspaceId: made.data.id },
      includeByokInBudgets: true,
    });
    expect(await workspaces.getBudget(budget)).toEqual(set);
    expect((await workspaces.listBudgets({ workspaceRef: 'production' })).data).toEqual([set.data]);
    const disorder = await failure(
      workspaces.setBudget({
        ...budget,
        interval: 'weekly',
        upsertWorkspaceBudgetRequest: { limitUsd: 100 },
      }),
    );
    expect(disorder).toBeInstanceOf(BadRequestResponseError);
    expect(disorder).toMatchObject({
      message: expect.stringContaining('lifetime > monthly > weekly > daily'),
    });
    for (let i = 0; i < 2; i++) expect(await workspaces.deleteBudget(budget)).toEqual({ deleted: true });
    expect(await failure(workspaces.getBudget(budget))).toBeInstanceOf(NotFoundResponseError);
  });
});
