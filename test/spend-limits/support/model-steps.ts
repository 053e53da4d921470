import * as fc from 'fast-check';
import type { SpendRequest, SpendSubject } from '../../../lib/contracts/spend-store.js';
import {
  type HoldState,
  next,
  type SpendCommand,
  type SpendOutcome,
  UNKNOWN_HOLD,
  type WindowState,
} from '../../../lib/spend-limits/model/spend-state.js';

const HOUR = 3_600_000;

/** Its hold has expired before the figures are read next. */
export const SHORT_LEASE_MS = 1;

const IDS = ['a', 'b', 'c', 'd', 'e', 'f'];

/** The first subject has two windows; the second one is in another root. */
const WINDOWS = [
  { root: 'c0ffee', spanId: 'total', limit: 100 },
  { root: 'c0ffee', spanId: 'month', limit: 250 },
  { root: 'e0', spanId: 'total', limit: 150 },
] as const;
export const LIMITS: readonly number[] = WINDOWS.map(({ limit }) => limit);
export const SUBJECTS: readonly SpendSubject[] = ['c0ffee', 'e0'].map((root, index) => ({
  root,
  key: `a${index}`,
  windows: WINDOWS.filter((window) => window.root === root).map(({ spanId, limit }) => ({
    spans: [{ id: spanId, from: 0, to: null, keepUntil: null }],
    slots: 1,
    limitNanoUsd: limit,
  })),
}));
export const PLACES = SUBJECTS.flatMap(({ root, key, windows }) =>
  windows.map(({ spans }) => ({ root, key, spanId: spans[0]!.id, slot: 0, keepUntil: null })),
);

const amount = fc.integer({ min: 0, max: 60 });
const leaseMs = fc.constantFrom(HOUR, SHORT_LEASE_MS);
const sums = fc.tuple(...WINDOWS.map(() => fc.integer({ min: 0, max: 120 })));

const does = fc.oneof(
  { weight: 20, arbitrary: fc.record({ type: fc.constant('reserve' as const), nanoUsd: amount, leaseMs }) },
  { weight: 6, arbitrary: fc.record({ type: fc.constant('attach' as const), leaseMs }) },
  { weight: 6, arbitrary: fc.record({ type: fc.constant('extend' as const), leaseMs }) },
  { weight: 15, arbitrary: fc.record({ type: fc.constant('commit' as const), nanoUsd: amount }) },
  { weight: 10, arbitrary: fc.record({ type: fc.constantFrom('release' as const, 'cancel' as const) }) },
  { weight: 5, arbitrary: fc.record({ type: fc.constant('giveUp' as const) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      type: fc.constant('adjust' as const),
      nanoUsd: fc.integer({ min: -30, max: 30 }),
    }),
  },
  { weight: 10, arbitrary: fc.record({ type: fc.constant('tick' as const) }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('claim' as const) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('restore' as const), sums }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('crash' as const) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('loseData' as const) }) },
);

/**
 * A command to a store; `id` is that of the hold or adjustment.
 *
 * `tick` lets short leases end and compares the figures; `crash` ends the client, and `loseData` the store's memory.
 */
export const step = fc.record({
  id: fc.constantFrom(...IDS),
  isReplyLost: fc.integer({ min: 0, max: 9 }).map((number) => number === 0),
  does,
});

export type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

export function requestOf(id: string, nanoUsd: number, lease = HOUR): SpendRequest {
  return { id, nanoUsd, leaseMs: lease, subjects: SUBJECTS, note: `note of ${id}` };
}

/** The state that a store must have. */
export class Model {
  holds = new Map<string, HoldState>();
  windows: readonly WindowState[] = PLACES.map(() => ({ settled: 0, held: 0, unsettled: 0, elsewhere: 0 }));
  /** Ids of holds that were claimed: another claim of them may fail. */
  readonly claimed = new Set<string>();
  private now = 0;

  apply(name: string, command: SpendCommand): SpendOutcome {
    const hold = this.holds.get(name) ?? UNKNOWN_HOLD;
    const { state, outcome } = next({ hold, windows: this.windows }, command, this.now);
    if (outcome.type === 'done') {
      this.holds.set(name, state.hold);
      this.windows = state.windows;
    }
    return outcome;
  }

  /** Lets short leases end. */
  expire(): void {
    this.now += 2 * SHORT_LEASE_MS;
    for (const name of this.holds.keys()) this.apply(name, { type: 'expire' });
  }

  restore(settled: readonly number[]): void {
    this.windows = this.windows.map((window, index) => ({
      ...window,
      settled: Math.max(window.settled, settled[index] ?? 0),
    }));
  }

  lose(): void {
    this.holds.clear();
    this.claimed.clear();
    this.windows = new Model().windows;
  }
}
