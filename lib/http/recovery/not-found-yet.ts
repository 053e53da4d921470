import { OpenRouterNotFoundException } from '../../errors/status.exceptions.js';
import { MAX_TIMER_MS } from '../../options/option-rules.js';
import type { CallFailure } from '../call-failure.js';
import type { CallTime, Recovery, Retry } from './recovery.js';

/** What the decision to look again depends on. */
export interface LookQuestion extends CallTime {
  /** How long the call may wait for the resource, in milliseconds from its start. */
  readonly awaitMs: number;
  /** The number of looks so far, none of which has found it; at least 1. */
  readonly misses: number;
  /** The wait that the server asks for, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** A number from 0 to below 1. */
  readonly random: number;
}

const FIRST_BOUND_MS = 250;
const MAX_BOUND_MS = 4_000;

/** Recovers from a 404 for a resource so new that OpenRouter cannot return it yet. */
export class NotFoundYet implements Recovery {
  #misses = 0;

  /** @param awaitMs - How long a 404 means "not there yet", in milliseconds from the start of the call. */
  constructor(
    private readonly awaitMs: number,
    private readonly random: () => number = Math.random,
  ) {}

  after({ exception }: CallFailure, time: CallTime): Retry | undefined {
    if (!(exception instanceof OpenRouterNotFoundException)) {
      return undefined;
    }
    this.#misses += 1;
    const delayMs = nextLookDelay({
      ...time,
      awaitMs: this.awaitMs,
      misses: this.#misses,
      retryAfterMs: exception.retryAfterMs,
      random: this.random(),
    });
    return delayMs === undefined ? undefined : { delayMs, key: undefined, connection: undefined };
  }
}

/**
 * Milliseconds to wait before the next look, or `undefined` if there is no time left for one.
 *
 * The delay is random, in the upper half of a bound that doubles: a very short delay would be wasted. The last look is
 * at the end of the wait, however near that is.
 */
export function nextLookDelay(question: LookQuestion): number | undefined {
  const { awaitMs, elapsedMs, remainingMs, misses, retryAfterMs = 0, random } = question;
  const leftMs = awaitMs - elapsedMs;
  // A timer may fire a fraction of a millisecond early; the time left then is not worth a look.
  if (leftMs < 1 || retryAfterMs > leftMs) {
    return undefined;
  }
  const bound = Math.min(MAX_BOUND_MS, FIRST_BOUND_MS * 2 ** (misses - 1));
  const delayMs = Math.min(leftMs, Math.max(retryAfterMs, (bound * (1 + random)) / 2));
  return delayMs < remainingMs ? delayMs : undefined;
}

/** The deadline of a call that waits, in milliseconds: the wait plus one attempt. */
export function awaitDeadline(awaitMs: number, timeoutMs: number): number {
  return Math.min(awaitMs + timeoutMs, MAX_TIMER_MS);
}
