import type { CallFailure } from '../call-failure.js';
import type { Connection } from '../../transport/connection.js';

/** The next attempt: when, and what differs from the last one. Every member is set, so that none is inherited. */
export interface Retry {
  readonly delayMs: number;
  readonly key: string | undefined;
  readonly connection: Connection | undefined;
}

/** How much of a call's time has passed, in milliseconds. */
export interface CallTime {
  readonly elapsedMs: number;
  /** Until the call's deadline. */
  readonly remainingMs: number;
}

/** One way to try again, for one call. It counts its own retries. */
export interface Recovery {
  /** The next attempt after a failure; `undefined` where this way does not help, or not any more. */
  after(failure: CallFailure, time: CallTime): Retry | undefined | Promise<Retry | undefined>;
}
