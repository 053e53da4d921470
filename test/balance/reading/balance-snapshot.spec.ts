import { describe, expect, it } from '@jest/globals';
import { inspect } from 'node:util';
import { figuresOf, saysTheSame, snapshotOf } from '../../../lib/balance/reading/balance-snapshot.js';

/** Spend that counts for everything. */
const alike = (usd: number) => ({ accountUsd: usd, keyUsd: usd });

describe('a snapshot', () => {
  const credits = (totalCredits: number, totalUsage: number) => ({ totalCredits, totalUsage });

  it.each([
    // credits, key, spent → balance, keyLimitRemaining, spendable, estimated
    ['both', credits(100.5, 25.75), { limitRemaining: 5 }, 0, [74.75, 5, 5, 74.75]],
    ['the balance is smaller', credits(100, 99.99), { limitRemaining: 5 }, 0, [0.01, 5, 0.01, 0.01]],
    [
      'a key without a limit',
      credits(100.5, 25.75),
      { limitRemaining: null },
      0,
      [74.75, null, 74.75, 74.75],
    ],
    ['credits alone', credits(100.5, 25.75), null, 0.25, [74.75, null, 74.5, 74.5]],
    ['the key alone', null, { limitRemaining: 5 }, 0.1, [null, 5, 4.9, 4.9]],
    ['nothing known', null, { limitRemaining: null }, 1, [null, null, null, null]],
    ['an overdrawn account', credits(1, 1.5), { limitRemaining: 5 }, 0, [-0.5, 5, -0.5, -0.5]],
    ['an overdrawn key', credits(10, 1), { limitRemaining: -2 }, 1, [9, -2, -3, 8]],
    ['an empty account', credits(0, 0), null, 0, [0, null, 0, 0]],
    ['more spent than there is', credits(1, 0), null, 1.5, [1, null, -0.5, -0.5]],
    ['both, with spend', credits(100.1, 25.35), { limitRemaining: 0.3 }, 0.1, [74.75, 0.3, 0.2, 74.65]],
  ])('of %s', (_title, read, key, spent, figures) => {
    const snapshot = snapshotOf(figuresOf({ credits: read, key, fetchedAt: 1_000 }), alike(spent), false);
    const { balance, keyLimitRemaining, spendable, estimated } = snapshot;
    expect([balance, keyLimitRemaining, spendable, estimated]).toEqual(figures);
    expect(snapshot).toMatchObject({
      totalCredits: read?.totalCredits ?? null,
      totalUsage: read?.totalUsage ?? null,
      sources: { balance: read && 'credits', keyLimit: key && 'key' },
      stale: false,
      fetchedAt: new Date(1_000),
    });
    expect([Object.isFrozen(snapshot), Object.isFrozen(snapshot.sources)]).toEqual([true, true]);
  });

  it('takes from the limit of the key what was spent with it alone', () => {
    const figures = figuresOf({
      credits: credits(100, 0),
      key: { limitRemaining: 5 },
      fetchedAt: 1_000,
    });
    const of = (accountUsd: number, keyUsd: number): (number | null)[] => {
      const { spendable, estimated } = snapshotOf(figures, { accountUsd, keyUsd }, false);
      return [spendable, estimated];
    };
    expect([of(40, 1), of(40, 0), of(98, 1), of(0.1, 0.1)]).toEqual([
      [4, 60],
      [5, 60],
      [2, 2],
      [4.9, 99.9],
    ]);
    const keyAlone = figuresOf({ credits: null, key: { limitRemaining: 5 }, fetchedAt: 1_000 });
    expect(snapshotOf(keyAlone, { accountUsd: 40, keyUsd: 1 }, false)).toMatchObject({
      spendable: 4,
      estimated: 4,
    });
  });

  it('says the same as one that was read later, and not the same as one with another figure', () => {
    const at = (fetchedAt: number, limitRemaining: number | null, spent = 0, stale = false) =>
      snapshotOf(
        figuresOf({ credits: credits(5, 1), key: { limitRemaining }, fetchedAt }),
        alike(spent),
        stale,
      );
    expect(saysTheSame(at(1, 9), at(2, 9))).toBe(true);
    expect(saysTheSame(at(1, 9), at(1, 8))).toBe(false);
    expect(saysTheSame(at(1, 9), at(1, 9, 0.1))).toBe(false);
    expect(saysTheSame(at(1, 9), at(1, 9, 0, true))).toBe(false);
    const keyless = snapshotOf(
      figuresOf({ credits: credits(5, 1), key: null, fetchedAt: 1 }),
      alike(0),
      false,
    );
    expect(saysTheSame(at(1, null), keyless)).toBe(false);
  });

  it('has a date that no caller can change for the others', () => {
    const { fetchedAt } = snapshotOf(
      figuresOf({ credits: null, key: null, fetchedAt: 86_400_000 }),
      alike(0),
      false,
    );
    const date = fetchedAt as Date & { extra?: number };
    for (const change of [
      () => date.setTime(0),
      () => date.setUTCHours(5),
      () => date.setFullYear(2000),
      () => (date.extra = 1),
    ]) {
      expect(change).toThrow(TypeError);
    }
    expect(date).toEqual(new Date('1970-01-02'));
    expect(inspect(date)).toBe('1970-01-02T00:00:00.000Z');
    expect(JSON.stringify({ date })).toBe('{"date":"1970-01-02T00:00:00.000Z"}');
    for (const copy of [new Date(date), structuredClone(date)]) {
      expect(copy.setTime(0)).toBe(0);
    }
  });
});
