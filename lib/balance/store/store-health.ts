/** A store may answer questions and refuse to change anything: full, or a replica that cannot write. */
export type StoreCallKind = 'read' | 'write';

/** Whether the store answers, as far as its last answers tell. */
export interface StoreHealth {
  /** `undefined` before it was asked for the first time. */
  readonly isUp: boolean | undefined;
  /** What it has failed at, and has not done since. */
  readonly failing: readonly StoreCallKind[];
  readonly failedAt: number;
}

/** How a call to the store has ended. */
export interface StoreCallOutcome {
  readonly kind: StoreCallKind;
  readonly isDone: boolean;
  readonly at: number;
}

/** Of a store that was not asked yet. */
export const UNKNOWN_HEALTH: StoreHealth = Object.freeze({
  isUp: undefined,
  failing: [],
  failedAt: -Infinity,
});

/** A failure this old says nothing any more where nothing has failed since: the same call need not be made again. */
const FORGIVEN_AFTER_MS = 60_000;

/** The health of a store after a call. It is up again when it has done what it has failed at. */
export function nextHealth(health: StoreHealth, { kind, isDone, at }: StoreCallOutcome): StoreHealth {
  if (!isDone) {
    const failing = health.failing.includes(kind) ? health.failing : [...health.failing, kind];
    return { isUp: false, failing, failedAt: at };
  }
  const isForgiven = at - health.failedAt >= FORGIVEN_AFTER_MS;
  const failing = isForgiven ? [] : health.failing.filter((failed) => failed !== kind);
  return { ...health, isUp: failing.length === 0, failing };
}
