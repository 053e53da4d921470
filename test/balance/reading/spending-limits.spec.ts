import { describe, expect, it } from '@jest/globals';
import {
  type BalanceReading,
  figuresOf,
  saysTheSame,
  snapshotOf,
} from '../../../lib/balance/reading/balance-snapshot.js';
import { NOTHING_SPENT } from '../../../lib/balance/spend/recorded-spend.js';
import { parseReading, readingText } from '../../../lib/balance/reading/reading-codec.js';
import { type KeyStanding, limitsOf, nextReset } from '../../../lib/balance/reading/spending-limits.js';
import type { KeyBudget } from '../../../lib/index.js';

const NOW = Date.UTC(2026, 2, 4, 12);
const HOUR = 3_600_000;
const MIDNIGHT = new Date(Date.UTC(2026, 2, 5));
const APRIL = new Date(Date.UTC(2026, 3, 1));

/** A reading of an account with $100, by what its key says. */
function readingOf(
  key: KeyStanding,
  credits: BalanceReading['credits'] = { totalCredits: 100, totalUsage: 0 },
) {
  return {
    credits,
    key: { limitRemaining: key.limitRemaining, ...limitsOf(key, NOW) },
    fetchedAt: NOW,
  };
}

const daily = (
  remainingUsd: number,
  more: Pick<KeyBudget, 'scope' | 'resetsAt' | 'limitUsd'> = {},
): KeyBudget => ({
  scope: 'member',
  limitUsd: 50,
  remainingUsd,
  resetsAt: MIDNIGHT,
  ...more,
});

type Says = [spendable: number | null, limitedBy: string | null, resetsAt: Date | null];

interface Since {
  readonly spentUsd?: number;
  readonly byKeyUsd?: number;
  readonly elapsedMs?: number;
}

function said(reading: BalanceReading, { spentUsd = 0, byKeyUsd, elapsedMs = 0 }: Since = {}): Says {
  const snapshot = snapshotOf(
    figuresOf(reading, elapsedMs),
    { accountUsd: spentUsd, keyUsd: byKeyUsd ?? spentUsd },
    false,
  );
  return [snapshot.spendable, snapshot.limitedBy, snapshot.resetsAt];
}

