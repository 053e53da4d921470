import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { OpenRouter } from '@openrouter/sdk';
import {
  ForbiddenResponseError,
  InternalServerResponseError,
  UnauthorizedResponseError,
} from '@openrouter/sdk/models/errors';
import { OpenRouterSandbox, type OpenRouterSandboxOptions } from '../../lib/testing/index.js';

// The client generated from the API's own description validates every field it reads: what it accepts here, it
// would accept from openrouter.ai.
const running: OpenRouterSandbox[] = [];

async function start(options?: OpenRouterSandboxOptions): Promise<OpenRouterSandbox> {
  const sandbox = await OpenRouterSandbox.start(options);
  running.push(sandbox);
  return sandbox;
}

// Where it finds a key when it is given none.
const keyOfEnvironment = process.env['OPENROUTER_API_KEY'];

beforeAll(() => {
  delete process.env['OPENROUTER_API_KEY'];
});

afterAll(() => {
  if (keyOfEnvironment !== undefined) process.env['OPENROUTER_API_KEY'] = keyOfEnvironment;
});

afterEach(async () => {
  await Promise.all(running.splice(0).map((sandbox) => sandbox.stop()));
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
