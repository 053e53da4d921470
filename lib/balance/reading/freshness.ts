/** The windows in which a reading may be served, in milliseconds. */
export interface FreshnessWindows {
  readonly staleWhileRevalidateMs: number;
  readonly staleIfErrorMs: number;
}

/** What is to be decided about a reading that is at hand. */
export interface FreshnessQuestion extends FreshnessWindows {
  readonly ageMs: number;
  /** How long it counts as fresh: `ttlMs` with its jitter. */
  readonly freshMs: number;
  /** What the caller asks for instead of the windows. */
  readonly maxAgeMs?: number | undefined;
  /** Whether a limit has started anew since. */
  readonly isOutdated?: boolean;
}

/**
 * - `fresh`: serve it.
 * - `revalidate`: serve it, and have a new one made.
 * - `wait`: have a new one made, and wait for it.
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

/** Whether a reading may be served although, or because, OpenRouter could not be asked for a newer one. */
export function isServableOnError(question: FreshnessQuestion): boolean {
  const { ageMs, freshMs, maxAgeMs, staleWhileRevalidateMs, staleIfErrorMs } = question;
  return maxAgeMs === undefined && ageMs < freshMs + Math.max(staleWhileRevalidateMs, staleIfErrorMs);
}

/** How long a reading counts as fresh: within a tenth of `ttlMs`, so that accounts and machines drift apart. */
export function jitterOf(random: number): number {
  return 0.9 + 0.2 * random;
}

const FIRST_PAUSE_MS = 500;
const MAX_PAUSE_MS = 60_000;
const MAX_ASKED_PAUSE_MS = 3_600_000;

/**
 * How long nobody asks OpenRouter after readings have failed: half a second, doubled from failure to failure up to a
 * minute, at random between half of that and all of it; never shorter than OpenRouter asks for, up to an hour.
 *
 * @param failures - How many readings have failed in a row.
 * @param askedMs - The wait that OpenRouter asks for.
 */
export function pauseAfterFailure(failures: number, random: number, askedMs = 0): number {
  const bound = Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - 1));
  return Math.max(bound * (0.5 + 0.5 * random), Math.min(askedMs, MAX_ASKED_PAUSE_MS));
}

/** OpenRouter's figures may be this old: spend is certain to be in a reading that began this much later. */
export const SETTLED_AFTER_MS = 60_000;

/** How long a reading may be served at most. */
export function servableForMs({
  ttlMs,
  staleWhileRevalidateMs,
  staleIfErrorMs,
}: FreshnessWindows & { readonly ttlMs: number }): number {
  return ttlMs * jitterOf(1) + Math.max(staleWhileRevalidateMs, staleIfErrorMs);
}

/** How long recorded spend is kept: a reading that is served may have begun as long ago. */
export function spendKeptMs(windows: FreshnessWindows & { readonly ttlMs: number }): number {
  return servableForMs(windows) + 2 * SETTLED_AFTER_MS;
}
