import type { BalanceAlertType } from '../contracts/balance-figures.js';
import { sumUsd } from '../money/usd.js';
import { multiplyUsd } from '../money/usd-math.js';

/** What is spendable, in words. */
export type AlertLevel = 'ok' | 'low' | 'critical';

/** What was told of an account so far. */
export interface AlertState {
  readonly level: AlertLevel;
  /** Whether the balance could be read. */
  readonly available: boolean;
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
export const FIRST_ALERT_STATE: AlertState = Object.freeze({ level: 'ok', available: true });

/** Below this much, rising above a threshold is noise. */
const LEAST_MARGIN_USD = 0.01;

const SEVERITY: Readonly<Record<AlertLevel, number>> = { ok: 0, low: 1, critical: 2 };

/**
 * What there is to tell after a reading, and the state from then on. Each change of the state is told once, by one
 * alert; where what is spendable falls below both thresholds at once, by that of the more severe one.
 *
 * @param spendable - What is spendable, or `null` if the reading does not tell; `undefined` if there was no reading.
 */
export function nextAlert(
  state: AlertState,
  spendable: number | null | undefined,
  thresholds: AlertThresholds,
): { state: AlertState; news: AlertNews | undefined } {
  if (spendable === undefined) {
    return {
      state: { ...state, available: false },
      news: state.available ? { type: 'unavailable' } : undefined,
    };
  }
  const level = spendable === null ? state.level : levelOf(state.level, spendable, thresholds);
  return { state: { level, available: true }, news: newsOf(state, level, thresholds) };
}

function levelOf(
  from: AlertLevel,
  spendable: number,
  { low, critical, hysteresis }: AlertThresholds,
): AlertLevel {
  const isBelow = (threshold: number | undefined, wasBelow: boolean): boolean =>
    threshold !== undefined &&
    spendable < (wasBelow ? sumUsd([threshold, marginOf(threshold, hysteresis)]) : threshold);
  if (isBelow(critical, from === 'critical')) {
    return 'critical';
  }
  return isBelow(low, from !== 'ok') ? 'low' : 'ok';
}

function marginOf(threshold: number, hysteresis: number): number {
  return Math.max(LEAST_MARGIN_USD, multiplyUsd(threshold, hysteresis));
}

function newsOf(
  { level: from, available }: AlertState,
  to: AlertLevel,
  { low, critical }: AlertThresholds,
): AlertNews | undefined {
  if (to === from) {
    return available ? undefined : { type: 'recovered' };
  }
  if (to !== 'ok' && SEVERITY[to] > SEVERITY[from]) {
    return withThreshold(to, to === 'low' ? low : critical);
  }
  return withThreshold('recovered', to === 'low' ? critical : (low ?? critical));
}

function withThreshold(type: BalanceAlertType, threshold: number | undefined): AlertNews {
  return threshold === undefined ? { type } : { type, threshold };
}

const UNAVAILABLE_SUFFIX = ' unavailable';

/** The state as a store keeps it. */
export function alertStateText({ level, available }: AlertState): string {
  return available ? level : level + UNAVAILABLE_SUFFIX;
}

/** Reads a state that a store has kept; `undefined` if it is none. */
export function parseAlertState(text: string | undefined): AlertState | undefined {
  const available = text?.endsWith(UNAVAILABLE_SUFFIX) === false;
  const level = available ? text : text?.slice(0, -UNAVAILABLE_SUFFIX.length);
  return level === 'ok' || level === 'low' || level === 'critical' ? { level, available } : undefined;
}
