/** The last so many hours. */
export interface SpendRollingPeriod {
  /** A whole number from 1 to 8 784. */
  readonly rollingHours: number;
}

/**
 * For how long spend counts against a limit: a day, a week from Monday on, a month, all time, or the last so many hours
 * (a whole number of them).
 */
export type SpendPeriod = 'day' | 'week' | 'month' | 'total' | SpendRollingPeriod;
