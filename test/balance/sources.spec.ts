import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { OpenRouterForbiddenException, OpenRouterUnauthorizedException } from '../../lib/index.js';
import { BalanceSource } from '../../lib/balance/balance-source.js';
import { OpenRouterSandbox, type OpenRouterSandboxOptions } from '../../lib/testing/index.js';
import { cleanUp, clientOf } from '../support/servers.js';
import { failure } from './support/simulated-account.js';

let sandbox: OpenRouterSandbox;

afterEach(async () => {
  jest.restoreAllMocks();
  await cleanUp();
  await sandbox.stop();
});

type Keys = 'api' | 'management' | 'both' | 'the same twice' | 'management as api';

async function start(keys: Keys, options: OpenRouterSandboxOptions = {}) {
  sandbox = await OpenRouterSandbox.start(options);
  const { apiKey, managementKey } = sandbox;
  const given = {
    api: { apiKey, managementKey: undefined },
    management: { apiKey: undefined, managementKey },
    both: { apiKey, managementKey },
    'the same twice': { apiKey: managementKey, managementKey },
    'management as api': { apiKey: managementKey, managementKey: undefined },
  }[keys];
  return clientOf(sandbox, { ...given, retry: false }).balance;
}

function asked(): string[] {
  return sandbox.requests.map(({ path }) => path.replace('/api/v1', ''));
}

const EMPTY = { credits: { totalCredits: 0, totalUsage: 0 } };
const KNOWN = { totalCredits: 100.5, totalUsage: 25.75, balance: 74.75 };
const UNKNOWN = { totalCredits: null, totalUsage: null, balance: null };
const CREDITS = { balance: 'credits', keyLimit: null };
const KEY = { balance: null, keyLimit: 'key' };
const TWO = { balance: 'credits', keyLimit: 'key' };

