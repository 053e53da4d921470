import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Test } from '@nestjs/testing';
import {
  type ApiKey,
  ApiKeysService,
  OpenRouterClient,
  OpenRouterForbiddenException,
  OpenRouterModule,
  OpenRouterNotFoundException,
  OpenRouterUnauthorizedException,
} from '../../lib/index.js';
import { OpenRouterSandbox } from '../../lib/testing/index.js';
import { failureOf } from '../support/failures.js';
import { leaksIn } from '../support/leaks.js';

let sandbox: OpenRouterSandbox;
let client: OpenRouterClient;
let apiKeys: ApiKeysService;

beforeEach(async () => {
  sandbox = await OpenRouterSandbox.start();
  const { baseUrl, apiKey, managementKey } = sandbox;
  client = new OpenRouterClient({ baseUrl, apiKey, managementKey, retry: false });
  ({ apiKeys } = client);
});

afterEach(async () => {
  await client.close();
  await sandbox.stop();
});

const sent = (): string[] => sandbox.requests.map(({ method, path }) => `${method} ${path.slice(7)}`);

describe('the life of a key', () => {
  it('is made, spends, is changed, switched off, found and deleted', async () => {
    const request = {
      name: 'tenant-42',
      limit: 5,
      limitReset: 'monthly' as const,
      includeByokInLimit: true,
      expiresAt: new Date(Date.now() + 86_400_000),
      creatorUserId: 'user_member',
    };
    const { apiKey, secret } = await apiKeys.create(request);
    const { hash } = apiKey;
    expect(apiKey).toMatchObject({
      ...request,
      limitRemaining: 5,
      usage: 0,
      disabled: false,
      updatedAt: null,
    });
    expect(apiKey.createdAt).toBeInstanceOf(Date);
    expect(hash).toBe(ApiKeysService.hashOf(secret));
    expect(leaksIn(apiKey, [secret.reveal()])).toEqual([]);

    sandbox.spend(1.25, { keyHash: hash });
    expect(await apiKeys.getCurrent({ apiKey: secret })).toMatchObject({
      isManagementKey: false,
      limit: 5,
      limitRemaining: 3.75,
      usage: 1.25,
      usageDaily: 1.25,
      usageMonthly: 1.25,
      byokUsage: 0,
      organizationId: null,
      freeModelDailyRequests: { limit: 1000, remaining: 1000, used: 0 },
      allowedDataRegions: ['global'],
    });
    expect(await apiKeys.get(hash)).toMatchObject({ name: 'tenant-42', usage: 1.25, limitRemaining: 3.75 });

    const cleared = await apiKeys.update(hash, { limit: null, limitReset: null });
    expect(cleared).toMatchObject({
      name: 'tenant-42',
      limit: null,
      limitRemaining: null,
      limitReset: null,
      includeByokInLimit: true,
      usage: 1.25,
    });
    expect(cleared.updatedAt).toBeInstanceOf(Date);
    expect(await apiKeys.update(hash, { limit: 1, name: undefined })).toMatchObject({
      name: 'tenant-42',
      limit: 1,
      limitRemaining: -0.25,
    });

    expect(await apiKeys.update(hash, { disabled: true })).toMatchObject({ disabled: true, limit: 1 });
    expect(await failureOf(apiKeys.getCurrent({ apiKey: secret }))).toBeInstanceOf(
      OpenRouterUnauthorizedException,
    );
    const hashes = (keys: ApiKey[]): string[] => keys.map((key) => key.hash);
    expect(hashes(await apiKeys.list())).not.toContain(hash);
    expect(hashes(await apiKeys.list({ includeDisabled: true }))).toContain(hash);
    expect(hashes(await apiKeys.findByName('tenant-42'))).toEqual([hash]);

    await expect(apiKeys.delete(hash)).resolves.toBeUndefined();
    for (const call of [apiKeys.get(hash), apiKeys.update(hash, { disabled: false }), apiKeys.delete(hash)]) {
      expect(await failureOf(call)).toBeInstanceOf(OpenRouterNotFoundException);
    }
    expect(await apiKeys.findByName('tenant-42')).toEqual([]);
  });

  it('knows each key in use by the hash that is computed here', async () => {
    const hash = ApiKeysService.hashOf(sandbox.apiKey);
    expect((await apiKeys.get(hash)).hash).toBe(hash);
    expect((await apiKeys.getCurrent({ apiKey: sandbox.managementKey })).isManagementKey).toBe(true);
  });

  it('needs a management key for everything but `getCurrent`', async () => {
    const { apiKey } = sandbox;
    const hash = ApiKeysService.hashOf(apiKey);
    for (const call of [
      apiKeys.list({}, { apiKey }),
      apiKeys.iterate({}, { apiKey }).next(),
      apiKeys.findByName('x', { apiKey }),
      apiKeys.create({ name: 'x' }, { apiKey }),
      apiKeys.get(hash, { apiKey }),
      apiKeys.update(hash, { disabled: true }, { apiKey }),
      apiKeys.delete(hash, { apiKey }),
    ]) {
      expect(await failureOf(call)).toBeInstanceOf(OpenRouterForbiddenException);
    }
    await expect(apiKeys.getCurrent()).resolves.toMatchObject({ isManagementKey: false });
  });
});

