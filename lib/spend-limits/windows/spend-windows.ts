import type { SpendPeriod } from '../../contracts/spend-period.js';
import type { SpendSpan, SpendWindow } from '../../contracts/spend-store.js';
import { GIVEN_UP_KEPT_MS } from '../model/hold-table.js';
import { calendarSpans, type SpansAt } from './calendar-spans.js';
import { DAY_MS } from './zone-time.js';

const HOUR_MS = 3_600_000;

/** A rolling window drops what is older in steps of this part of its length. */
const ROLLING_SLOTS = 48;

/** A bill may come as long as its hold is remembered; a day more, since the clocks of stores differ. */
const KEPT_MS = GIVEN_UP_KEPT_MS + DAY_MS;

const ALL_TIME: readonly SpendSpan[] = Object.freeze([
  Object.freeze({ id: 'total', from: 0, to: null, keepUntil: null }),
]);

/** Makes the window of a limit around a moment. */
export type WindowAt = (at: number, limitNanoUsd: number | null) => SpendWindow;

/**
 * The windows of a period in a time zone, which `'total'` and rolling hours do not depend on.
 *
 * @throws `RangeError` if the zone is not known.
 */
export function spendWindows(period: SpendPeriod, timeZone = 'UTC'): WindowAt {
  const slots = typeof period === 'object' ? ROLLING_SLOTS : 1;
  const spansAt = spansOf(period, timeZone);
  return (at, limitNanoUsd) => ({ spans: spansAt(at), slots, limitNanoUsd });
}

function spansOf(period: SpendPeriod, timeZone: string): SpansAt {
  if (period === 'total') {
    return () => ALL_TIME;
  }
  return typeof period === 'object'
    ? rollingSpans(period.rollingHours)
    : calendarSpans(period, timeZone, KEPT_MS);
}

/** Spans as long as the period, from 1970 on. The first of the four is only there to be counted with the second one. */
function rollingSpans(hours: number): SpansAt {
  const lengthMs = hours * HOUR_MS;
  return (at) => {
    const present = Math.floor(at / lengthMs);
    return [-2, -1, 0, 1].map((step) => {
      const number = present + step;
      const to = (number + 1) * lengthMs;
      return {
        id: `rolling${hours}:${number}`,
        from: number * lengthMs,
        to,
        keepUntil: to + lengthMs + KEPT_MS,
      };
    });
  };
}
