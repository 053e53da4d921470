import type { HeldReading } from '../reading/held-reading.js';
import type { BalanceCache } from './balance-cache.js';

/** A flight of this process: one attempt to get a new reading, for any number of callers. */
export interface Flight {
  /** Number of the flight in this process. */
  readonly serial: number;
  /** Number of invalidations before it. */
  readonly generation: number;
  readonly startedAt: number;
  /** Whether only a reading that begins after the flight will do. */
  readonly isRefresh: boolean;
  /** Whether one of the callers wants what counts as fresh. */
  wantsFresh: boolean;
  /** The least age that one of the callers has asked for. */
  maxAgeMs: number;
  /** Its number in the store, if it has one. */
  sequence: number | undefined;
}

/** The cached reading, if it is what every caller of a flight wants. */
export function acceptableTo(
  { generation, isRefresh, startedAt, wantsFresh, maxAgeMs }: Flight,
  cache: BalanceCache,
): HeldReading | undefined {
  const { held, generation: current } = cache.state;
  if (held === undefined || generation !== current || cache.isOutdated(held)) {
    return undefined;
  }
  // The flight was started since the readings of this process do not do.
  const isOthers = held.serial === undefined;
  if (isRefresh) {
    return isOthers && held.began >= startedAt ? held : undefined;
  }
  const { ageMs, freshMs } = cache.ageOf(held);
  const isSince = isOthers && held.receivedAt >= startedAt;
  return isSince || ageMs < Math.min(maxAgeMs, wantsFresh ? freshMs : Infinity) ? held : undefined;
}
