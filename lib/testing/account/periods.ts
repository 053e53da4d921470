const DAY_MS = 86_400_000;

/** The calendar periods of limits, budgets and usage figures, all in UTC; weeks run from Monday to Sunday. */
export const PERIODS = ['daily', 'weekly', 'monthly'] as const;

export type Period = (typeof PERIODS)[number];

/** A UTC day, as the number of days since 1970. */
export type UtcDay = number;

export function dayOf(date: Date): UtcDay {
  return Math.floor(date.getTime() / DAY_MS);
}

/** `YYYY-MM-DD`. */
export function formatDay(day: UtcDay): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

export function firstDayOf(period: Period, now: Date): UtcDay {
  // Weeks run from Monday, while getUTCDay() counts from Sunday.
  const daysAgo = {
    daily: 0,
    weekly: (now.getUTCDay() + 6) % 7,
    monthly: now.getUTCDate() - 1,
  };
  return dayOf(now) - daysAgo[period];
}

/** When the period after the current one begins. */
export function endOf(period: Period, now: Date): Date {
  if (period === 'monthly') return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1));
  return new Date((firstDayOf(period, now) + (period === 'daily' ? 1 : 7)) * DAY_MS);
}
