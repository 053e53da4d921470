/** Time and chance, so that policies can be tried without waiting. */
export interface BalanceEnvironment {
  /** A monotonic clock, in milliseconds: a jump of the wall clock changes no age. */
  readonly now: () => number;
  /** The wall clock, in milliseconds since 1970; for display alone. */
  readonly wallNow: () => number;
  /** From 0 to 1. */
  readonly random: () => number;
}

/** What there is in a process. */
export const SYSTEM_ENVIRONMENT: BalanceEnvironment = Object.freeze({
  now: () => performance.now(),
  wallNow: () => Date.now(),
  random: () => Math.random(),
});
