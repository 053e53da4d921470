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
 * A date is measured from the answer's own `Date`, since the two clocks may differ by minutes.
 *
 * @param value - The header.
 * @param answeredAt - The answer's `Date` header.
 * @param now - This machine's clock in milliseconds since the epoch, used where the answer has no `Date`.
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
  const date = parseHttpDate(text);
  if (date === undefined) {
    return undefined;
  }
  return Math.max(0, date - (parseHttpDate(answeredAt?.trim() ?? '') ?? now));
}

/** Milliseconds since the epoch, or `undefined` if the text is no HTTP-date. */
export function parseHttpDate(text: string): number | undefined {
  for (const form of HTTP_DATES) {
    const parts = form.exec(text)?.groups;
    if (parts !== undefined) {
      const month = MONTHS.indexOf(parts['month'] ?? '');
      const day = Number(parts['day']);
      const [hours = NaN, minutes = NaN, seconds = NaN] = (parts['time'] ?? '').split(':').map(Number);
      const midnight = Date.UTC(fullYear(parts['year'] ?? ''), month, day);
      // Date.UTC carries a 31st of February over into March. A second of 60 is a leap second.
      const isReal = new Date(midnight).getUTCDate() === day && hours < 24 && minutes < 60 && seconds <= 60;
      return month >= 0 && isReal ? midnight + ((hours * 60 + minutes) * 60 + seconds) * 1_000 : undefined;
    }
  }
  return undefined;
}

/** RFC 850 dates have two digits: RFC 9110 reads one that would be over 50 years ahead as the past. */
function fullYear(digits: string): number {
  const year = Number(digits);
  if (digits.length === 4) {
    return year;
  }
  return year + (year < 70 ? 2000 : 1900);
}
