import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { OpenRouterForbiddenException, OpenRouterUnauthorizedException } from '../../../lib/index.js';
import { BalanceSource } from '../../../lib/balance/reading/balance-source.js';
import { OpenRouterSandbox, type OpenRouterSandboxOptions } from '../../../lib/testing/index.js';
import { cleanUp, clientOf } from '../../support/servers.js';
import { failure } from '../support/simulated-account.js';

let sandbox: OpenRouterSandbox;
let warn: jest.SpiedFunction<Logger['warn']>;

beforeEach(() => {
  warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
});

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

/** What stands in front of OpenRouter answers with, in its name. */
const PAGES: readonly (readonly [number, string | object, Record<string, string>])[] = [
  [403, '<html><title>Attention Required!</title></html>', { 'content-type': 'text/html' }],
  [403, 'error code: 1010', { 'content-type': 'text/plain' }],
  [404, '<h1>404 Not Found</h1>', { 'content-type': 'text/html' }],
  [401, '', {}],
  [403, { message: 'Forbidden' }, {}],
  [401, { error: 'unauthorized' }, {}],
  [403, { error: { message: 'blocked', code: '403' } }, {}],
  [403, { error: { message: 'blocked', code: 1020 } }, {}],
  [403, { error: { code: 403 } }, {}],
  [404, { error: [{ code: 404, message: 'no route' }] }, {}],
  [404, { code: 404, message: 'no such route' }, {}],
  [401, 'null', { 'content-type': 'application/json' }],
];

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

  it.each([
    [401, 'Unauthorized'],
    [403, 'Forbidden'],
    [404, 'NotFound'],
  ])(
    'fails where the management key is refused by a %i, warns once, and goes on as soon as it is not',
    async (status, name) => {
      const balance = await start('both', { keyLimit: 40, credits: { totalCredits: 1, totalUsage: 0.5 } });
      sandbox.failNext({ path: '/credits', status, times: 3 });
      for (const read of [balance.get, balance.refresh, balance.refresh]) {
        await expect(read.call(balance)).rejects.toMatchObject({ status });
        expect(balance.peek()).toBeUndefined();
      }
      expect(warn.mock.calls).toEqual([
        [
          expect.stringMatching(
            new RegExp(
              `not known: OpenRouter refuses \`managementKey\` \\(OpenRouter${name}Exception: .*within a minute, or after \`balance\\.invalidate\\(\\)\`\\.$`,
            ),
          ),
        ],
      ]);
      await expect(balance.refresh()).resolves.toMatchObject({
        balance: 0.5,
        keyLimitRemaining: 40,
        spendable: 0.5,
      });
      sandbox.failNext({ path: '/credits', status });
      await expect(balance.refresh()).rejects.toMatchObject({ status });
      expect(warn).toHaveBeenCalledTimes(2);
      await sandbox.stop();
      await (await start('api')).get();
      expect(warn).toHaveBeenCalledTimes(2);
    },
  );

  it.each<[string, Keys]>([
    ['with both keys', 'both'],
    ['with a management key', 'management'],
    ['with an ordinary key', 'api'],
  ])(
    '%s fails where a page stands in the way of the first one, whatever its status',
    async (_title, keys) => {
      const balance = await start(keys, {
        keyLimit: 40,
        credits: { totalCredits: 1, totalUsage: 0.5 },
        inferenceKeyCredits: 'real',
      });
      for (const [status, body, headers] of PAGES) {
        sandbox.failNext({ path: '/credits', status, body, headers });
        await expect(balance.refresh()).rejects.toMatchObject({ status });
        expect(balance.peek()).toBeUndefined();
        // The next one asks again, and nothing was forgotten or taken for known.
        await expect(balance.refresh()).resolves.toMatchObject({
          balance: 0.5,
          spendable: 0.5,
          limitedBy: 'balance',
        });
        balance.invalidate();
      }
      expect(warn).not.toHaveBeenCalled();
    },
  );

  it('goes on to be given where a page stands in the way of the next one, since no key was refused', async () => {
    const balance = await start('both', { keyLimit: 40 });
    await balance.get();
    for (const path of ['/credits', '/key']) {
      for (const [status, body, headers] of PAGES) {
        sandbox.failNext({ path, status, body, headers });
        await expect(balance.refresh()).rejects.toMatchObject({ status });
        expect(balance.peek()).toMatchObject({ balance: 74.75, spendable: 40 });
      }
    }
  });

  it.each([401, 403, 404])(
    'fails where `apiKey` is refused from the start by a %i, which is not the same as no limit',
    async (status) => {
      const balance = await start('both', { keyLimit: 5 });
      sandbox.failNext({ path: '/key', status });
      await expect(balance.get()).rejects.toMatchObject({ status });
      await expect(balance.refresh()).resolves.toMatchObject({ spendable: 5, sources: TWO });
    },
  );

  it('does with what it needs of a key, and no more', async () => {
    const balance = await start('both');
    const answers: [object, object][] = [
      [
        { limit_remaining: 5 },
        { keyLimitRemaining: 5, spendable: 5, limitedBy: 'key-limit', resetsAt: null },
      ],
      [
        { limit_remaining: null, usage: 'lots', byok_usage: {} },
        { spendable: 74.75, limitedBy: 'balance' },
      ],
      [
        { limit_remaining: 5, budgets: 'none', effective_budget: null },
        { spendable: 5, limitedBy: 'key-limit' },
      ],
      [
        { limit_remaining: 5, effective_budget: 'one' },
        { balance: 74.75, spendable: null, limitedBy: null },
      ],
    ];
    for (const [data, snapshot] of answers) {
      sandbox.failNext({ path: '/key', status: 200, body: { data } });
      await expect(balance.refresh()).resolves.toMatchObject(snapshot);
    }
    sandbox.failNext({ path: '/key', status: 200, body: { data: { limit: 5 } } });
    await expect(balance.refresh()).rejects.toMatchObject({ path: 'data.limit_remaining' });
  });

  it.each<[string, Keys, OpenRouterSandboxOptions, object]>([
    [
      'a budget that is overdrawn',
      'both',
      { keyLimit: 75, guardrails: [{ scope: 'member', limitUsd: 1, resetInterval: 'daily' }] },
      { ...KNOWN, keyLimitRemaining: 72, spendable: -2, limitedBy: 'budget', resetsAt: expect.any(Date) },
    ],
    [
      'a budget without the balance',
      'api',
      { guardrails: [{ scope: 'api_key', limitUsd: 10 }] },
      {
        ...UNKNOWN,
        keyLimitRemaining: null,
        spendable: 7,
        estimated: null,
        limitedBy: 'budget',
        resetsAt: null,
      },
    ],
    [
      'the limit of the key',
      'both',
      { keyLimit: 5, keyLimitReset: 'monthly', guardrails: [{ scope: 'member', limitUsd: 6 }] },
      { ...KNOWN, keyLimitRemaining: 2, spendable: 2, limitedBy: 'key-limit', resetsAt: expect.any(Date) },
    ],
    [
      'the balance',
      'both',
      { guardrails: [{ scope: 'member', limitUsd: 600 }] },
      { ...KNOWN, spendable: 74.75, limitedBy: 'balance', resetsAt: null },
    ],
  ])('says that %s limits', async (_title, keys, options, snapshot) => {
    const balance = await start(keys, { credits: { totalCredits: 100.5, totalUsage: 22.75 }, ...options });
    sandbox.spend(3);
    await expect(balance.get()).resolves.toMatchObject(snapshot);
  });

  it('knows the budget of a workspace as well', async () => {
    const balance = await start('both');
    await clientOf(sandbox, { managementKey: sandbox.managementKey }).budgets.set('default', 'weekly', {
      limitUsd: 2,
    });
    sandbox.spend(1.5);
    const { spendable, limitedBy, resetsAt } = await balance.get();
    expect([spendable, limitedBy, resetsAt?.getUTCDay()]).toEqual([0.5, 'budget', 1]);
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
    expect(asked()).toEqual(['/credits', '/credits']);
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
