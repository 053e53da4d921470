/** A day, alone or as the day of a time in UTC. */
const DAY = /^(\d{4}-\d{2}-\d{2})(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]00:?00)?)?$/;

/**
 * Reads a day as OpenRouter spells it: `2026-08-24`, `2026-08-24 00:00:00`, `2026-08-24T00:00:00Z`.
 *
 * @returns Its midnight in UTC, in milliseconds since 1970; `undefined` if it is not a day of the calendar.
 */
export function parseDay(text: string): number | undefined {
  const day = DAY.exec(text)?.[1];
  const date = new Date(day ?? NaN);
  // JavaScript reads 31 February as 3 March.
  return !Number.isNaN(date.getTime()) && dayText(date) === day ? date.getTime() : undefined;
}

/** The day of a point in time in UTC, as `YYYY-MM-DD`. */
export function dayText(date: Date): string {
  return date.toISOString().replace(/T.*/, '');
}
