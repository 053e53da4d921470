import { sumUsd } from '../../money/usd.js';
import { divideUsd } from '../../money/usd-math.js';
import type { BalanceForecast } from '../balance.models.js';
import { DAY_MS, dayOf, MAX_DATE_MS } from '../reading/utc-days.js';

/** The usage of an account on a UTC day, of one model or in total. */
export interface DailyUse {
  readonly date: Date;
  /** In US dollars. */
  readonly usage: number;
}

/**
 * Forecasts how long the money lasts at the average usage of the last completed UTC days.
 *
 * Days before the first day with any usage do not count: for a young account they would lower the average and overstate
 * the time.
 *
 * @param uses - The usage by day; any number of entries per day, in any order. Days that are not completed are ignored.
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
