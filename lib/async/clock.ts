/** Time and chance, passed in so that tests need not wait. */
export interface Clock {
  /** Monotonic time, in milliseconds, which a change of the wall clock does not affect. */
  readonly now: () => number;
  /** The wall clock, in milliseconds since 1970. For dates that are shown, never for ages. */
  readonly wallNow: () => number;
  /** A random number from 0 to 1. */
  readonly random: () => number;
}

/** The clock of the process. */
export const SYSTEM_CLOCK: Clock = Object.freeze({
  now: () => performance.now(),
  wallNow: () => Date.now(),
  random: () => Math.random(),
});
