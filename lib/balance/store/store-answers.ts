import type { BalanceFlight, SharedBalance, SharedSpend } from '../../contracts/balance-store.js';
import { isRecord } from '../../untrusted/is-record.js';

/**
 * Checks of the answers of a store, which are untrusted. Each function returns `undefined` for an answer that breaks
 * the contract of a store.
 */

export function booleanOf(answer: unknown): boolean | undefined {
  return typeof answer === 'boolean' ? answer : undefined;
}

export function flightOf(answer: unknown): BalanceFlight | undefined {
  if (!isRecord(answer)) {
    return undefined;
  }
  const { sequence, leads } = answer;
  return isCount(sequence) && typeof leads === 'boolean' ? { sequence, leads } : undefined;
}

export function sharedBalanceOf(answer: unknown): SharedBalance | undefined {
  if (!isRecord(answer)) {
    return undefined;
  }
  const { sequence, reading, spend, alertState, isLed } = answer;
  if (
    !isCount(sequence) ||
    !(reading === undefined || isSharedReading(reading)) ||
    !Array.isArray(spend) ||
    !spend.every(isSharedSpend) ||
    !(alertState === undefined || typeof alertState === 'string') ||
    !(isLed === undefined || typeof isLed === 'boolean')
  ) {
    return undefined;
  }
  return { sequence, reading, spend, alertState, isLed };
}

function isSharedReading(value: unknown): value is NonNullable<SharedBalance['reading']> {
  return isRecord(value) && typeof value['text'] === 'string' && isDuration(value['ageMs']);
}

function isSharedSpend(value: unknown): value is SharedSpend {
  if (!isRecord(value)) {
    return false;
  }
  const { id, microUsd, ageMs, otherKeysMicroUsd, spanMs } = value;
  return (
    isCount(microUsd) &&
    isDuration(ageMs) &&
    (id === undefined || typeof id === 'string') &&
    (otherKeysMicroUsd === undefined || (isCount(otherKeysMicroUsd) && otherKeysMicroUsd <= microUsd)) &&
    (spanMs === undefined || isDuration(spanMs))
  );
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isDuration(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
