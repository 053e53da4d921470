import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { type ApiKey, OpenRouterClient, SecretString } from 'nestjs-openrouter';
import { OpenRouterSandbox } from 'nestjs-openrouter/testing';
import { SecretCipher } from '../src/tenants/secret-cipher.js';
import { TenantKeys } from '../src/tenants/tenant-keys.js';
import { TenantLock } from '../src/tenants/tenant-lock.js';
import { TenantsService } from '../src/tenants/tenants.service.js';
import { TenantStore } from '../src/tenants/tenant-store.js';
import { Fuse } from './support/fuse.js';
import { pastMonthEnd } from './support/month-end.js';

/** The application without Nest. It ends at a given call to OpenRouter or to the store. */
interface Process {
  readonly tenants: TenantsService;
  readonly keys: TenantKeys;
}

const SIGNAL = new AbortController().signal;
const times = { keepRetiredMs: 0, lateCreationMs: 600_000 };
const cipher = new SecretCipher(new SecretString(randomBytes(32).toString('base64')));
let sandbox: OpenRouterSandbox;
let openrouter: OpenRouterClient;
let store: TenantStore;
let count = 0;

function start(fuse = new Fuse()): Process {
  const apiKeys = fuse.guard(openrouter.apiKeys);
  const guarded = fuse.guard(store, 'tenants', 'tenant', 'keysOf', 'sealedSecret');
  const keys = new TenantKeys(apiKeys, guarded, cipher, times);
  return { keys, tenants: new TenantsService(guarded, keys, apiKeys, new TenantLock()) };
}

async function keysAtOpenRouter(id: string): Promise<ApiKey[]> {
  const found: ApiKey[] = [];
  for await (const key of openrouter.apiKeys.iterate({ includeDisabled: true })) {
    if (key.name?.startsWith(`tenant-keys:${id}:`) === true) found.push(key);
  }
  return found;
}

/** Ends `work` before and after each of its calls in turn, and checks what the next process makes of it. */
async function atEveryCall(
  prepare: (id: string) => Promise<void>,
  work: (process: Process, id: string) => Promise<unknown>,
  look: (id: string) => Promise<void>,
): Promise<number> {
  for (let call = 1; ; call += 1) {
    for (const when of ['before', 'after'] as const) {
      const id = `tenant-${(count += 1)}`;
      await prepare(id);
      const fuse = new Fuse(call, when);
      const outcome = await work(start(fuse), id).then(
        () => 'done',
        (error: unknown) => error,
      );
      if (!fuse.blown) {
        expect(outcome).toBe('done');
        return call - 1;
      }
      await start().keys.settle(id, SIGNAL);
      await look(id);
    }
  }
}

async function expectOneKey(id: string): Promise<ApiKey> {
  const keys = await keysAtOpenRouter(id);
  expect(keys).toMatchObject([{ disabled: false, limitReset: 'monthly' }]);
  const active = store.keysOf(id).filter(({ state }) => state === 'active');
  expect(active).toMatchObject([{ hash: keys[0]!.hash, name: keys[0]!.name }]);
  await expect(
    openrouter.apiKeys.getCurrent({ apiKey: start().keys.secretOf(active[0]!) }),
  ).resolves.toMatchObject({ limit: keys[0]!.limit });
  return keys[0]!;
}

beforeAll(async () => {
  Logger.overrideLogger(false);
  sandbox = await OpenRouterSandbox.start({ credits: { totalCredits: 1_000, totalUsage: 0 } });
  openrouter = new OpenRouterClient({ managementKey: sandbox.managementKey, baseUrl: sandbox.baseUrl });
  store = new TenantStore(':memory:');
});

afterAll(async () => {
  store.onApplicationShutdown();
  await openrouter.close();
  await sandbox.stop();
});

describe('a process that ends at any call', () => {
  it('leaves a tenant with one working key, or no trace', async () => {
    const calls = await atEveryCall(
      () => Promise.resolve(),
      ({ tenants }, id) => tenants.create({ id, monthlyLimit: 25 }),
      async (id) => {
        if (store.tenant(id) === undefined) {
          await expect(keysAtOpenRouter(id)).resolves.toEqual([]);
        } else {
          await expect(expectOneKey(id)).resolves.toMatchObject({ limit: 25 });
        }
      },
    );
    expect(calls).toBeGreaterThan(5);
  });

  it('leaves one key during a rotation, and keeps the record of what was spent', async () => {
    await pastMonthEnd();
    const former = new Map<string, string>();
    const calls = await atEveryCall(
      async (id) => {
        await start().tenants.create({ id, monthlyLimit: 25 });
        const { hash } = await expectOneKey(id);
        former.set(id, hash);
        sandbox.spend(10.1, { keyHash: hash });
      },
      ({ tenants }, id) => tenants.rotate(id),
      async (id) => {
        const { hash, limit } = await expectOneKey(id);
        expect(limit).toBe(hash === former.get(id) ? 25 : 14.9);
        await expect(start().tenants.usage(id)).resolves.toMatchObject({
          spentThisMonth: 10.1,
          leftThisMonth: 14.9,
          spentInAll: 10.1,
        });
      },
    );
    expect(calls).toBeGreaterThan(10);
  });

  it('leaves a key as it was, or disabled', async () => {
    await atEveryCall(
      async (id) => {
        await start().tenants.create({ id, monthlyLimit: 25 });
      },
      ({ tenants }, id) => tenants.setDisabled(id, true),
      async (id) => {
        const disabled = store.tenant(id)!.disabled;
        await expect(keysAtOpenRouter(id)).resolves.toMatchObject([{ disabled }]);
        expect(start().tenants.get(id).status).toBe(disabled ? 'disabled' : 'active');
      },
    );
  });

  it('has sent each name once', () => {
    const names = sandbox.requests
      .filter(({ method, path }) => method === 'POST' && path.endsWith('/keys'))
      .map(({ body }) => (body as { name: string }).name);

    expect(names.length).toBeGreaterThan(20);
    expect(new Set(names).size).toBe(names.length);
  });
});

it('deletes a key that OpenRouter creates after it was given up', async () => {
  const id = 'late';
  const { tenants, keys } = start();
  const { apiKeys } = openrouter;
  const sent: Parameters<typeof apiKeys.create>[] = [];
  jest.spyOn(apiKeys, 'create').mockImplementationOnce((...args) => {
    sent.push(args);
    return Promise.reject(new Error('The connection is lost.'));
  });
  await tenants.create({ id, monthlyLimit: 25 });
  const [request] = sent[0]!;
  await apiKeys.create(request);
  await expect(keysAtOpenRouter(id)).resolves.toHaveLength(2);

  await keys.settle(id, SIGNAL);
  await expect(keysAtOpenRouter(id)).resolves.toHaveLength(2);
  jest.spyOn(Date, 'now').mockReturnValue(Date.now() + times.lateCreationMs);
  await keys.settle(id, SIGNAL);
  await expectOneKey(id);
  jest.restoreAllMocks();
});
