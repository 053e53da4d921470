import { describe, expect, it } from '@jest/globals';
import { forecastOf } from '../../../lib/balance/forecast/forecast.js';

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
