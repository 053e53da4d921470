export const DAY_MS = 86_400_000;

/** The latest moment that a `Date` can hold, in milliseconds since 1970. */
export const MAX_DATE_MS = 8.64e15;

/** Number of a UTC day, counted from 1970. */
export function dayOf(moment: number): number {
  return Math.floor(moment / DAY_MS);
}