describe('many keys', () => {
  it('are all given, once, although more are made meanwhile', async () => {
    for (let index = 0; index < 120; index += 1) await apiKeys.create({ name: `key-${index}` });
    const found: (string | undefined)[] = [];
    for await (const { name } of apiKeys.iterate()) {
      if (found.length === 50) await apiKeys.create({ name: 'newcomer' });
      found.push(name);
    }
    expect(new Set(found).size).toBe(121);
    expect(found).toHaveLength(121);
    expect(sent().filter((request) => request.startsWith('GET'))).toEqual([
      'GET /keys?offset=0',
      'GET /keys?offset=100',
    ]);
    await expect(apiKeys.findByName('newcomer')).resolves.toHaveLength(1);
  });
});

describe('a creation whose outcome is not known', () => {
  it.each(['reset', 'close'] as const)('is sent once (%s)', async (fault) => {
    const { baseUrl, managementKey } = sandbox;
    const retrying = new OpenRouterClient({ baseUrl, managementKey, retry: { initialDelayMs: 1 } });
    sandbox.failNext({ method: 'POST', fault });
    expect(await failureOf(retrying.apiKeys.create({ name: 'x' }))).toMatchObject({ delivery: 'unknown' });
    sandbox.failNext({ method: 'POST', status: 500 });
    expect(await failureOf(retrying.apiKeys.create({ name: 'x' }))).toMatchObject({ status: 500 });
    await retrying.close();
    expect(sent()).toEqual(['POST /keys', 'POST /keys']);
  });
});

describe('verifyKeysOnBootstrap', () => {
  const boot = (apiKey: string, managementKey?: string): Promise<unknown> =>
    Test.createTestingModule({
      imports: [
        OpenRouterModule.forRoot({
          apiKey,
          managementKey,
          baseUrl: sandbox.baseUrl,
          verifyKeysOnBootstrap: true,
        }),
      ],
    })
      .compile()
      .then((module) => module.close());

  it('tells good keys from bad ones', async () => {
    const { apiKey, managementKey } = sandbox;
    await boot(apiKey, managementKey);
    await boot(managementKey);
    await boot(apiKey);
    expect((await failureOf(boot(managementKey, apiKey))).message).toMatch(
      /`apiKey` is a management key.*`managementKey` is an ordinary key/,
    );
    await apiKeys.delete(ApiKeysService.hashOf(apiKey));
    expect((await failureOf(boot(apiKey, managementKey))).message).toContain(
      '`apiKey` is refused by OpenRouter (401 "User not found.")',
    );
  });
});
