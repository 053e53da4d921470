/**
 * For how long spend counts against a limit: a day, a week from Monday on, a month, all time, or the last so many hours
 * (a whole number of them).
 */
export type SpendPeriod = 'day' | 'week' | 'month' | 'total' | { readonly rollingHours: number };
