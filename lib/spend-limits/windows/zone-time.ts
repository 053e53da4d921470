/** A date of the calendar, without a time or a zone, as midnight UTC in milliseconds since 1970. */
export type CalendarDay = number;

export const DAY_MS = 86_400_000;

/** No zone is further from UTC. */
const FURTHEST_MS = 16 * 3_600_000;

/** Tells which date it is in a time zone, and when a date begins there. */
export interface ZoneTime {
  dayAt(at: number): CalendarDay;
  startOf(day: CalendarDay): number;
}

/**
 * The dates of an IANA time zone.
 *
 * @throws `RangeError` if the zone is not known.
 */
export function zoneTime(timeZone: string): ZoneTime {
  return timeZone === 'UTC' ? UTC : localTime(timeZone);
}

const UTC: ZoneTime = Object.freeze({
  dayAt: (at: number) => Math.floor(at / DAY_MS) * DAY_MS,
  startOf: (day: CalendarDay) => day,
});

function localTime(timeZone: string): ZoneTime {
  const format = new Intl.DateTimeFormat('en-u-ca-gregory-nu-latn', {
    timeZone,
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
  });
  const dayAt = (at: number): CalendarDay => {
    const parts = format.formatToParts(at);
    const numberOf = (wanted: string): number => Number(parts.find(({ type }) => type === wanted)?.value);
    return Date.UTC(numberOf('year'), numberOf('month') - 1, numberOf('day'));
  };
  return { dayAt, startOf: (day) => firstMoment(day, dayAt) };
}

/**
 * The first moment at which it is this date or a later one. A change of the clocks can skip midnight, repeat it, or skip a
 * whole date; only a search is right in all of these cases.
 */
function firstMoment(day: CalendarDay, dayAt: (at: number) => CalendarDay): number {
  let before = day - FURTHEST_MS;
  let reached = day + FURTHEST_MS;
  while (reached - before > 1) {
    const middle = Math.floor((before + reached) / 2);
    if (dayAt(middle) >= day) {
      reached = middle;
    } else {
      before = middle;
    }
  }
  return reached;
}
