import { OpenRouterApiException } from '../../errors/api.exception.js';
import type { StoredAlert } from '../reading/balance-view.js';
import { pauseAfterFailure } from '../reading/freshness.js';
import { type HeldReading, isNewer } from '../reading/held-reading.js';
import { isDenied } from '../reading/refusable-route.js';

/** Why there is no newer reading. */
export interface ReadingFailure {
  readonly error: unknown;
  /** The flight's number in the store, or else the last number that was seen there. */
  readonly sequence: number;
  /** How many flights in a row have failed. */
  readonly count: number;
  /** No flight begins before this time. */
  readonly until: number;
}

/** What a process knows of an account, apart from recorded spend. All times are those of its monotonic clock. */
export interface BalanceState {
  /** The last reading. */
  readonly held: HeldReading | undefined;
  /** Why there is no newer one. */
  readonly failure: ReadingFailure | undefined;
  /** What the store said of alerts last; `undefined` if it did not answer then, or was never asked. */
  readonly stored: StoredAlert | undefined;
  /** Number of the last write or invalidation that was seen in the store. */
  readonly sequenceSeen: number;
  /** Readings of other processes that began before this time are not adopted. */
  readonly voidUntil: number;
  /** Counts invalidations. Flights of an earlier generation change nothing. */
  readonly generation: number;
  readonly isClosed: boolean;
}

/** Something that changes what a process knows. */
export type BalanceEvent =
  | { readonly type: 'read'; readonly held: HeldReading; readonly generation: number }
  | {
      readonly type: 'failed';
      readonly error: unknown;
      readonly generation: number;
      /** The flight's number in the store, if it has one. */
      readonly sequence: number | undefined;
      readonly at: number;
      /** From 0 to 1: spreads the pause of several processes. */
      readonly random: number;
    }
  | {
      readonly type: 'shared';
      readonly sequence: number;
      readonly alertState: string | undefined;
      /** Whether the store has a reading at all. */
      readonly hasReading: boolean;
      /** That reading, if it can be understood. */
      readonly reading: (HeldReading & { readonly sequence: number }) | undefined;
    }
  | { readonly type: 'unanswered' }
  | { readonly type: 'claimed'; readonly alertState: string }
  | { readonly type: 'invalidated'; readonly at: number }
  | { readonly type: 'closed'; readonly at: number };

/** The state before the first reading. */
export const FIRST_BALANCE_STATE: BalanceState = Object.freeze({
  held: undefined,
  failure: undefined,
  stored: undefined,
  sequenceSeen: 0,
  voidUntil: -Infinity,
  generation: 0,
  isClosed: false,
});

/**
 * The state after an event. A dash: stays as it is.
 *
 * | event                                      | `held`   | `failure` | also changes                             |
 * | ------------------------------------------ | -------- | --------- | ---------------------------------------- |
 * | `read`, not older than `held`              | this one | none      | –                                        |
 * | `read`, older, or of an earlier generation | –        | –         | –                                        |
 * | `failed`                                   | –        | this one  | –                                        |
 * | `failed`, by a denial (401, 403)           | none     | this one  | `voidUntil`                              |
 * | `failed`, of an earlier generation         | –        | –         | –                                        |
 * | `shared`, with a newer reading             | that one | none      | `stored`, `sequenceSeen`                 |
 * | `shared`, no reading, numbered past `held` | none     | –         | `stored`, `sequenceSeen`                 |
 * | `shared`, otherwise                        | –        | –         | `stored`, `sequenceSeen`                 |
 * | `unanswered`                               | –        | –         | `stored`: not known                      |
 * | `claimed`                                  | –        | –         | `stored`                                 |
 * | `invalidated`                              | none     | none      | `voidUntil`, `generation`                |
 * | `closed`                                   | none     | –         | `voidUntil`; nothing changes it any more |
 */
export function next(state: BalanceState, event: BalanceEvent): BalanceState {
  if (state.isClosed) {
    return state;
  }
  switch (event.type) {
    case 'read':
      return event.generation === state.generation && isLater(event.held, state.held)
        ? { ...state, held: event.held, failure: undefined }
        : state;
    case 'failed':
      return event.generation === state.generation ? afterFailure(state, event) : state;
    case 'shared':
      return afterShared(state, event);
    case 'unanswered':
      return { ...state, stored: undefined };
    case 'claimed':
      return { ...state, stored: { alertState: event.alertState } };
    case 'invalidated':
      return { ...dropped(state, event.at), failure: undefined, generation: state.generation + 1 };
    case 'closed':
      return { ...dropped(state, event.at), isClosed: true };
  }
}

/** Flights of one process are ordered by their start; those of several, by when OpenRouter was asked. */
function isLater(read: HeldReading, held: HeldReading | undefined): boolean {
  if (held === undefined) {
    return true;
  }
  return held.serial === undefined || read.serial === undefined
    ? read.began >= held.began
    : read.serial > held.serial;
}

function afterFailure(
  state: BalanceState,
  { error, sequence = state.sequenceSeen, at, random }: Extract<BalanceEvent, { type: 'failed' }>,
): BalanceState {
  const count = (state.failure?.count ?? 0) + 1;
  const asked = error instanceof OpenRouterApiException ? error.retryAfterMs : undefined;
  const failure = { error, sequence, count, until: at + pauseAfterFailure(count, random, asked) };
  // The key may no longer be allowed to see what was read before.
  return { ...(isDenied(error) ? dropped(state, at) : state), failure };
}

function afterShared(
  state: BalanceState,
  { sequence, alertState, hasReading, reading }: Extract<BalanceEvent, { type: 'shared' }>,
): BalanceState {
  const { held } = state;
  const seen = { ...state, stored: { alertState }, sequenceSeen: sequence };
  if (!hasReading) {
    // Another process has invalidated it.
    const isGone = held !== undefined && sequence > (held.sequence ?? state.sequenceSeen);
    return isGone ? { ...seen, held: undefined } : seen;
  }
  return reading !== undefined && reading.began > state.voidUntil && isNewer(reading, held)
    ? { ...seen, held: reading, failure: undefined }
    : seen;
}

/** Without the reading, and deaf to readings of the same time that are still to come. */
function dropped(state: BalanceState, at: number): BalanceState {
  return { ...state, held: undefined, voidUntil: at };
}
