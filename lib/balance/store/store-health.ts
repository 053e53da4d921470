/** A store may answer reads but refuse writes: if it is full, or a read-only replica. */
export type StoreCallKind = 'read' | 'write';

/** Whether the store answers, judged by the last calls. */
export interface StoreHealth {
  /** `undefined` before the first call. */
  readonly isUp: boolean | undefined;
  /** The kinds of call that have failed and have not succeeded since. */
  readonly failing: readonly StoreCallKind[];
  readonly failedAt: number;
}

/** The outcome of a call to the store. */
export interface StoreCallOutcome {
  readonly kind: StoreCallKind;
  readonly isDone: boolean;
  readonly at: number;
}

/** The health of a store before the first call. */
export const UNKNOWN_HEALTH: StoreHealth = Object.freeze({
  isUp: undefined,
  failing: [],
  failedAt: -Infinity,
});

/**
 * A failure this old no longer counts if nothing has failed since, even if no call of the same kind has succeeded:
 * there may have been none.
 */
const FORGIVEN_AFTER_MS = 60_000;

/** The health of a store after a call. The store is up again once each kind of call that had failed succeeds. */
export function nextHealth(health: StoreHealth, { kind, isDone, at }: StoreCallOutcome): StoreHealth {
  if (!isDone) {
    const failing = health.failing.includes(kind) ? health.failing : [...health.failing, kind];
    return { isUp: false, failing, failedAt: at };
  }
  const isForgiven = at - health.failedAt >= FORGIVEN_AFTER_MS;
  const failing = isForgiven ? [] : health.failing.filter((failed) => failed !== kind);
  return { ...health, isUp: failing.length === 0, failing };
}