describe('what can be spent', () => {
  it.each<[string, KeyStanding, Says]>([
    ['the balance, where nothing else limits', { limitRemaining: null }, [100, 'balance', null]],
    [
      '… or there are no budgets',
      { limitRemaining: null, budgets: [], effectiveBudget: null },
      [100, 'balance', null],
    ],
    ['the limit of the key', { limitRemaining: 5, limitReset: null }, [5, 'key-limit', null]],
    ['… that resets daily', { limitRemaining: 5, limitReset: 'daily' }, [5, 'key-limit', MIDNIGHT]],
    ['… monthly', { limitRemaining: 5, limitReset: 'monthly' }, [5, 'key-limit', APRIL]],
    ['… in a way that is not known', { limitRemaining: 5, limitReset: 'hourly' }, [5, 'key-limit', null]],
    [
      '… by its own budget, which knows when',
      {
        limitRemaining: 5,
        limitReset: 'daily',
        budgets: [{ scope: 'key_limit', remainingUsd: 5, resetsAt: APRIL }],
      },
      [5, 'key-limit', APRIL],
    ],
    ['a budget', { limitRemaining: 74.5, effectiveBudget: daily(-2) }, [-2, 'budget', MIDNIGHT]],
    [
      'the limit of the key as a budget',
      { limitRemaining: null, effectiveBudget: daily(3, { scope: 'key_limit' }) },
      [3, 'key-limit', MIDNIGHT],
    ],
    [
      'a budget of an unknown scope',
      { limitRemaining: null, effectiveBudget: daily(3, { scope: 'team' }) },
      [3, 'budget', MIDNIGHT],
    ],
    [
      'a budget without a reset',
      { limitRemaining: 9, effectiveBudget: { remainingUsd: 3 } },
      [3, 'budget', null],
    ],
    [
      'the balance, where a budget is larger',
      { limitRemaining: null, effectiveBudget: daily(101) },
      [100, 'balance', null],
    ],
    [
      'the balance, where as much is left of both',
      { limitRemaining: 100, effectiveBudget: daily(100) },
      [100, 'balance', null],
    ],
    [
      'the tightest of the budgets, where none is said to decide',
      { limitRemaining: 9, budgets: [daily(7), daily(4, { resetsAt: APRIL }), daily(6)] },
      [4, 'budget', APRIL],
    ],
    [
      'the one that is said to decide, where another one is lower',
      {
        limitRemaining: null,
        budgets: [daily(-2), daily(-9, { resetsAt: APRIL })],
        effectiveBudget: daily(-2),
      },
      [-2, 'budget', MIDNIGHT],
    ],
    [
      'the lowest, where the one that is said to decide refuses nothing',
      {
        limitRemaining: null,
        budgets: [daily(5), daily(3, { resetsAt: APRIL })],
        effectiveBudget: daily(5),
      },
      [3, 'budget', APRIL],
    ],
    [
      '… and another one is overdrawn',
      {
        limitRemaining: 9,
        budgets: [daily(5), daily(-1, { scope: 'workspace' })],
        effectiveBudget: daily(5),
      },
      [-1, 'budget', MIDNIGHT],
    ],
    [
      'the limit of the key, where it is lower than that',
      { limitRemaining: 1, effectiveBudget: daily(2) },
      [1, 'key-limit', null],
    ],
    [
      'not known, where the budget that decides cannot be read',
      { limitRemaining: 5, effectiveBudget: {} },
      [null, null, null],
    ],
    [
      '… although others can',
      { limitRemaining: 5, budgets: [daily(7)], effectiveBudget: { limitUsd: 9 } },
      [null, null, null],
    ],
    [
      '… where none is said to decide, and one cannot be read',
      { limitRemaining: 5, budgets: [daily(7), {}] },
      [null, null, null],
    ],
    [
      'known, where one cannot be read that does not decide',
      { limitRemaining: 9, budgets: [{}, daily(7)], effectiveBudget: daily(7) },
      [7, 'budget', MIDNIGHT],
    ],
    [
      '… and where it is said that none decides',
      { limitRemaining: 9, budgets: [{}], effectiveBudget: null },
      [9, 'key-limit', null],
    ],
    [
      'nothing, for certain, where another limit is spent',
      { limitRemaining: 0, effectiveBudget: {} },
      [0, 'key-limit', null],
    ],
  ])('is %s', (_title, key, expected) => {
    expect(said(readingOf(key))).toEqual(expected);
  });

  it('is told by a budget alone, where neither the balance nor a limit is known', () => {
    const reading = readingOf({ limitRemaining: null, effectiveBudget: daily(2) }, null);
    expect(said(reading)).toEqual([2, 'budget', MIDNIGHT]);
    expect(snapshotOf(figuresOf(reading), NOTHING_SPENT, false)).toMatchObject({
      balance: null,
      estimated: null,
    });
  });

  it('falls by the spend since, and another limit may become the lowest', () => {
    const reading = readingOf({ limitRemaining: 6, budgets: [daily(7), daily(8, { scope: 'api_key' })] });
    // What other keys spend lowers the budgets that they share, and no limit of the key's own.
    expect(said(reading, { spentUsd: 0.1 })).toEqual([5.9, 'key-limit', null]);
    expect(said(reading, { spentUsd: 3, byKeyUsd: 0 })).toEqual([4, 'budget', MIDNIGHT]);
    expect(said(reading, { spentUsd: 98, byKeyUsd: 0 })).toEqual([-91, 'budget', MIDNIGHT]);
    const own = readingOf({
      limitRemaining: null,
      effectiveBudget: daily(8, { scope: 'workspace_default_key' }),
    });
    expect(said(own, { spentUsd: 95, byKeyUsd: 0 })).toEqual([5, 'balance', null]);
    expect(said(own, { spentUsd: 95, byKeyUsd: 1 })).toEqual([5, 'balance', null]);
    expect(said(own, { spentUsd: 9, byKeyUsd: 9 })).toEqual([-1, 'budget', MIDNIGHT]);
  });

  it('leaves what the account has by now as it is', () => {
    const figures = figuresOf(readingOf({ limitRemaining: 5, effectiveBudget: daily(-2) }));
    expect(snapshotOf(figures, { accountUsd: 1, keyUsd: 1 }, false)).toMatchObject({
      spendable: -3,
      estimated: 99,
      keyLimitRemaining: 5,
    });
    const keyAlone = figuresOf(readingOf({ limitRemaining: 5, effectiveBudget: daily(-2) }, null));
    expect(snapshotOf(keyAlone, { accountUsd: 1, keyUsd: 1 }, false)).toMatchObject({
      spendable: -3,
      estimated: 4,
    });
  });

  it('is not the same where it is limited by something else, or until another time', () => {
    const at = (key: KeyStanding) => snapshotOf(figuresOf(readingOf(key)), NOTHING_SPENT, false);
    const one = at({ limitRemaining: null, effectiveBudget: daily(5) });
    expect(saysTheSame(one, at({ limitRemaining: null, effectiveBudget: daily(5) }))).toBe(true);
    expect(
      saysTheSame(one, at({ limitRemaining: null, effectiveBudget: daily(5, { resetsAt: APRIL }) })),
    ).toBe(false);
    expect(
      saysTheSame(one, at({ limitRemaining: null, effectiveBudget: daily(5, { scope: 'key_limit' }) })),
    ).toBe(false);
    expect(() => one.resetsAt?.setTime(0)).toThrow(TypeError);
  });
});

