import {
  alertStateText,
  type AlertNews,
  type AlertState,
  FIRST_ALERT_STATE,
  isFirst,
  isWorse,
  parseAlertState,
} from './alert-state.js';

/** What this process has told by itself, since the store did not answer. */
export interface ToldAlone {
  /** The state from then on. */
  readonly state: AlertState;
  /** The state in the store before, as its text. */
  readonly base: string | undefined;
}

/** What a process remembers of the alerts. */
export interface AlertMemory {
  /** The state that it knows of. */
  readonly known: AlertState;
  /** Until the store has it as well. */
  readonly alone: ToldAlone | undefined;
}

/** Of an account of which nothing was told so far. */
export const FIRST_ALERT_MEMORY: AlertMemory = Object.freeze({ known: FIRST_ALERT_STATE, alone: undefined });

/** What comes of a state by what can be spent now. `isOwn`: the state is what this process itself has told. */
export type AlertJudge = (
  before: AlertState,
  isOwn: boolean,
) => { readonly state: AlertState; readonly news: AlertNews | undefined };

/** What there is to do. */
export interface AlertPlan {
  readonly state: AlertState;
  /** What there is to tell, once the store has the state. */
  readonly news: AlertNews | undefined;
  /** Whether the store is to have the state even where there is nothing to tell. */
  readonly isOverdue: boolean;
  /** Whether the state in the store is the one to go on from, so that nothing else need be remembered. */
  readonly isOfStore: boolean;
}

/**
 * Which state to go on from: that of the store, unless this process has told more since.
 *
 * | in the store                        | goes on from                                                            |
 * | ----------------------------------- | ----------------------------------------------------------------------- |
 * | nothing                             | what this process knows, of which it reminds the store                  |
 * | what this process has told alone    | the store                                                               |
 * | what was there before it told alone | what it has told, which it writes to the store                          |
 * | something else                      | the store; what it has told, if that is worse and spares another alert  |
 *
 * @param stored - The text in the store.
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

/** What a process remembers after it has looked. `isStored`: the store has the state now, or had it already. */
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
