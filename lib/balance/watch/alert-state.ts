import type { BalanceAlertType } from '../../contracts/balance-snapshot.models.js';
import { sumUsd } from '../../money/usd.js';
import { multiplyUsd } from '../../money/usd-math.js';
import type { BalanceView } from '../reading/balance-view.js';

/** What can be spent, relative to the thresholds. */
export type AlertLevel = 'ok' | 'low' | 'critical';

/** The alerts of an account so far, as one state. */
export interface AlertState {
  readonly level: AlertLevel;
  /**
   * The store's sequence number of the failed reading, if the balance is unavailable; otherwise `undefined`. Only a
   * later reading makes the balance available again.
   */
  readonly failedAt: number | undefined;
}

/**
 * The figures that an alert depends on. Whether the reading already includes the recorded spend cannot be known, so
 * what can be spent lies between `leastSpendable` and `spendable`.
 */
export interface AlertEvidence {
  /** In US dollars, by the reading alone; `null` if that is not known, `undefined` if the balance could not be read. */
  readonly spendable: number | null | undefined;
  /** `spendable` less the recorded spend that it may not include; absent if nothing was recorded. */
  readonly leastSpendable?: number | null | undefined;
  /** The store's sequence number of the reading. */
  readonly sequence: number;
}

/** The thresholds in US dollars. */
export interface AlertThresholds {
  readonly low?: number;
  readonly critical?: number;
  /** The fraction of a threshold by which the balance must exceed it before it is armed again. */
  readonly hysteresis: number;
}

/** An alert to emit. */
export interface AlertNews {
  readonly type: BalanceAlertType;
  readonly threshold?: number;
}

/** The state of an account without any alert so far. */
export const FIRST_ALERT_STATE: AlertState = Object.freeze({ level: 'ok', failedAt: undefined });

/** A rise above a threshold by less than this is noise. */
const MIN_MARGIN_USD = 0.01;

const SEVERITY: Readonly<Record<AlertLevel, number>> = { ok: 0, low: 1, critical: 2 };

/** The evidence in a view; `undefined` if there is no reading and no failure to judge. */
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
      // A reading is always newer than the state that this process itself emitted.
      sequence: isOwn ? Infinity : sequence,
    }
  );
}

/**
 * The state after a reading, and the alert to emit. Each change of the state emits one alert. If what can be spent
 * falls below both thresholds at once, the alert is that of the more severe one.
 *
 * A change counts once it is certain: a fall when the reading alone is below the threshold, whatever was recorded; a
 * rise when the reading exceeds the threshold by the margin even after all recorded spend is subtracted.
 *
 * @param evidence - Of the last attempt to read the balance; `spendable` is `undefined` if it failed.
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
      : // A store that has lost its data may restart its numbers.
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
 * Whether a threshold is crossed with the recorded spend, but not by the reading alone. Only a later reading can
 * decide.
 *
 * @param state - The state after the evidence.
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

export function isWorse(one: AlertLevel, other: AlertLevel): boolean {
  return SEVERITY[one] > SEVERITY[other];
}

/** Whether a state is that of an account without any alert so far. */
export function isFirst({ level, failedAt }: AlertState): boolean {
  return level === FIRST_ALERT_STATE.level && failedAt === undefined;
}

/** Serialises a state for the store. */
export function alertStateText({ level, failedAt }: AlertState): string {
  return failedAt === undefined ? level : `${level} unavailable ${failedAt}`;
}

/** Parses a state from a store; `undefined` if it is invalid. */
export function parseAlertState(text: string | undefined): AlertState | undefined {
  const [, level, failedAt] = STATE_TEXT.exec(text ?? '') ?? [];
  return level === undefined
    ? undefined
    : { level: level as AlertLevel, failedAt: failedAt === undefined ? undefined : Number(failedAt) };
}
