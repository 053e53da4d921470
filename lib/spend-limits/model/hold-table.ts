/**
 * What is known of a hold:
 * - `unknown`: nothing, or no longer anything.
 * - `held`: admitted; its completion is under way.
 * - `unsettled`: its lease has ended, so its process says nothing of it any more.
 * - `settled`: its bill is counted.
 * - `released`: nothing was billed.
 * - `provisional`: given up; what was held is counted as its bill until that comes.
 * - `tombstone`: released before it was known; a reservation that arrives late is refused.
 */
export type HoldStateName =
  'unknown' | 'held' | 'unsettled' | 'settled' | 'released' | 'provisional' | 'tombstone';

/** What can be asked of a hold. `adjust` books an amount without a hold, under an id of its own. */
export type HoldCommandName =
  'reserve' | 'attach' | 'extend' | 'commit' | 'release' | 'expire' | 'giveUp' | 'adjust';

/** What an amount is counted as. The sum of the three counts against a limit. */
export type SpendCounter = 'settled' | 'held' | 'unsettled';

/**
 * The state after each command. A command that is not listed has no effect.
 *
 * Conditions: `reserve` of an unknown hold must fit into every window; `release` has no effect once a generation is
 * attached; `expire` has none before the lease has ended.
 */
export const HOLD_TABLE: Readonly<
  Record<HoldStateName, Readonly<Partial<Record<HoldCommandName, HoldStateName>>>>
> = {
  // The store may have lost the hold: a bill is counted, and a completion under way is held again.
  unknown: {
    reserve: 'held',
    attach: 'held',
    extend: 'held',
    commit: 'settled',
    release: 'tombstone',
    adjust: 'settled',
  },
  held: {
    reserve: 'held',
    attach: 'held',
    extend: 'held',
    commit: 'settled',
    release: 'released',
    expire: 'unsettled',
    giveUp: 'provisional',
  },
  unsettled: {
    attach: 'held',
    extend: 'held',
    commit: 'settled',
    release: 'released',
    giveUp: 'provisional',
  },
  provisional: { commit: 'settled', release: 'released' },
  // Nothing is held, but whoever did not learn of its reservation may have gone on without it.
  tombstone: { commit: 'settled' },
  settled: {},
  released: {},
};

/**
 * As what an amount is counted in each state. A change of state takes what was counted out of the old counter, and adds
 * to the new one the bill, in `settled`, or else what was held.
 */
export const COUNTER_OF: Readonly<Record<HoldStateName, SpendCounter | undefined>> = {
  unknown: undefined,
  held: 'held',
  unsettled: 'unsettled',
  settled: 'settled',
  provisional: 'settled',
  released: undefined,
  tombstone: undefined,
};

/** How long a store remembers a hold that is given up, and one that is settled or released. */
export const GIVEN_UP_KEPT_MS = 7 * 86_400_000;
export const ENDED_KEPT_MS = 86_400_000;

/** How long a store remembers a hold in this state. One that is open is never forgotten, since its amount still counts. */
export function keptMs(state: HoldStateName): number {
  switch (state) {
    case 'held':
    case 'unsettled':
      return Infinity;
    case 'provisional':
      return GIVEN_UP_KEPT_MS;
    default:
      return ENDED_KEPT_MS;
  }
}
