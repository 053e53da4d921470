import type { CallFailure } from '../call-failure.js';
import type { Connection } from '../../transport/connection.js';

/** When to send the next attempt, and what to change. All members are set, so a polluted prototype adds none. */
export interface Retry {
  readonly delayMs: number;
  readonly key: string | undefined;
  readonly connection: Connection | undefined;
}

/** The time of a call, in milliseconds. */
export interface CallTime {
  /** Since the start of the call. */
  readonly elapsedMs: number;
  /** Until the deadline of the call. */
  readonly remainingMs: number;
}

/** One way to try again after a failed attempt. Each call has its own, and each counts its own retries. */
export interface Recovery {
  /** Decides on the next attempt after a failure; `undefined` if this way does not help, or no longer does. */
  after(failure: CallFailure, time: CallTime): Retry | undefined | Promise<Retry | undefined>;
}
