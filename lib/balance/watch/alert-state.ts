import type { BalanceAlertType } from '../../contracts/balance-snapshot.models.js';
import { sumUsd } from '../../money/usd.js';
import { multiplyUsd } from '../../money/usd-math.js';
import type { BalanceView } from '../reading/balance-view.js';

/** What is spendable, in words. */
export type AlertLevel = 'ok' | 'low' | 'critical';

/** What was told of an account so far. */
export interface AlertState {
  readonly level: AlertLevel;
  /**
   * Whether the balance could be read; if not, the number in the store of the attempt that has failed: what was read
   * before does not make it available again.
   */
  readonly failedAt: number | undefined;
}

/**
 * What an alert is decided by. Recorded spend may be in the reading already, and nobody can know: what can be spent is
 * between `leastSpendable` and `spendable`.
 */
export interface AlertEvidence {
  /** In US dollars, by the reading alone; `null` if it does not say, `undefined` if the balance could not be read. */
  readonly spendable: number | null | undefined;
  /** The same less recorded spend that may not be in it; without it, nothing was recorded. */
  readonly leastSpendable?: number | null | undefined;
  /** Number of the attempt in the store. */
  readonly sequence: number;
}

/** The thresholds in US dollars. */
export interface AlertThresholds {
  readonly low?: number;
  readonly critical?: number;
  /** The part of a threshold that has to be exceeded before it is armed again. */
  readonly hysteresis: number;
}

/** Something to tell. */
export interface AlertNews {
  readonly type: BalanceAlertType;
  readonly threshold?: number;
}

/** Of an account of which nothing was told so far. */
export const FIRST_ALERT_STATE: AlertState = Object.freeze({ level: 'ok', failedAt: undefined });

/** Below this much, rising above a threshold is noise. */
const MIN_MARGIN_USD = 0.01;

const SEVERITY: Readonly<Record<AlertLevel, number>> = { ok: 0, low: 1, critical: 2 };

/** The evidence in a view; `undefined` if there is none. */
export function evidenceOf(
  { outcome, snapshot, spendableAsRead }: BalanceView,
  isOwn: boolean,
): AlertEvidence | undefined {
  if (outcome === undefined) {
    return undefined;
  }
  const { failed, sequence = 0 } = outcome;
  if (failed) {
    return { spendable: undefined, sequence };
  }
  return (
    snapshot && {
      spendable: spendableAsRead,
      leastSpendable: snapshot.spendable,
      // A reading is always newer than what this process itself has told.
      sequence: isOwn ? Infinity : sequence,
    }
  );
}

/**
 * What there is to tell after a reading, and the state from then on. Each change of the state is told once, by one
 * alert; where what is spendable falls below both thresholds at once, by that of the more severe one.
 *
 * A change is told once it is certain: a fall when the reading itself is below the threshold, whatever was recorded; a
 * rise when the reading is above it by the margin even without all that was recorded.
 *
 * @param evidence - Of the last attempt to read the balance; `spendable` is `undefined` if it has failed.
 */
export function nextAlert(
  state: AlertState,
  { spendable, leastSpendable, sequence }: AlertEvidence,
  thresholds: AlertThresholds,
): { state: AlertState; news: AlertNews | undefined } {
  const { failedAt } = state;
  if (spendable === undefined) {
    return failedAt === undefined
      ? { state: { ...state, failedAt: sequence }, news: { type: 'unavailable' } }
      : // A store that has lost its data may number anew.
        { state: { ...state, failedAt: Math.min(failedAt, sequence) }, news: undefined };
  }
  if (failedAt !== undefined && sequence <= failedAt) {
    return { state, news: undefined };
  }
  const level =
    spendable === null
      ? state.level
      : levelOf(state.level, spendable, leastSpendable ?? spendable, thresholds);
  return { state: { level, failedAt: undefined }, news: newsOf(state, level, thresholds) };
}

/**
 * Whether recorded spend says that a threshold was crossed, while the reading does not: only a later reading can tell.
 *
 * @param state - After that evidence.
 */
export function isInDoubt(
  { level }: AlertState,
  { spendable, leastSpendable }: AlertEvidence,
  thresholds: AlertThresholds,
): boolean {
  if (typeof spendable !== 'number') {
    return false;
  }
  const least = leastSpendable ?? spendable;
  return isWorse(levelOf(level, least, least, thresholds), level);
}

function levelOf(
  from: AlertLevel,
  most: number,
  least: number,
  { low, critical, hysteresis }: AlertThresholds,
): AlertLevel {
  const isBelow = (threshold: number | undefined, wasBelow: boolean): boolean =>
    threshold !== undefined &&
    (wasBelow ? least < sumUsd([threshold, marginOf(threshold, hysteresis)]) : most < threshold);
  if (isBelow(critical, from === 'critical')) {
    return 'critical';
  }
  return isBelow(low, from !== 'ok') ? 'low' : 'ok';
}

function marginOf(threshold: number, hysteresis: number): number {
  return Math.max(MIN_MARGIN_USD, multiplyUsd(threshold, hysteresis));
}

function newsOf(
  { level: from, failedAt }: AlertState,
  to: AlertLevel,
  { low, critical }: AlertThresholds,
): AlertNews | undefined {
  if (to === from) {
    return failedAt === undefined ? undefined : { type: 'recovered' };
  }
  if (to !== 'ok' && isWorse(to, from)) {
    return withThreshold(to, to === 'low' ? low : critical);
  }
  return withThreshold('recovered', to === 'low' ? critical : (low ?? critical));
}

function withThreshold(type: BalanceAlertType, threshold: number | undefined): AlertNews {
  return threshold === undefined ? { type } : { type, threshold };
}

const STATE_TEXT = /^(ok|low|critical)(?: unavailable (\d{1,16}))?$/;

/** Whether one level is worse than another. */
export function isWorse(one: AlertLevel, other: AlertLevel): boolean {
  return SEVERITY[one] > SEVERITY[other];
}

/** Whether it is that of an account of which nothing was told. */
export function isFirst({ level, failedAt }: AlertState): boolean {
  return level === FIRST_ALERT_STATE.level && failedAt === undefined;
}

/** The state as a store keeps it. */
export function alertStateText({ level, failedAt }: AlertState): string {
  return failedAt === undefined ? level : `${level} unavailable ${failedAt}`;
}

/** Reads a state that a store has kept; `undefined` if it is none. */
export function parseAlertState(text: string | undefined): AlertState | undefined {
  const [, level, failedAt] = STATE_TEXT.exec(text ?? '') ?? [];
  return level === undefined
    ? undefined
    : { level: level as AlertLevel, failedAt: failedAt === undefined ? undefined : Number(failedAt) };
}
