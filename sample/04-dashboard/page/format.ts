const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** `$12.34`, rounded down so that it never shows more than there is. Small amounts get four decimals. */
export function usd(amount: number | null): string {
  if (amount === null) {
    return 'not known';
  }
  const decimals = amount !== 0 && Math.abs(amount) < 0.1 ? 4 : 2;
  const scale = 10 ** decimals;
  // The small term corrects binary fractions: 0.29 × 100 is 28.999999999999996.
  const rounded = Math.floor(amount * scale + 1e-6) / scale;
  return rounded.toLocaleString('en-US', {
    style: 'currency',
    currency: 'USD',
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  });
}

/** A whole amount for the axis of a chart: `$20`, `-$20`, `$0.5`. */
export function axisUsd(amount: number): string {
  return `${amount < 0 ? '-' : ''}$${Math.abs(amount)}`;
}

/** `3 s`, `2 min`, `5 h`. */
export function duration(ms: number): string {
  if (ms < MINUTE_MS) {
    return `${Math.max(0, Math.floor(ms / SECOND_MS))} s`;
  }
  return ms < HOUR_MS ? `${Math.floor(ms / MINUTE_MS)} min` : `${Math.floor(ms / HOUR_MS)} h`;
}

/** The local time of day. */
export function clock(at: number): string {
  return new Date(at).toLocaleTimeString('en-GB');
}

/** `3 Dec`, in UTC, which OpenRouter uses. */
export function day(at: number | string): string {
  return new Date(at).toLocaleDateString('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });
}

/** `December 2026`. */
export function monthOf(date: string): string {
  return new Date(date).toLocaleDateString('en-GB', { month: 'long', year: 'numeric', timeZone: 'UTC' });
}

/** `Thu 3 Dec`. */
export function weekday(at: number): string {
  return new Date(at).toLocaleDateString('en-GB', {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    timeZone: 'UTC',
  });
}

/** `3 Dec, 00:00 UTC`. */
export function moment(at: number): string {
  return `${day(at)}, ${new Date(at).toISOString().slice(11, 16)} UTC`;
}

/** `in 5 h`, or `now`. */
export function remaining(ms: number): string {
  return ms < SECOND_MS ? 'now' : `in ${duration(ms)}`;
}

export function percent(share: number | null): string {
  return share === null ? '–' : `${Math.round(share * 100)} %`;
}

/** `1 completion`, `2 completions`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
