import type { SpendSpan } from '../../contracts/spend-store.js';
import { type CalendarDay, DAY_MS, type ZoneTime, zoneTime } from './zone-time.js';

type CalendarPeriod = 'day' | 'week' | 'month';

/** The spans of a calendar around a moment: the previous one, the present one, and the next one. */
export type SpansAt = (at: number) => readonly SpendSpan[];

/** 1970 began on a Thursday, the fourth day of the week from Monday. */
const THURSDAY = 3;

/** The first date of the period that a date belongs to, and of the periods before and after it. */
const FIRST_DAY: Readonly<Record<CalendarPeriod, (day: CalendarDay, step: number) => CalendarDay>> = {
  day: (day, step) => day + step * DAY_MS,
  week: (day, step) => day - ((day / DAY_MS + THURSDAY) % 7) * DAY_MS + step * 7 * DAY_MS,
  month: (day, step) => {
    const date = new Date(day);
    return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + step, 1);
  },
};

/**
 * The spans of days, weeks from Monday on, or months in a time zone.
 *
 * The period, the zone and the first date are the name of a span, so nothing has to be reset when another one begins.
 *
 * @param keptMs - How long after its end a span is kept.
 * @throws `RangeError` if the zone is not known.
 */
export function calendarSpans(period: CalendarPeriod, timeZone: string, keptMs: number): SpansAt {
  const zone = zoneTime(timeZone);
  let last: readonly SpendSpan[] = [];
  return (at) => {
    const [, present] = last;
    // Searching the beginnings of dates takes a good part of a millisecond, too much for each completion.
    if (present === undefined || at < present.from || at >= Number(present.to)) {
      last = spansAround(period, zone, timeZone, at, keptMs);
    }
    return last;
  };
}

function spansAround(
  period: CalendarPeriod,
  zone: ZoneTime,
  timeZone: string,
  at: number,
  keptMs: number,
): readonly SpendSpan[] {
  const day = zone.dayAt(at);
  const firstDays = [-1, 0, 1, 2].map((step) => FIRST_DAY[period](day, step));
  const starts = firstDays.map((first) => zone.startOf(first));
  return [0, 1, 2].map((index) => {
    const [from, to] = [Number(starts[index]), Number(starts[index + 1])];
    const date = new Date(Number(firstDays[index])).toISOString().slice(0, period === 'month' ? 7 : 10);
    return { id: `${period}@${timeZone}:${date}`, from, to, keepUntil: to + keptMs };
  });
}
