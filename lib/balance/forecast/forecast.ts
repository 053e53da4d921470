import { sumUsd } from '../../money/usd.js';
import { divideUsd } from '../../money/usd-math.js';
import type { BalanceForecast } from '../balance.models.js';
import { DAY_MS, dayOf, MAX_DATE_MS } from '../reading/utc-days.js';

/** What an account has used of a model, or in all, on a UTC day. */
export interface DailyUse {
  readonly date: Date;
  /** In US dollars. */
  readonly usage: number;
}

/**
 * How long the money lasts at the average of the last completed UTC days.
 *
 * Days before the first one on which anything was used do not count: a young account would be told too low an
 * average, and so too long a time.
 *
 * @param uses - What was used on completed days; any number of entries for a day, in any order.
 * @param days - How many days to look back at most.
 * @param now - The moment to count from, in milliseconds since 1970.
 */
export function forecastOf(
  spendable: number | null,
  uses: readonly DailyUse[],
  days: number,
  now: number,
): BalanceForecast {
  const daysAgo = ({ date }: DailyUse): number => dayOf(now) - dayOf(date.getTime());
  const completed = uses.filter((use) => daysAgo(use) >= 1);
  const firstDaysAgo = completed.reduce(
    (most, use) => (use.usage > 0 ? Math.max(most, daysAgo(use)) : most),
    0,
  );
  const basedOnDays = Math.min(days, firstDaysAgo);
  if (basedOnDays === 0) {
    return { spendable, dailyUsage: null, daysLeft: null, emptyOn: null, basedOnDays };
  }
  const counted = completed.filter((use) => daysAgo(use) <= basedOnDays);
  const dailyUsage = divideUsd(sumUsd(counted.map(({ usage }) => usage)), basedOnDays);
  const daysLeft = daysLeftOf(spendable, dailyUsage);
  const emptyAt = daysLeft === null ? Infinity : now + daysLeft * DAY_MS;
  return {
    spendable,
    dailyUsage,
    daysLeft,
    emptyOn: emptyAt <= MAX_DATE_MS ? new Date(emptyAt) : null,
    basedOnDays,
  };
}

function daysLeftOf(spendable: number | null, dailyUsage: number): number | null {
  if (spendable === null) {
    return null;
  }
  if (spendable <= 0) {
    return 0;
  }
  return dailyUsage > 0 ? divideUsd(spendable, dailyUsage) : null;
}
