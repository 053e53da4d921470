const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** `$0.31`: rounded down, so that it never shows more than there is. */
export function usd(amount: number): string {
  // The small term corrects binary fractions: 0.29 × 100 is 28.999999999999996.
  return `$${(Math.floor(amount * 100 + 1e-6) / 100).toFixed(2)}`;
}

/** `$0.061234567`: all decimals of a cost, and at least two. */
export function exactUsd(amount: number): string {
  return `$${amount.toFixed(9).replace(/0{1,7}$/, '')}`;
}

/** `at 02:00, in 5 h`: in the time zone of the browser. */
export function until(time: string, now: number): string {
  const at = new Date(time);
  const left = at.getTime() - now;
  const clock = at.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
  const day = at.toLocaleDateString('en-GB', { day: 'numeric', month: 'long' });
  return left < DAY_MS ? `at ${clock}, in ${duration(left)}` : `on ${day}, in ${duration(left)}`;
}

function duration(ms: number): string {
  if (ms < HOUR_MS) return `${Math.max(1, Math.ceil(ms / MINUTE_MS))} min`;
  return ms < DAY_MS ? `${Math.floor(ms / HOUR_MS)} h` : `${Math.floor(ms / DAY_MS)} days`;
}