describe('a limit that starts anew', () => {
  const HALF_DAY = 12 * HOUR;

  it.each<[string, KeyStanding, number, Says]>([
    [
      'is as it was before',
      { limitRemaining: null, effectiveBudget: daily(-2) },
      HALF_DAY - 1,
      [-2, 'budget', MIDNIGHT],
    ],
    [
      'is whole at that time',
      { limitRemaining: null, effectiveBudget: daily(-2) },
      HALF_DAY,
      [50, 'budget', null],
    ],
    [
      'is whole, too, where it is the limit of the key',
      { limitRemaining: 0, limit: 8, limitReset: 'daily' },
      HALF_DAY,
      [8, 'key-limit', null],
    ],
    [
      'is not known, where its size is not',
      { limitRemaining: 0, limitReset: 'daily' },
      HALF_DAY,
      [null, null, null],
    ],
    [
      'leaves the others as they are',
      {
        limitRemaining: null,
        budgets: [daily(-2), daily(3, { resetsAt: APRIL })],
        effectiveBudget: daily(-2),
      },
      HALF_DAY,
      [3, 'budget', APRIL],
    ],
    [
      '… those that refuse as well, too',
      {
        limitRemaining: null,
        budgets: [daily(-2), daily(-9, { resetsAt: APRIL })],
        effectiveBudget: daily(-2),
      },
      HALF_DAY,
      [-2, 'budget', APRIL],
    ],
    [
      'is what OpenRouter says it is where it started anew before the answer',
      { limitRemaining: null, effectiveBudget: daily(-2, { resetsAt: new Date(NOW - 1) }) },
      40 * 24 * HOUR,
      [-2, 'budget', new Date(NOW - 1)],
    ],
  ])('%s', (_title, key, elapsedMs, expected) => {
    expect(said(readingOf(key), { elapsedMs })).toEqual(expected);
  });

  it('says when the figures become others', () => {
    const changesInMs = (key: KeyStanding, elapsedMs = 0) => figuresOf(readingOf(key), elapsedMs).changesInMs;
    const both = { limitRemaining: 5, limitReset: 'monthly', budgets: [daily(7)] };
    expect(changesInMs(both)).toBe(HALF_DAY);
    expect(changesInMs(both, HALF_DAY)).toBe(APRIL.getTime() - NOW);
    expect(changesInMs({ limitRemaining: 5, limitReset: null })).toBe(Infinity);
    expect(changesInMs({ limitRemaining: null, budgets: [daily(1, { resetsAt: new Date(NOW) })] })).toBe(
      Infinity,
    );
    // Nobody asks again at once, whatever a server says.
    expect(changesInMs({ limitRemaining: null, budgets: [daily(1, { resetsAt: new Date(NOW + 1) })] })).toBe(
      1_000,
    );
  });

  it.each<[string | null | undefined, string, string | null]>([
    ['daily', '2026-03-04T23:59:59.999Z', '2026-03-05T00:00:00.000Z'],
    ['daily', '2026-12-31T00:00:00.000Z', '2027-01-01T00:00:00.000Z'],
    ['weekly', '2026-03-02T00:00:00.000Z', '2026-03-09T00:00:00.000Z'],
    ['weekly', '2026-03-08T23:59:59.999Z', '2026-03-09T00:00:00.000Z'],
    ['monthly', '2026-12-31T23:59:59.999Z', '2027-01-01T00:00:00.000Z'],
    ['monthly', '2028-02-29T12:00:00.000Z', '2028-03-01T00:00:00.000Z'],
    [null, '2026-03-04T00:00:00.000Z', null],
    [undefined, '2026-03-04T00:00:00.000Z', null],
    ['yearly', '2026-03-04T00:00:00.000Z', null],
  ])('%s after %s is at %s', (interval, now, expected) => {
    const reset = nextReset(interval, Date.parse(now));
    expect(reset === null ? null : new Date(reset).toISOString()).toBe(expected);
  });
});

