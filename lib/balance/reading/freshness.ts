/** The windows in which an old reading may be served, in milliseconds. */
export interface FreshnessWindows {
  readonly staleWhileRevalidateMs: number;
  readonly staleIfErrorMs: number;
}

/** The state of a reading in memory, to decide whether it may be served. */
export interface FreshnessQuestion extends FreshnessWindows {
  readonly ageMs: number;
  /** How long the reading is fresh: `ttlMs` with its jitter. */
  readonly freshMs: number;
  /** The caller's maximum age, which replaces the windows. */
  readonly maxAgeMs?: number | undefined;
  /** Whether a limit has reset since. */
  readonly isOutdated?: boolean;
}

/**
 * - `fresh`: serve it.
 * - `revalidate`: serve it, and start a new reading.
 * - `wait`: start a new reading, and wait for it.
 */
export type Freshness = 'fresh' | 'revalidate' | 'wait';

/** Whether a reading may be served as it is. */
export function freshnessOf(question: FreshnessQuestion): Freshness {
  const { ageMs, freshMs, maxAgeMs, staleWhileRevalidateMs, isOutdated } = question;
  if (isOutdated === true) {
    return 'wait';
  }
  if (maxAgeMs !== undefined) {
    return ageMs < maxAgeMs ? 'fresh' : 'wait';
  }
  if (ageMs < freshMs) {
    return 'fresh';
  }
  return ageMs < freshMs + staleWhileRevalidateMs ? 'revalidate' : 'wait';
}

/** Whether a reading may be served because OpenRouter could not be asked for a newer one. */
export function isServableOnError(question: FreshnessQuestion): boolean {
  const { ageMs, freshMs, maxAgeMs, staleWhileRevalidateMs, staleIfErrorMs } = question;
  return maxAgeMs === undefined && ageMs < freshMs + Math.max(staleWhileRevalidateMs, staleIfErrorMs);
}

/** The factor for `ttlMs`: 0.9 to 1.1, so that the readings of accounts and machines drift apart. */
export function jitterOf(random: number): number {
  return 0.9 + 0.2 * random;
}

const FIRST_PAUSE_MS = 500;
const MAX_PAUSE_MS = 60_000;
const MAX_ASKED_PAUSE_MS = 3_600_000;

/**
 * How long OpenRouter is left alone after failed readings. The bound is half a second, doubled with each failure up to
 * a minute; the pause is random between half the bound and the bound. It is never shorter than the wait that OpenRouter
 * requests, up to an hour.
 *
 * @param failures - How many readings have failed in a row.
 * @param askedMs - The wait that OpenRouter requests.
 */
export function pauseAfterFailure(failures: number, random: number, askedMs = 0): number {
  const bound = Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - 1));
  return Math.max(bound * (0.5 + 0.5 * random), Math.min(askedMs, MAX_ASKED_PAUSE_MS));
}

/** OpenRouter's figures may be this old, so a reading that began this long after a spend certainly includes it. */
export const SETTLED_AFTER_MS = 60_000;

/** The longest time for which a reading may be served. */
export function servableForMs({
  ttlMs,
  staleWhileRevalidateMs,
  staleIfErrorMs,
}: FreshnessWindows & { readonly ttlMs: number }): number {
  return ttlMs * jitterOf(1) + Math.max(staleWhileRevalidateMs, staleIfErrorMs);
}

/** How long recorded spend is kept: a reading that is still served may have begun that long ago. */
export function spendKeptMs(windows: FreshnessWindows & { readonly ttlMs: number }): number {
  return servableForMs(windows) + 2 * SETTLED_AFTER_MS;
}
