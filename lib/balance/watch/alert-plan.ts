import {
  alertStateText,
  type AlertNews,
  type AlertState,
  FIRST_ALERT_STATE,
  isFirst,
  isWorse,
  parseAlertState,
} from './alert-state.js';

/** An alert state that this process emitted on its own, because the store did not answer. */
export interface ToldAlone {
  /** The state after that alert. */
  readonly state: AlertState;
  /** The serialised state that the store had before. */
  readonly base: string | undefined;
}

/** What a process remembers about the alerts of an account. */
export interface AlertMemory {
  /** The last state that the process knows. */
  readonly known: AlertState;
  /** Kept until the store has this state as well. */
  readonly alone: ToldAlone | undefined;
}

/** The memory for an account without any alert so far. */
export const FIRST_ALERT_MEMORY: AlertMemory = Object.freeze({ known: FIRST_ALERT_STATE, alone: undefined });

/** Decides what follows from a state and the present balance. `isOwn`: this process itself emitted the state. */
export type AlertJudge = (
  before: AlertState,
  isOwn: boolean,
) => { readonly state: AlertState; readonly news: AlertNews | undefined };

/** What to do with the alert state. */
export interface AlertPlan {
  readonly state: AlertState;
  /** The alert to emit once the store has the state. */
  readonly news: AlertNews | undefined;
  /** Whether the state must be written to the store even if there is no alert to emit. */
  readonly isOverdue: boolean;
  /** Whether the plan continues from the state in the store, so that nothing else needs to be remembered. */
  readonly isOfStore: boolean;
}

/**
 * Chooses the state to continue from: the store's, unless this process has emitted more since.
 *
 * "Own state" is the state that this process emitted while the store did not answer.
 *
 * | in the store                         | continues from                                                           |
 * | ------------------------------------ | ------------------------------------------------------------------------ |
 * | nothing                              | the last state that this process knows, which it writes to the store     |
 * | the own state                        | the store                                                                |
 * | the state from before the own alert  | the own state, which it writes to the store                              |
 * | anything else                        | the store, or the own state if that is worse and avoids another alert    |
 *
 * @param stored - The serialised state in the store.
 */
export function planAlert(
  stored: string | undefined,
  { known, alone }: AlertMemory,
  judge: AlertJudge,
): AlertPlan {
  const told = parseAlertState(stored);
  if (told === undefined) {
    const plan = judge(known, true);
    return { ...plan, isOverdue: !isFirst(plan.state), isOfStore: false };
  }
  const ofStore = { ...judge(told, false), isOverdue: false, isOfStore: true };
  if (alone === undefined || stored === alertStateText(alone.state)) {
    return ofStore;
  }
  const ofOwn = judge(alone.state, true);
  const isSpared =
    ofStore.news !== undefined && ofOwn.news === undefined && isWorse(alone.state.level, told.level);
  return stored === alone.base || isSpared
    ? { ...ofOwn, isOverdue: stored !== alertStateText(ofOwn.state), isOfStore: false }
    : ofStore;
}

/** What a process remembers after it has looked. `isStored`: the store has the state now, or already had it. */
export function rememberAlert(
  { alone }: AlertMemory,
  { state, news }: Pick<AlertPlan, 'state' | 'news'>,
  { isStored, base }: { readonly isStored: boolean; readonly base: string | undefined },
): AlertMemory {
  if (isStored) {
    return { known: state, alone: undefined };
  }
  return { known: state, alone: news === undefined ? alone : { state, base } };
}
