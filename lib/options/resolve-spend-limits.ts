import { DEFAULT_SPEND_LIMITS } from './option-defaults.js';
import type {
  ResolvedSpendLimitRule,
  ResolvedSpendLimitsOptions,
  SpendLimitRule,
  SpendLimitsOptions,
} from './spend-limits-options.js';

/** Fills in the defaults of checked settings of spend limits, and leaves out the store. */
export function resolveSpendLimits(options: SpendLimitsOptions): ResolvedSpendLimitsOptions {
  const { rules, holdUsd, learnHolds, leaseMs, maxHoldUsd, onStoreFailure } = options;
  const most = maxHoldUsd ?? DEFAULT_SPEND_LIMITS.maxHoldUsd;
  return Object.freeze({
    rules: Object.freeze(rules.map(resolveRule)),
    // The default gives way to a lower maximum: only a `holdUsd` of the user's own is refused for being above it.
    holdUsd: holdUsd ?? Math.min(DEFAULT_SPEND_LIMITS.holdUsd, most),
    maxHoldUsd: most,
    learnHolds: learnHolds ?? DEFAULT_SPEND_LIMITS.learnHolds,
    leaseMs: leaseMs ?? DEFAULT_SPEND_LIMITS.leaseMs,
    onStoreFailure:
      typeof onStoreFailure === 'object'
        ? Object.freeze({ ...onStoreFailure })
        : (onStoreFailure ?? DEFAULT_SPEND_LIMITS.onStoreFailure),
  });
}

/** The name of a rule; without one of its own, what it counts. */
export function ruleName({ name, by, period }: Pick<SpendLimitRule, 'name' | 'by' | 'period'>): string {
  const subject = [by].flat().join(', ') || 'account';
  const over =
    period === 'total'
      ? 'in total'
      : `per ${typeof period === 'object' ? `${period.rollingHours} hours` : period}`;
  return name ?? `${subject} ${over}`;
}

function resolveRule(rule: SpendLimitRule): ResolvedSpendLimitRule {
  const { by, usd, period, timeZone = 'UTC', warnAt = [] } = rule;
  return Object.freeze({
    name: ruleName(rule),
    by: Object.freeze([by].flat()),
    usd,
    period: typeof period === 'object' ? Object.freeze({ ...period }) : period,
    timeZone,
    warnAt: Object.freeze([...warnAt]),
  });
}
