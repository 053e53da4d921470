type DateParts = Readonly<Record<string, string>>;

const SECONDS = /^\d{1,10}$/;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

// The three forms of an HTTP-date (RFC 9110, section 5.6.7): IMF-fixdate, RFC 850, asctime.
const HTTP_DATES: readonly RegExp[] = [
  /^[A-Z][a-z]{2}, (?<day>\d{2}) (?<month>[A-Z][a-z]{2}) (?<year>\d{4}) (?<time>\d{2}:\d{2}:\d{2}) GMT$/,
  /^[A-Z][a-z]{5,8}, (?<day>\d{2})-(?<month>[A-Z][a-z]{2})-(?<year>\d{2}) (?<time>\d{2}:\d{2}:\d{2}) GMT$/,
  /^[A-Z][a-z]{2} (?<month>[A-Z][a-z]{2}) (?<day>[ \d]\d) (?<time>\d{2}:\d{2}:\d{2}) (?<year>\d{4})$/,
];

/**
 * Reads a `Retry-After` header (RFC 9110, section 10.2.3): whole seconds, or an HTTP-date in any of its three forms.
 *
 * A date is compared with the answer's own `Date`: the clocks of server and client may differ by minutes.
 *
 * @param value - The header.
 * @param answeredAt - The answer's `Date` header.
 * @param now - This machine's clock in milliseconds since the epoch, which counts if the answer has no `Date`.
 * @returns Milliseconds to wait, 0 for a date that has passed; `undefined` if the header is missing or malformed.
 */
export function parseRetryAfter(
  value: string | undefined,
  answeredAt: string | undefined,
  now: number,
): number | undefined {
  const text = value?.trim() ?? '';
  if (SECONDS.test(text)) {
    return Number(text) * 1_000;
  }
  const date = parseHttpDate(text, now);
  if (date === undefined) {
    return undefined;
  }
  return Math.max(0, date - (parseHttpDate(answeredAt?.trim() ?? '', now) ?? now));
}

/**
 * Milliseconds since the epoch, or `undefined` if the string is not an HTTP-date.
 *
 * @param now - This machine's clock in milliseconds since the epoch, by which two digits of a year are read.
 */
export function parseHttpDate(text: string, now: number): number | undefined {
  for (const form of HTTP_DATES) {
    const parts = form.exec(text)?.groups;
    if (parts !== undefined) {
      const { year = '' } = parts;
      return year.length === 4 ? timeIn(Number(year), parts) : timeInRecentCentury(Number(year), parts, now);
    }
  }
  return undefined;
}

/**
 * A date of RFC 850 has two digits of its year. It is in the past if it would otherwise be more than 50 years in the
 * future (RFC 9110, section 5.6.7).
 */
function timeInRecentCentury(twoDigits: number, parts: DateParts, now: number): number | undefined {
  const latest = new Date(now);
  latest.setUTCFullYear(latest.getUTCFullYear() + 50);
  const year = latest.getUTCFullYear() - (latest.getUTCFullYear() % 100) + twoDigits;
  const time = timeIn(year, parts);
  return time !== undefined && time <= latest.getTime() ? time : timeIn(year - 100, parts);
}

function timeIn(year: number, parts: DateParts): number | undefined {
  const month = MONTHS.indexOf(parts['month'] ?? '');
  const day = Number(parts['day']);
  const [hours = NaN, minutes = NaN, seconds = NaN] = (parts['time'] ?? '').split(':').map(Number);
  const midnight = Date.UTC(year, month, day);
  // Date.UTC turns 31 February into a day of March. A second of 60 is a leap second.
  const isReal = new Date(midnight).getUTCDate() === day && hours < 24 && minutes < 60 && seconds <= 60;
  return month >= 0 && isReal ? midnight + ((hours * 60 + minutes) * 60 + seconds) * 1_000 : undefined;
}