describe('the limits of a reading in a store', () => {
  const record = {
    reading: readingOf({
      limitRemaining: 5,
      limitReset: 'daily',
      limit: 9,
      budgets: [daily(7)],
      effectiveBudget: daily(7),
    }),
    tookMs: 1,
    jitter: 1,
  };

  it('come back as they were', () => {
    expect(parseReading(readingText(record))).toEqual(record);
  });

  it('may be those of an older version, which has not known of them', () => {
    const { limitRemaining } = record.reading.key;
    const old = { ...record, reading: { ...record.reading, key: { limitRemaining } } };
    const read = parseReading(readingText(old));
    expect(read).toEqual(old);
    expect(said(read!.reading)).toEqual([5, 'key-limit', null]);
  });

  it.each([
    ['"by":"budget"', '"by":"balance"'],
    ['"counts":"account"', '"counts":"nobody"'],
    ['"left":7', '"left":"7"'],
    ['"left":7', '"left":null'],
    ['"limit":50', '"limit":1e400'],
    [`"resetsAt":${MIDNIGHT.getTime()}`, '"resetsAt":9e15'],
    ['"limits":[', '"limits":[null,'],
    ['"limits":[', '"limits":"","more":['],
  ])('are not believed with %s as %s', (part, other) => {
    const text = readingText(record);
    expect(text).toContain(part);
    expect(parseReading(text.replace(part, other))).toBeUndefined();
  });

  it('stay short, however many there are, and none of them is forgotten', () => {
    const budgets = Array.from({ length: 50 }, (_unused, index) =>
      daily(100 - index, { resetsAt: new Date(MIDNIGHT.getTime() + index * HOUR), limitUsd: 1e6 + index }),
    );
    const reading = readingOf({ limitRemaining: 70, limitReset: 'daily', limit: 90, budgets }, null);
    expect(readingText({ reading, tookMs: 12_345.678901, jitter: 0.9876543210987654 }).length).toBeLessThan(
      1_024,
    );
    expect(said(reading)).toEqual([51, 'budget', new Date(MIDNIGHT.getTime() + 49 * HOUR)]);
    // What is put together never starts anew.
    const [late] = said(reading, { elapsedMs: 1_000 * HOUR });
    expect(late).toBeLessThanOrEqual(100);
  });
});
