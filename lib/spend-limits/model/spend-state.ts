import { COUNTER_OF, HOLD_TABLE, type HoldStateName, type SpendCounter } from './hold-table.js';

/** What is known of one hold. */
export interface HoldState {
  readonly name: HoldStateName;
  /** What is, or was, held. */
  readonly nanoUsd: number;
  readonly generationId: string | undefined;
  /** When its lease ends or ended. */
  readonly expiresAt: number;
}

/** The amounts that are counted in one window, in nano-dollars. */
export interface WindowState extends Readonly<Record<SpendCounter, number>> {
  /** What counts against the limit besides: the other slots of a rolling window. */
  readonly elsewhere: number;
}

/** One hold, and every window in which it counts: those of one subject, or of all its subjects in their order. */
export interface SpendState {
  readonly hold: HoldState;
  readonly windows: readonly WindowState[];
}

/** A command; `nanoUsd` is what is to be held, or else the bill. */
export type SpendCommand =
  | {
      readonly type: 'reserve';
      readonly nanoUsd: number;
      readonly leaseMs: number;
      /** The limit of each window; `null` for none. */
      readonly limits: readonly (number | null)[];
    }
  | {
      readonly type: 'attach';
      readonly nanoUsd: number;
      readonly leaseMs: number;
      readonly generationId: string;
    }
  | {
      readonly type: 'extend';
      readonly nanoUsd: number;
      readonly leaseMs: number;
      readonly generationId?: string | undefined;
    }
  | { readonly type: 'commit' | 'adjust'; readonly nanoUsd: number }
  | { readonly type: 'release' | 'expire' | 'giveUp' };

/**
 * - `done`: the command is in the table for this state.
 * - `ignored`: it is not, or its condition does not hold. The state is as before.
 * - `refused`: the reservation does not fit into the window with the number `window`.
 */
export type SpendOutcome =
  { readonly type: 'done' | 'ignored' } | { readonly type: 'refused'; readonly window: number };

export interface SpendStep {
  readonly state: SpendState;
  readonly outcome: SpendOutcome;
}

/** By how much a command changes the counters of each place of a hold. */
export type SpendChange = Readonly<Record<SpendCounter, number>>;

/** A hold of which nothing is known. */
export const UNKNOWN_HOLD: HoldState = Object.freeze({
  name: 'unknown',
  nanoUsd: 0,
  generationId: undefined,
  expiresAt: 0,
});

/**
 * The state after a command: the model that every store is tested against. `HOLD_TABLE` is its table of states.
 *
 * For each window, with C settled, H held, U unsettled and L its limit: a reservation of `a` is admitted if
 * C + H + U + a ≤ L. Nothing else raises the sum, except a bill that is greater than what was held, what has no hold
 * (`adjust`, the bill of a hold that was lost), and a hold that is restored. While the sum is above L nothing is
 * admitted, so it is at most L plus what the holds that were open when it reached L were under-estimated by: it does not
 * compound. An amount is in one counter at a time. C falls only by `adjust`, and by the bill or the release of a hold
 * that was given up.
 */
export function next(state: SpendState, command: SpendCommand, now: number): SpendStep {
  const { hold } = state;
  const name = HOLD_TABLE[hold.name][command.type];
  if (name === undefined || !isAllowed(hold, command, now)) {
    return { state, outcome: { type: 'ignored' } };
  }
  if (command.type === 'reserve' && hold.name === 'unknown') {
    const window = firstWithoutRoom(state.windows, command.limits, command.nanoUsd);
    if (window !== -1) {
      return { state, outcome: { type: 'refused', window } };
    }
  }
  const nextHold = holdAfter(hold, name, command, now);
  return {
    state: {
      hold: nextHold,
      windows: moved(state.windows, changeOf(hold, nextHold, command)),
    },
    outcome: { type: 'done' },
  };
}

function isAllowed(hold: HoldState, command: SpendCommand, now: number): boolean {
  switch (command.type) {
    case 'release':
      return hold.generationId === undefined;
    case 'expire':
      return hold.expiresAt <= now;
    default:
      return true;
  }
}

/** Number of the first window that is too full; −1 if there is none. */
function firstWithoutRoom(
  windows: readonly WindowState[],
  limits: readonly (number | null)[],
  nanoUsd: number,
): number {
  return windows.findIndex((window, index) => {
    const limit = limits[index] ?? null;
    const sum = window.settled + window.held + window.unsettled + window.elsewhere;
    return limit !== null && sum + nanoUsd > limit;
  });
}

function holdAfter(hold: HoldState, name: HoldStateName, command: SpendCommand, now: number): HoldState {
  const nanoUsd =
    hold.name === 'unknown' && 'nanoUsd' in command && COUNTER_OF[name] === 'held'
      ? command.nanoUsd
      : hold.nanoUsd;
  // A repeated reservation is the first one, with its lease.
  const isLeased = 'leaseMs' in command && !(command.type === 'reserve' && hold.name === 'held');
  return {
    name,
    nanoUsd,
    generationId: ('generationId' in command ? command.generationId : undefined) ?? hold.generationId,
    expiresAt: isLeased ? now + command.leaseMs : hold.expiresAt,
  };
}

function billOf(command: SpendCommand): number | undefined {
  return command.type === 'commit' || command.type === 'adjust' ? command.nanoUsd : undefined;
}

/** The change that a command makes which takes a hold from one state to another; `undefined` for none. */
export function changeOf(
  before: HoldState,
  after: HoldState,
  command: SpendCommand,
): SpendChange | undefined {
  if (before.name === after.name) {
    return undefined;
  }
  const from = COUNTER_OF[before.name];
  const to = COUNTER_OF[after.name];
  const change = { settled: 0, held: 0, unsettled: 0 };
  if (from !== undefined) {
    change[from] -= before.nanoUsd;
  }
  if (to !== undefined) {
    change[to] += billOf(command) ?? after.nanoUsd;
  }
  return change;
}

function moved(windows: readonly WindowState[], change: SpendChange | undefined): readonly WindowState[] {
  return change === undefined
    ? windows
    : windows.map(({ settled, held, unsettled, elsewhere }) => ({
        settled: settled + change.settled,
        held: held + change.held,
        unsettled: unsettled + change.unsettled,
        elsewhere,
      }));
}