describe('a reading', () => {
  it.each<[string, Keys, OpenRouterSandboxOptions, string[], object]>([
    [
      'asks /credits with a management key',
      'management',
      {},
      ['/credits'],
      { ...KNOWN, keyLimitRemaining: null, spendable: 74.75, estimated: 74.75, sources: CREDITS },
    ],
    [
      'asks both with two keys',
      'both',
      { keyLimit: 5 },
      ['/credits', '/key'],
      { ...KNOWN, keyLimitRemaining: 5, spendable: 5, estimated: 74.75, sources: TWO },
    ],
    [
      'asks both with two keys, of which one has no limit',
      'both',
      {},
      ['/credits', '/key'],
      { ...KNOWN, keyLimitRemaining: null, spendable: 74.75, sources: TWO },
    ],
    [
      'asks /credits alone where an ordinary key gets figures',
      'api',
      { inferenceKeyCredits: 'real' },
      ['/credits'],
      { ...KNOWN, keyLimitRemaining: null, spendable: 74.75, sources: CREDITS },
    ],
    [
      'falls back to /key where /credits refuses',
      'api',
      { keyLimit: 5 },
      ['/credits', '/key'],
      { ...UNKNOWN, keyLimitRemaining: 5, spendable: 5, estimated: 5, sources: KEY },
    ],
    [
      'knows nothing of an ordinary key without a limit',
      'api',
      {},
      ['/credits', '/key'],
      { ...UNKNOWN, keyLimitRemaining: null, spendable: null, estimated: null, sources: KEY },
    ],
    [
      'does not take the zeros of an ordinary key for a balance',
      'api',
      { inferenceKeyCredits: 'zeros', keyLimit: 5 },
      ['/credits', '/key'],
      { ...UNKNOWN, keyLimitRemaining: 5, spendable: 5, sources: KEY },
    ],
    [
      'takes the zeros of a management key for what they are',
      'management',
      EMPTY,
      ['/credits'],
      { totalCredits: 0, totalUsage: 0, balance: 0, spendable: 0, sources: CREDITS },
    ],
    [
      'asks whether the key that gets zeros is a management key',
      'management as api',
      EMPTY,
      ['/credits', '/key'],
      { totalCredits: 0, totalUsage: 0, balance: 0, spendable: 0, sources: TWO },
    ],
    [
      'takes one key given twice for one key',
      'the same twice',
      {},
      ['/credits'],
      { ...KNOWN, sources: CREDITS },
    ],
    [
      'lets a debt be one',
      'management',
      { credits: { totalCredits: 1, totalUsage: 1.25 } },
      ['/credits'],
      { balance: -0.25, spendable: -0.25, estimated: -0.25 },
    ],
  ])('%s', async (_title, keys, options, paths, snapshot) => {
    const balance = await start(keys, options);
    await expect(balance.get()).resolves.toMatchObject({ ...snapshot, stale: false });
    expect(asked().sort()).toEqual(paths);
  });

  it('does not ask a route again that has refused, until it is told to', async () => {
    const balance = await start('api', { keyLimit: 5 });
    await balance.get();
    await balance.refresh();
    expect(asked()).toEqual(['/credits', '/key', '/key']);
    balance.invalidate();
    await balance.get();
    expect(asked()).toEqual(['/credits', '/key', '/key', '/credits', '/key']);
  });

  it('remembers what kind of key it is', async () => {
    const balance = await start('management as api', EMPTY);
    await balance.get();
    await balance.refresh();
    expect(asked()).toEqual(['/credits', '/key', '/credits']);
    balance.invalidate();
    await balance.get();
    expect(asked()).toEqual(['/credits', '/key', '/credits', '/credits', '/key']);
  });

  it('fails where both routes refuse, and asks both again next time', async () => {
    const balance = await start('api');
    sandbox.failNext({ status: 403 });
    sandbox.failNext({ status: 401 });
    await expect(balance.get()).rejects.toThrow(OpenRouterForbiddenException);
    await expect(balance.get()).rejects.toThrow(OpenRouterForbiddenException);
    await expect(balance.refresh()).resolves.toMatchObject({ sources: KEY });
    expect(asked()).toEqual(['/credits', '/key', '/credits', '/key']);
  });

  it('goes on with the limit of `apiKey` where the management key is wrong, and warns once', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const balance = await start('both', { keyLimit: 5 });
    sandbox.failNext({ path: '/credits', status: 401 });
    await expect(balance.get()).resolves.toMatchObject({ ...UNKNOWN, spendable: 5, sources: KEY });
    await balance.refresh();
    expect(warn.mock.calls).toEqual([
      [
        expect.stringMatching(
          /not known: OpenRouter refuses `managementKey` \(OpenRouterUnauthorizedException: .*`balance\.invalidate\(\)`\.$/,
        ),
      ],
    ]);
    await sandbox.stop();
    await (await start('api')).get();
    expect(warn).toHaveBeenCalledTimes(1);
  });

  it.each([
    ['/credits', 401],
    ['/credits', 403],
    ['/credits', 404],
    ['/key', 404],
  ])(
    'fails where %s has answered before and is refused by a %i, which makes nothing unknown',
    async (path, status) => {
      const balance = await start('both', { keyLimit: 80 });
      await balance.get();
      sandbox.failNext({ path, status });
      await expect(balance.refresh()).rejects.toMatchObject({ status });
      await expect(balance.refresh()).resolves.toMatchObject({
        ...KNOWN,
        keyLimitRemaining: 80,
        spendable: 74.75,
        sources: TWO,
      });
    },
  );

  it.each([401, 403])(
    'fails where `apiKey` is refused by a %i, which is not the same as no limit',
    async (status) => {
      const balance = await start('both', { keyLimit: 5 });
      await balance.get();
      sandbox.failNext({ path: '/key', status });
      await expect(balance.refresh()).rejects.toMatchObject({ status });
      expect(balance.peek()).toBeUndefined();
      await expect(balance.refresh()).resolves.toMatchObject({ spendable: 5, sources: TWO });
    },
  );

  it.each([401, 403])('fails where a management key is denied the credits by a stray %i', async (status) => {
    const balance = await start('management');
    sandbox.failNext({ path: '/credits', status });
    await expect(balance.get()).rejects.toMatchObject({ status });
    await expect(balance.refresh()).resolves.toMatchObject({ ...KNOWN, sources: CREDITS });
    expect(asked()).toEqual(['/credits', '/key', '/credits']);
  });

  it.each(['/credits', '/key'])('fails as a whole where %s fails', async (path) => {
    const balance = await start('both');
    sandbox.failNext({ path, status: 503 });
    await expect(balance.get()).rejects.toMatchObject({ status: 503 });
    expect(balance.peek()).toBeUndefined();
  });

  it('is never one from before after a 401 or 403', async () => {
    const balance = await start('management');
    await balance.get();
    sandbox.failNext({ status: 401, times: 2 });
    await expect(balance.refresh()).rejects.toThrow(OpenRouterUnauthorizedException);
    expect(balance.peek()).toBeUndefined();
    await expect(balance.get()).rejects.toThrow(OpenRouterUnauthorizedException);
  });
});

describe('a refusal', () => {
  it('is forgotten after an hour, by the monotonic clock', async () => {
    let now = 0;
    const paths: string[] = [];
    sandbox = await OpenRouterSandbox.start();
    const source = new BalanceSource(
      {
        credits: {
          getCredits: () => {
            paths.push('/credits');
            return Promise.reject(failure(403));
          },
        },
        apiKeys: {
          getCurrent: () => {
            paths.push('/key');
            return Promise.resolve({ limitRemaining: 1 });
          },
        },
      },
      { separate: false, management: false },
      { now: () => now, wallNow: () => 0, random: () => 0 },
      () => undefined,
    );
    for (now of [0, 3_599_999, 3_600_000]) {
      await source.read({});
    }
    expect(paths).toEqual(['/credits', '/key', '/key', '/credits', '/key']);
  });
});
