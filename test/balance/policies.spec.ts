import { describe, expect, it } from '@jest/globals';
import { inspect } from 'node:util';
import { figuresOf, saysTheSame, snapshotOf } from '../../lib/balance/balance-snapshot.js';
import { forecastOf } from '../../lib/balance/forecast.js';
import {
  type Freshness,
  freshnessOf,
  isServableOnError,
  jitterOf,
  pauseAfterFailure,
} from '../../lib/balance/freshness.js';
import { parseReading, readingText } from '../../lib/balance/shared-reading.js';

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

describe('freshness', () => {
  const windows = { freshMs: 60, staleWhileRevalidateMs: 300, staleIfErrorMs: 3_600 };

  it.each<[number, number | undefined, Freshness, boolean]>([
    // age, maxAgeMs → what to do; whether it may be served when that fails
    [0, undefined, 'fresh', true],
    [59, undefined, 'fresh', true],
    [60, undefined, 'revalidate', true],
    [359, undefined, 'revalidate', true],
    [360, undefined, 'wait', true],
    [3_659, undefined, 'wait', true],
    [3_660, undefined, 'wait', false],
    [0, 0, 'wait', false],
    [9, 10, 'fresh', false],
    [10, 10, 'wait', false],
    [100, 200, 'fresh', false],
    [1e9, Infinity, 'fresh', false],
  ])('at the age of %d with maxAgeMs %p is %s', (ageMs, maxAgeMs, expected, onError) => {
    expect(freshnessOf({ ageMs, maxAgeMs, ...windows })).toBe(expected);
    expect(isServableOnError({ ageMs, maxAgeMs, ...windows })).toBe(onError);
  });

  it('lets the window for errors be no shorter than the one for revalidation', () => {
    expect(isServableOnError({ ageMs: 359, ...windows, staleIfErrorMs: 0 })).toBe(true);
    expect(isServableOnError({ ageMs: 360, ...windows, staleIfErrorMs: 0 })).toBe(false);
  });

  it('varies by a tenth', () => {
    expect([jitterOf(0), jitterOf(0.5), jitterOf(1)]).toEqual([0.9, 1, 1.1]);
  });

  it.each([
    // failures, random, asked for → pause
    [1, 0, undefined, 250],
    [1, 1, undefined, 500],
    [2, 1, undefined, 1_000],
    [7, 1, undefined, 32_000],
    [8, 1, undefined, 60_000],
    [5_000, 0, undefined, 30_000],
    [1, 1, 20_000, 20_000],
    [9, 1, 20_000, 60_000],
    [1, 1, 1e12, 3_600_000],
  ])(
    'is not asked for after %i failures (random %d, asked %p) for %d ms',
    (count, random, asked, expected) => {
      expect(pauseAfterFailure(count, random, asked)).toBe(expected);
    },
  );
});

describe('a forecast', () => {
  const NOW = Date.UTC(2026, 2, 10, 12);
  const day = (daysAgo: number, usage: number) => ({
    date: new Date(Date.UTC(2026, 2, 10 - daysAgo)),
    usage,
  });
  const NOTHING = { dailyUsage: null, daysLeft: null, emptyOn: null, basedOnDays: 0 };

  it.each([
    ['no activity', 10, [], NOTHING],
    ['today alone, which is not over', 10, [day(0, 5)], NOTHING],
    ['days on which nothing was used', 10, [day(3, 0), day(1, 0)], NOTHING],
    [
      'a week, with several rows a day',
      10,
      [day(8, 100), day(7, 1), day(7, 2), day(3, 4), day(0, 50)],
      { dailyUsage: 1, daysLeft: 10, emptyOn: new Date(NOW + 10 * 86_400_000), basedOnDays: 7 },
    ],
    [
      'a young account',
      1,
      [day(2, 0.1), day(1, 0.3)],
      { dailyUsage: 0.2, daysLeft: 5, emptyOn: new Date(NOW + 5 * 86_400_000), basedOnDays: 2 },
    ],
    [
      'use that has stopped',
      10,
      [day(20, 7)],
      { dailyUsage: 0, daysLeft: null, emptyOn: null, basedOnDays: 7 },
    ],
    ['nothing left', 0, [day(1, 1)], { dailyUsage: 1, daysLeft: 0, emptyOn: new Date(NOW), basedOnDays: 1 }],
    ['a debt', -3, [day(1, 1)], { dailyUsage: 1, daysLeft: 0, emptyOn: new Date(NOW), basedOnDays: 1 }],
    [
      'an unknown balance',
      null,
      [day(1, 1)],
      { dailyUsage: 1, daysLeft: null, emptyOn: null, basedOnDays: 1 },
    ],
    [
      'more time than there are dates',
      1e9,
      [day(1, 1e-6)],
      { dailyUsage: 1e-6, daysLeft: 1e15, emptyOn: null, basedOnDays: 1 },
    ],
  ])('from %s', (_title, spendable, uses, expected) => {
    expect(forecastOf(spendable, uses, 7, NOW)).toEqual({ spendable, ...expected });
  });
});

describe('a reading in a store', () => {
  const record = {
    reading: {
      credits: { totalCredits: 100.1, totalUsage: 25.35 },
      key: { limitRemaining: null },
      fetchedAt: 1_700_000_000_000,
    },
    tookMs: 120.5,
    jitter: 0.95,
  };

  it('comes back as it was', () => {
    expect(parseReading(readingText(record))).toEqual(record);
    const sparse = { ...record, reading: { credits: null, key: null, fetchedAt: 0 } };
    expect(parseReading(readingText(sparse))).toEqual(sparse);
  });

  it.each([
    '',
    'garbage',
    'null',
    '[]',
    '{}',
    '{"version":1}',
    readingText(record).replace('"version":1', '"version":2'),
    readingText(record).replace('100.1', '"100.1"'),
    readingText(record).replace('100.1', '1e400'),
    readingText(record).replace('100.1', '1.7e308').replace('25.35', '-1.7e308'),
    readingText(record).replace('{"limitRemaining":null}', '{}'),
    readingText(record).replace('{"limitRemaining":null}', '[]'),
    readingText(record).replace('{"totalCredits":100.1,"totalUsage":25.35}', '7'),
    readingText(record).replace('1700000000000', '9e15'),
    readingText(record).replace('120.5', '-1'),
    readingText(record).replace('0.95', '3'),
  ])('is not believed as %s', (text) => {
    expect(parseReading(text)).toBeUndefined();
  });
});
