import { MAX_TIMER_MS } from '../../options/option-rules.js';

/** What the decision to look again is made of. */
export interface FoundQuestion {
  /** How long the call may wait for what it asks for, in milliseconds from its start. */
  readonly awaitMs: number;
  /** Milliseconds since the start of the call. */
  readonly elapsedMs: number;
  /** Milliseconds left until the call's deadline. */
  readonly remainingMs: number;
  /** How often it was not found so far, at least 1. */
  readonly misses: number;
  /** What the server asks to wait. */
  readonly retryAfterMs: number | undefined;
  /** A number from 0 to below 1. */
  readonly random: number;
}

const FIRST_BOUND_MS = 250;
const LAST_BOUND_MS = 4_000;

/**
 * Milliseconds to wait before looking again for what is not there yet, or `undefined` if there is no more time to.
 *
 * The upper half of a bound that doubles is drawn from: what takes a moment to appear is not there after no time. The
 * last look comes at the end of the wait, however near.
 */
export function foundDelay(question: FoundQuestion): number | undefined {
  const { awaitMs, elapsedMs, remainingMs, misses, retryAfterMs = 0, random } = question;
  const leftMs = awaitMs - elapsedMs;
  // A timer may be early by a fraction of a millisecond, after which there is nothing left to wait for.
  if (leftMs < 1 || retryAfterMs > leftMs) {
    return undefined;
  }
  const bound = Math.min(LAST_BOUND_MS, FIRST_BOUND_MS * 2 ** (misses - 1));
  const delayMs = Math.min(leftMs, Math.max(retryAfterMs, (bound * (1 + random)) / 2));
  return delayMs < remainingMs ? delayMs : undefined;
}

/** Milliseconds for a call that waits: the wait and the last attempt. */
export function awaitDeadline(awaitMs: number, timeoutMs: number): number {
  return Math.min(awaitMs + timeoutMs, MAX_TIMER_MS);
}
