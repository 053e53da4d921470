import { describe, expect, it } from '@jest/globals';
import type { ActivityItem, ApiKey, Budget } from 'nestjs-openrouter';
import type { BalancePoint } from '../shared/dashboard.js';
import { withPoint } from '../src/dashboard/balance-history.js';
import { budgetsOf } from '../src/dashboard/budgets.js';
import { keysOf } from '../src/dashboard/keys.js';
import { spendOf } from '../src/dashboard/spend.js';

const NOON = Date.parse('2026-03-10T12:00:00Z');

const forecast = { spendable: 5, dailyUsage: 1, daysLeft: 5, emptyOn: new Date(NOON), basedOnDays: 7 };

function item(day: string, model: string, usage: number): ActivityItem {
  return { date: new Date(`${day}T00:00:00Z`), model, usage, byokUsageInference: 0 };
}

function key(fields: Partial<ApiKey>): ApiKey {
  return {
    hash: '',
    limit: null,
    limitRemaining: null,
    usage: 0,
    usageDaily: 0,
    usageWeekly: 0,
    usageMonthly: 0,
    byokUsage: 0,
    byokUsageDaily: 0,
    byokUsageWeekly: 0,
    byokUsageMonthly: 0,
    ...fields,
  };
}

describe('the spend', () => {
  it('has every completed day of a month, and the models ordered by cost', () => {
    const items = [
      item('2026-03-09', 'b', 0.1),
      item('2026-03-09', 'b', 0.2),
      item('2026-03-07', 'a', 5),
      item('2026-02-08', 'b', 1),
    ];
    const { models, days, today, forecast: shown } = spendOf(items, [], forecast, NOON);
    expect(models).toEqual(['a', 'b']);
    expect(days).toHaveLength(30);
    expect(days[0]).toEqual({ date: '2026-02-08', usd: [0, 1] });
    expect(days.slice(-3)).toEqual([
      { date: '2026-03-07', usd: [5, 0] },
      { date: '2026-03-08', usd: [0, 0] },
      { date: '2026-03-09', usd: [0, 0.3] },
    ]);
    expect(today).toBe(0);
    expect(shown).toEqual({ dailyUsage: 1, daysLeft: 5, emptyOn: NOON, basedOnDays: 7 });
  });

  it('combines the cheap models', () => {
    const items = 'abcdefgh'.split('').map((model, index) => item('2026-03-09', model, index + 1));
    const { models, days } = spendOf(items, undefined, forecast, NOON);
    expect(models).toEqual(['h', 'g', 'f', 'e', 'd', 'c', 'other models']);
    expect(days.at(-1)!.usd).toEqual([8, 7, 6, 5, 4, 3, 3]);
  });

  it('takes today from the keys, if they are known', () => {
    const keys = [key({ usageDaily: 0.1 }), key({ usageDaily: 0.2 })];
    expect(spendOf([], keys, forecast, NOON).today).toBe(0.3);
    expect(spendOf([], undefined, forecast, NOON).today).toBeNull();
  });
});

describe('the keys', () => {
  it('have their share, are ordered by spend, and show no hash or label', () => {
    const keys = keysOf([
      key({ name: 'small', usageMonthly: 1, hash: 'h', label: 'sk-or-v1-abc...xyz' }),
      key({ name: 'big', usageMonthly: 3, disabled: true, limitReset: 'daily', expiresAt: new Date(NOON) }),
    ]);
    expect(keys).toMatchObject([
      { name: 'big', share: 0.75, disabled: true, limitReset: 'daily', expiresAt: NOON },
      { name: 'small', share: 0.25, disabled: false, limitReset: null, expiresAt: null },
    ]);
    expect(Object.keys(keys[0]!)).not.toContain('hash');
    expect(JSON.stringify(keys)).not.toContain('sk-or');
  });

  it('have no share if nothing was spent', () => {
    expect(keysOf([key({})])[0]!.share).toBeNull();
  });

  it.each([
    {},
    { name: '' },
    { name: ' \t' },
    { name: 'sk-or-v1-abc...xyz' },
    { name: 'prod (sk-or-v1-abc...f3e)' },
    { name: 'PROD SK-OR-V1-0123456789abcdef' },
    { name: 'abc...xyz', label: 'abc...xyz' },
    { name: 'prod abc...f3e', label: 'sk-or-v1-abc...f3e' },
  ])('are unnamed if the name reveals the key or is missing: %p', (fields) => {
    expect(keysOf([key(fields)])[0]!.name).toBe('Unnamed key');
  });

  it.each(['prod', 'sk-organisation', ' or-v1 '])('keep the name %s', (name) => {
    expect(keysOf([key({ name, label: 'sk-or-v1-abc...xyz' })])[0]!.name).toBe(name);
    expect(keysOf([key({ name, label: '' })])[0]!.name).toBe(name);
  });
});

describe('the budgets', () => {
  const budget = (fields: Partial<Budget>): Budget => ({
    id: '1',
    workspaceId: 'w',
    limitUsd: 10,
    ...fields,
  });
  const keys = [
    key({ workspaceId: 'w', usage: 9, usageDaily: 0.1, byokUsageDaily: 1 }),
    key({ workspaceId: 'w', usage: 1, usageDaily: 0.2 }),
    key({ workspaceId: 'other', usageDaily: 5 }),
  ];

  it.each<[Partial<Budget>, number | null]>([
    [{ interval: 'daily' }, 0.3],
    [{ interval: 'daily', includeByokInBudgets: true }, 1.3],
    [{ interval: 'lifetime' }, 10],
    [{ interval: 'hourly' }, null],
    [{}, null],
    [{ interval: 'daily', workspaceId: 'empty' }, null],
  ])('%p: spent by the keys %p', (fields, spent) => {
    expect(budgetsOf('default', [budget(fields)], keys)[0]).toMatchObject({
      workspace: 'default',
      limit: 10,
      spent,
    });
  });

  it('show without the keys', () => {
    expect(budgetsOf('default', [budget({ interval: 'daily' })], undefined)[0]!.spent).toBeNull();
  });
});

describe('the history', () => {
  const of = (...points: [number, number | null][]): readonly BalancePoint[] =>
    points.reduce<readonly BalancePoint[]>(
      (history, [at, spendable]) => withPoint(history, at, spendable),
      [],
    );

  it('ends with the newest figure, in steps of some seconds', () => {
    const history = of([0, 1], [1_000, 2], [2_000, 3], [3_500, 4], [4_000, 5], [9_000, 6]);
    expect(history.map(({ at }) => at)).toEqual([0, 3_500, 4_000, 9_000]);
    expect(history.at(-1)).toEqual({ at: 9_000, spendable: 6 });
  });

  it('has a gap where nothing is known, but not at the beginning', () => {
    const history = of([0, null], [1, 1], [2, null], [3, null], [4, 2]);
    expect(history.map(({ spendable }) => spendable)).toEqual([1, null, 2]);
  });

  it('has a maximum length', () => {
    const history = of(
      ...Array.from({ length: 900 }, (_, index): [number, number] => [index * 3_000, index]),
    );
    expect(history).toHaveLength(300);
    expect(history.at(-1)!.spendable).toBe(899);
  });
});
