import { setTimeout as sleep } from 'node:timers/promises';

/** When the month that is going on at a time ends, in UTC. */
export function monthEndAfter(now: number): number {
  const date = new Date(now);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1);
}

/**
 * Waits for the end of a month that is about to end, for a test in which none may end.
 *
 * @param withinMs - How long the test may take.
 */
export async function pastMonthEnd(withinMs = 15_000): Promise<void> {
  const leftMs = monthEndAfter(Date.now()) - Date.now();
  if (leftMs < withinMs) await sleep(leftMs + 1);
}
