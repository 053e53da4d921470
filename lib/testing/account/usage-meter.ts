import { type Period, type UtcDay, dayOf, firstDayOf } from './periods.js';

/** Exact spend by UTC day, from which the sum of any current period is computed. */
export interface UsageMeter {
  add(units: bigint, day: UtcDay): void;
  /** The sum of the period that contains `now`, or of all time for `null`. */
  sum(period: Period | null, now: Date): bigint;
}

export function createUsageMeter(): UsageMeter {
  const days = new Map<UtcDay, bigint>();
  let total = 0n;
  return {
    add: (units, day) => {
      total += units;
      days.set(day, (days.get(day) ?? 0n) + units);
    },
    sum: (period, now) => {
      if (period === null) return total;
      let sum = 0n;
      for (let day = firstDayOf(period, now); day <= dayOf(now); day++) sum += days.get(day) ?? 0n;
      return sum;
    },
  };
}
