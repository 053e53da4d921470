import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import {
  ApiKeysService,
  type BalanceService,
  OpenRouterClient,
  type OpenRouterModuleOptions,
} from '../../../lib/index.js';
import { OpenRouterSandbox } from '../../../lib/testing/index.js';
import { leaksIn } from '../../support/leaks.js';

const LIMIT = 5;
const TENANT = 'ab'.repeat(32);

let sandbox: OpenRouterSandbox;
let apiKey: string;
const clients: OpenRouterClient[] = [];
let warn: jest.SpiedFunction<Logger['warn']>;

beforeEach(async () => {
  warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  sandbox = await OpenRouterSandbox.start({ credits: { totalCredits: 100, totalUsage: 0 } });
  const created = await open({ apiKey: undefined }).apiKeys.create({ name: 'own', limit: LIMIT });
  apiKey = created.secret.reveal();
});

afterEach(async () => {
  warn.mockRestore();
  for (const client of clients.splice(0)) await client.close();
  await sandbox.stop();
});

function open(own: OpenRouterModuleOptions = {}): OpenRouterClient {
  const { managementKey, baseUrl } = sandbox;
  const client = new OpenRouterClient({ managementKey, apiKey, baseUrl, retry: false, ...own });
  clients.push(client);
  return client;
}

async function read(balance: BalanceService): Promise<(number | null)[]> {
  const { spendable, estimated } = await balance.get();
  return [spendable, estimated];
}

const record = (balance: BalanceService, ...given: unknown[]): void =>
  (balance.recordSpend as (...all: unknown[]) => void).apply(balance, given);

describe('an amount that is none', () => {
  it.each([
    [undefined],
    [null],
    [NaN],
    [-0.01],
    [Infinity],
    [1e10],
    ['0.5'],
    [5n],
    [{}],
    [Symbol('usd')],
    [() => 5],
    [
      new Proxy(
        {},
        {
          get: () => {
            throw new Error('gotcha');
          },
        },
      ),
    ],
  ])('throws nothing, is logged once, counted, and taken from nothing (%#)', async (usd) => {
    const { balance } = open();
    await balance.get();
    warn.mockClear();
    for (let times = 0; times < 3; times += 1) record(balance, usd);
    expect(await read(balance)).toEqual([LIMIT, 100]);
    expect(balance.diagnostics).toEqual({ storeUp: null, invalidSpends: 3 });
    expect(warn.mock.calls).toEqual([
      [expect.stringMatching(/recordSpend: `usd` must be a number of US dollars/)],
    ]);
  });

  it('does not throw what the logger of the application throws', () => {
    const { balance } = open();
    warn.mockImplementation(() => {
      throw new Error('no log today');
    });
    expect(() => record(balance, undefined)).not.toThrow();
    expect(balance.diagnostics.invalidSpends).toBe(1);
  });
});

describe('a key that is none', () => {
  it.each<[string, unknown]>([
    ['a key', { keyHash: 'sk-or-v1-0123456789abcdef' }],
    ['upper case', { keyHash: TENANT.toUpperCase() }],
    ['too short', { keyHash: TENANT.slice(1) }],
    ['another type', { keyHash: 5 }],
    ['nothing', { keyHash: null }],
    ['another name', { hash: TENANT }],
    ['the hash alone', TENANT],
    ['null', null],
    ['a list', [TENANT]],
    [
      'what throws',
      {
        get keyHash() {
          throw new Error('gotcha');
        },
      },
    ],
  ])('lets the amount count for everything, and is logged once and counted (%s)', async (_what, options) => {
    const { balance } = open();
    await balance.get();
    warn.mockClear();
    for (let times = 0; times < 2; times += 1) record(balance, 0.5, options);
    expect(await read(balance)).toEqual([LIMIT - 1, 99]);
    expect(balance.diagnostics.invalidSpends).toBe(2);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(leaksIn(warn.mock.calls, ['sk-or-v1-0123456789abcdef'])).toEqual([]);
  });
});

describe('recorded spend', () => {
  it('is taken from the balance alone where a tenant spent it', async () => {
    const { balance } = open();
    await balance.get();
    balance.recordSpend(40, { keyHash: TENANT });
    expect(await read(balance)).toEqual([LIMIT, 60]);
    balance.recordSpend(57, { keyHash: TENANT });
    expect(await read(balance)).toEqual([3, 3]);
    expect(balance.diagnostics.invalidSpends).toBe(0);
  });

  it.each([
    ['alone', () => undefined],
    ['with no options', () => ({})],
    ['with the key of the account', () => ({ keyHash: ApiKeysService.hashOf(apiKey) })],
  ])('%s is taken from the balance and from the limit of the key', async (_what, optionsOf) => {
    const { balance } = open();
    await balance.get();
    balance.recordSpend(2, optionsOf());
    expect(await read(balance)).toEqual([3, 98]);
  });

  it('counts for everything while the key is not known, which a function gives', async () => {
    const { balance } = open({ apiKey: () => Promise.resolve(apiKey) });
    balance.recordSpend(1, { keyHash: TENANT });
    expect(await read(balance)).toEqual([LIMIT - 1, 99]);
    balance.recordSpend(1, { keyHash: TENANT });
    balance.recordSpend(0.5, { keyHash: ApiKeysService.hashOf(apiKey) });
    expect(await read(balance)).toEqual([LIMIT - 1.5, 97.5]);
  });

  it('counts for the key that a function gives from now on, if it was recorded before that was known', async () => {
    const { secret } = await open({ apiKey: undefined }).apiKeys.create({ name: 'next', limit: LIMIT });
    let current = apiKey;
    const { balance } = open({ apiKey: () => Promise.resolve(current) });
    await balance.get();
    current = secret.reveal();
    balance.recordSpend(2, { keyHash: ApiKeysService.hashOf(current) });
    balance.recordSpend(1, { keyHash: TENANT });
    const { spendable, estimated } = await balance.refresh();
    // Whose a hash was that nobody knew then cannot be told any more.
    expect([spendable, estimated]).toEqual([LIMIT - 3, 97]);
    balance.recordSpend(1, { keyHash: TENANT });
    expect(await read(balance)).toEqual([LIMIT - 3, 96]);
  });

  it('is taken from the limit of a key alone by what that key has spent', async () => {
    const { balance } = open({ managementKey: undefined });
    await balance.get();
    balance.recordSpend(40, { keyHash: TENANT });
    balance.recordSpend(1);
    expect(await read(balance)).toEqual([4, 4]);
  });
});
