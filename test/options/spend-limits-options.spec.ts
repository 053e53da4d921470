import { describe, expect, it } from '@jest/globals';
import { InMemorySpendStore } from '../../lib/spend-limits/in-memory-spend-store.js';
import { resolveOptions } from '../../lib/options/resolve-options.js';

const KEY = 'sk-or-v1-test';
const RULE = { by: 'tenant', usd: 2, period: 'day' };

const settingsOf = (spendLimits: unknown, metering?: unknown): ReturnType<typeof resolveOptions> =>
  resolveOptions({ apiKey: KEY, spendLimits, metering }, 'Here');

const withRules = (...rules: unknown[]): ReturnType<typeof resolveOptions> => settingsOf({ rules });

describe('the options of spend limits', () => {
  it('are absent by default', () => {
    const settings = resolveOptions(KEY, 'Here');
    expect(settings.options).not.toHaveProperty('spendLimits');
    expect(settings.spendStore).toBeUndefined();
  });

  it('have defaults', () => {
    expect(withRules(RULE).options.spendLimits).toEqual({
      rules: [{ name: 'tenant per day', by: ['tenant'], usd: 2, period: 'day', timeZone: 'UTC', warnAt: [] }],
      holdUsd: 0.05,
      maxHoldUsd: 1,
      learnHolds: true,
      leaseMs: 120_000,
      onStoreFailure: 'refuse',
    });
  });

  it('keep the store apart from the options that are shown', () => {
    const store = new InMemorySpendStore();
    const settings = settingsOf({ rules: [RULE], store });
    expect(settings.spendStore).toBe(store);
    expect(settings.options.spendLimits).not.toHaveProperty('store');
  });

  it('are copies that no later change reaches', () => {
    const by = ['tenant', 'user'];
    const period = { rollingHours: 24 };
    const warnAt = [0.5];
    const onStoreFailure = { allowUsd: 1 };
    const given = { rules: [{ by, usd: 2, period, warnAt }], onStoreFailure };
    const { spendLimits } = settingsOf(given).options;
    by.push('feature');
    period.rollingHours = 1;
    warnAt.push(7);
    onStoreFailure.allowUsd = 7;
    given.rules.pop();
    expect(spendLimits).toMatchObject({
      rules: [{ by: ['tenant', 'user'], period: { rollingHours: 24 }, warnAt: [0.5] }],
      onStoreFailure: { allowUsd: 1 },
    });
    expect(Object.isFrozen(spendLimits?.rules[0]?.by)).toBe(true);
    expect(Object.isFrozen(spendLimits?.rules)).toBe(true);
  });

  it.each<[object, string]>([
    [{ by: ['tenant', 'user'], usd: 1, period: 'month' }, 'tenant, user per month'],
    [{ by: [], usd: 1, period: 'total' }, 'account in total'],
    [{ by: 'tenant', usd: null, period: { rollingHours: 24 } }, 'tenant per 24 hours'],
    [{ by: 'tenant', usd: () => 1, period: 'week', name: 'plan' }, 'plan'],
  ])('name a rule by what it counts: %j', (rule, name) => {
    expect(withRules(rule).options.spendLimits?.rules[0]?.name).toBe(name);
  });

  it.each<[unknown, unknown, string]>([
    [[RULE], undefined, 'refuse'],
    [[RULE], { onUnattributed: 'allow' }, 'allow'],
    [[{ by: [], usd: 1, period: 'day' }], undefined, 'allow'],
  ])('refuse completions without a scope where a rule has names: %j %j', (rules, metering, expected) => {
    expect(settingsOf({ rules }, metering).options.metering.onUnattributed).toBe(expected);
  });

  it('may have no rule where there is a store, and then limit nothing', () => {
    const settings = settingsOf({ rules: [], store: new InMemorySpendStore() });
    expect(settings.options.spendLimits?.rules).toEqual([]);
    expect(settings.options.metering.onUnattributed).toBe('allow');
  });

  it('reserve no more than the maximum by default', () => {
    expect(settingsOf({ rules: [RULE], maxHoldUsd: 0.01 }).options.spendLimits?.holdUsd).toBe(0.01);
  });

  it.each<[unknown, string]>([
    [
      [],
      "`spendLimits` must be an object, for example { rules: [{ by: 'tenant', usd: 10, period: 'day' }] }; got an empty list",
    ],
    [
      { rules: [RULE], store: Promise.resolve() },
      '`spendLimits.store` must be a SpendStore; got a promise; await it first',
    ],
    [{}, '`spendLimits` needs `rules`; without any, leave it out'],
    [{ rules: [] }, '`spendLimits.rules` must be a list of 1 to 32 objects'],
    [
      { rules: [] },
      'got an empty list; without any limit, set `store` to keep a ledger, or leave out `spendLimits`',
    ],
    [{ rules: 'tenant' }, '`spendLimits.rules` must be a list of 1 to 32 objects'],
    [{ rules: Array(33).fill(RULE) }, '`spendLimits.rules` must be a list of 1 to 32 objects'],
    [{ rules: [RULE, null] }, '`spendLimits.rules[1]` must be an object, for example { by:'],
    [{ rules: [{ ...RULE, usd: undefined }] }, '`spendLimits.rules[0]` needs a `usd`'],
    [{ rules: [{ usd: 1, period: 'day' }] }, '`spendLimits.rules[0]` needs a `by`'],
    [{ rules: [{ by: [], usd: 1 }] }, '`spendLimits.rules[0]` needs a `period`'],
    [{ rules: [{ ...RULE, limit: 1 }] }, '`spendLimits.rules[0].limit` is not known'],
    [
      { rules: [{ ...RULE, by: 'Tenant' }] },
      '`spendLimits.rules[0].by` must contain names of the scope only: a lower-case letter followed by up to 31 letters and ' +
        "digits; 'Tenant' is none",
    ],
    [{ rules: [{ ...RULE, by: ['a', 'a'] }] }, "`spendLimits.rules[0].by` contains 'a' twice"],
    [{ rules: [{ ...RULE, by: 5 }] }, '`spendLimits.rules[0].by` must be a list of names of the scope'],
    [
      { rules: [{ ...RULE, usd: -1 }] },
      '`spendLimits.rules[0].usd` must be a number of US dollars from 0 to 9000000',
    ],
    [{ rules: [{ ...RULE, usd: 9_000_001 }] }, '`spendLimits.rules[0].usd` must be a number'],
    [{ rules: [{ ...RULE, usd: NaN }] }, '`spendLimits.rules[0].usd` must be a number'],
    [{ rules: [{ ...RULE, usd: '5' }] }, '`spendLimits.rules[0].usd` must be a number of US dollars'],
    [{ rules: [{ ...RULE, period: 'hour' }] }, "`spendLimits.rules[0].period` must be 'day', 'week'"],
    [{ rules: [{ ...RULE, period: { rollingHours: 0 } }] }, '`spendLimits.rules[0].period` must be'],
    [{ rules: [{ ...RULE, period: { rollingHours: 1.5 } }] }, '`spendLimits.rules[0].period` must be'],
    [
      { rules: [{ ...RULE, timeZone: 'Berlin' }] },
      '`spendLimits.rules[0].timeZone` must be an IANA time zone',
    ],
    [
      { rules: [{ ...RULE, timeZone: '+01:00' }] },
      '`spendLimits.rules[0].timeZone` must be an IANA time zone',
    ],
    [
      { rules: [{ ...RULE, period: 'total', timeZone: 'Europe/Berlin' }] },
      '`spendLimits.rules[0].timeZone` has no effect on this period; leave it out',
    ],
    [
      { rules: [{ ...RULE, warnAt: [0] }] },
      '`spendLimits.rules[0].warnAt` must be a list of up to 10 numbers',
    ],
    [{ rules: [{ ...RULE, warnAt: [1, 0.5] }] }, '`spendLimits.rules[0].warnAt` must be'],
    [{ rules: [{ ...RULE, warnAt: 0.8 }] }, '`spendLimits.rules[0].warnAt` must be'],
    [
      { rules: [{ ...RULE, name: '' }] },
      '`spendLimits.rules[0].name` must be a string of 1 to 100 characters',
    ],
    [
      { rules: [{ ...RULE, name: 'plan \uDC00' }] },
      '`spendLimits.rules[0].name` must be a string of 1 to 100 characters without control characters or halves of',
    ],
    [{ rules: [RULE, { ...RULE, usd: 3 }] }, '`spendLimits.rules[1]` counts the same as a rule before it'],
    [
      {
        rules: [
          { ...RULE, by: ['a', 'b'] },
          { ...RULE, by: ['b', 'a'], timeZone: 'UTC' },
        ],
      },
      '`spendLimits.rules[1]` counts the same as a rule before it',
    ],
    [
      { rules: [RULE, { ...RULE, timeZone: 'Europe/Berlin' }] },
      "`spendLimits.rules[1]` has the same name as a rule before it, 'tenant per day'; give it another `name`",
    ],
    [{ rules: [RULE], store: {} }, '`spendLimits.store` must be a SpendStore; it has no method `reserve`'],
    [
      { rules: [RULE], holdUsd: '1' },
      '`spendLimits.holdUsd` must be a number of US dollars, 0 or more, or a function',
    ],
    [{ rules: [RULE], holdUsd: 1.5 }, '`spendLimits.holdUsd` must not be above `maxHoldUsd`, which is 1'],
    [{ rules: [RULE], maxHoldUsd: 0 }, '`spendLimits.maxHoldUsd` must be a number of US dollars above 0'],
    [{ rules: [RULE], learnHolds: 1 }, '`spendLimits.learnHolds` must be true or false'],
    [{ rules: [RULE], leaseMs: 10 }, '`spendLimits.leaseMs` must be a whole number from 1000 to 3600000'],
    [{ rules: [RULE], onStoreFailure: 'deny' }, "`spendLimits.onStoreFailure` must be 'refuse', 'allow' or"],
    [{ rules: [RULE], onStoreFailure: { allowUsd: -1 } }, '`spendLimits.onStoreFailure` must be'],
  ])('refuses %j', (spendLimits, message) => {
    expect(() => settingsOf(spendLimits)).toThrow(
      expect.objectContaining({ message: expect.stringContaining(message) }),
    );
  });

  it('name every wrong member of every rule at once', () => {
    expect(() => withRules({ ...RULE, by: 'X' }, { ...RULE, usd: -1 })).toThrow(
      /rules\[0\]\.by.*rules\[1\]\.usd/,
    );
  });
});
