import type { BalanceStore } from '../contracts/balance-store.js';
import { defineOptions, group, type Rule } from './define-options.js';
import { delay, duration, numberFrom, trueOrFalse, usdFromZero } from './option-rules.js';
import type { BalanceOptions, BalanceThresholdOptions } from './openrouter-options.js';
import { isRecord } from '../untrusted/is-record.js';

const STORE_METHODS = [
  'read',
  'begin',
  'end',
  'write',
  'invalidate',
  'addSpend',
  'claimAlert',
] as const satisfies readonly (keyof BalanceStore)[];

const balanceStore: Rule<BalanceStore> = (value) => {
  const missing = isRecord(value)
    ? STORE_METHODS.find((name) => typeof value[name] !== 'function')
    : STORE_METHODS[0];
  return missing === undefined ? undefined : `must be a BalanceStore; it has no method \`${missing}\``;
};

const criticalThreshold: Rule<number> = (value, siblings) => {
  const low: unknown = Reflect.get(siblings, 'low');
  return (
    usdFromZero(value, siblings) ??
    (typeof low === 'number' && (value as number) > low ? 'must not be above `low`' : undefined)
  );
};

const THRESHOLD_OPTIONS = defineOptions<BalanceThresholdOptions>('{ low: 20, critical: 5 }', {
  low: usdFromZero,
  critical: criticalThreshold,
  hysteresis: numberFrom(0, 1),
});

export const BALANCE_OPTIONS = defineOptions<BalanceOptions>('{ ttlMs: 30_000 }', {
  ttlMs: duration,
  staleWhileRevalidateMs: delay,
  staleIfErrorMs: delay,
  pollIntervalMs: duration,
  watch: trueOrFalse,
  thresholds: group(THRESHOLD_OPTIONS),
  store: balanceStore,
});
