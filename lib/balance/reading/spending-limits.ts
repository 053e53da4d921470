import type { KeyBudget } from '../../api-keys/key-budget.model.js';
import { DAY_MS, MAX_DATE_MS } from './utc-days.js';

/** A limit on what a key may spend, independent of the account's balance. */
export interface SpendingLimit {
  readonly by: 'key-limit' | 'budget';
  /** Whose spend lowers the limit: this key's alone, or that of several keys. */
  readonly counts: 'key' | 'account';
  /** What is left of the limit, in US dollars. */
  readonly left: number;
  /** What is left right after a reset, in US dollars; `null` if that is not known. */
  readonly limit: number | null;
  /** When the limit resets, in milliseconds since 1970; `null` for never, or if that is not known. */
  readonly resetsAt: number | null;
}

/** The part of the answer of `GET /key` about what the key may spend. */
export interface KeyStanding {
  readonly limitRemaining: number | null;
  readonly limit?: number | null;
  readonly limitReset?: string | null;
  readonly budgets?: readonly KeyBudget[];
  readonly effectiveBudget?: KeyBudget | null;
}

/** The limits on a key, as part of a reading. */
export interface KeyLimits {
  /** The known limits; the one that OpenRouter calls effective comes first. */
  readonly limits: readonly SpendingLimit[];
  /** Whether there is a budget whose remainder is unknown. Then the others do not show what can be spent. */
  readonly hasUnknown: boolean;
}

/** Bounded, so that a reading takes less than a kilobyte in a store. In practice a key has one limit per interval. */
const MAX_LIMITS = 6;

/** The scopes of budgets that count the spend of a single key. */
const SCOPES_OF_KEY: readonly (string | undefined)[] = ['key_limit', 'api_key', 'workspace_default_key'];

/**
 * The limits on what a key may spend. If the effective budget is used up, no other budget counts as lower: of several
 * budgets that are used up, OpenRouter names the first that refuses, which need not be the lowest. If the effective
 * budget is not used up, a lower one among the others counts, whichever OpenRouter calls effective.
 *
 * @param now - The moment of the answer, in milliseconds since 1970.
 */
export function limitsOf(key: KeyStanding, now: number): KeyLimits {
  const { limitRemaining, limit = null, limitReset, budgets = [], effectiveBudget } = key;
  const own = budgets.find(({ scope }) => scope === 'key_limit')?.resetsAt?.getTime();
  const effective = limitOf(effectiveBudget);
  const least = effective !== undefined && effective.left <= 0 ? effective.left : -Infinity;
  const others = budgets.map((budget) => limitOf(budget, least));
  const isDecided = effective !== undefined || effectiveBudget === null;
  return {
    limits: condensed([
      effective,
      limitRemaining === null
        ? undefined
        : {
            by: 'key-limit',
            counts: 'key',
            left: limitRemaining,
            limit,
            resetsAt: own ?? nextReset(limitReset, now),
          },
      ...others,
    ]),
    hasUnknown: !isDecided && (effectiveBudget !== undefined || others.includes(undefined)),
  };
}

/** A limit right after its reset, ignoring what others may have spent since; `undefined` if that is not known. */
export function renewed(limit: SpendingLimit): SpendingLimit | undefined {
  return limit.limit === null ? undefined : { ...limit, left: limit.limit, resetsAt: null };
}

/** When a UTC interval ends: days at midnight, weeks on Monday, months on the first; `null` for any other interval. */
export function nextReset(interval: string | null | undefined, now: number): number | null {
  const today = Math.floor(now / DAY_MS);
  const date = new Date(now);
  switch (interval) {
    case 'daily':
      return (today + 1) * DAY_MS;
    case 'weekly':
      return (today + (7 - ((date.getUTCDay() + 6) % 7))) * DAY_MS;
    case 'monthly':
      return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1);
    default:
      return null;
  }
}

function limitOf(budget: KeyBudget | null | undefined, least = -Infinity): SpendingLimit | undefined {
  if (budget?.remainingUsd === undefined) {
    return undefined;
  }
  const { scope, remainingUsd, limitUsd = null, resetsAt } = budget;
  return {
    by: scope === 'key_limit' ? 'key-limit' : 'budget',
    counts: SCOPES_OF_KEY.includes(scope) ? 'key' : 'account',
    left: Math.max(remainingUsd, least),
    limit: limitUsd,
    resetsAt: resetsAt?.getTime() ?? null,
  };
}

/** Keeps one limit, the lowest, of each group that has the same kind, the same counted spend and the same reset. */
function condensed(limits: readonly (SpendingLimit | undefined)[]): SpendingLimit[] {
  const lowest = new Map<string, SpendingLimit>();
  for (const limit of limits) {
    if (limit !== undefined) {
      const alike = `${limit.by} ${limit.counts} ${limit.resetsAt}`;
      lowest.set(alike, lower(lowest.get(alike) ?? limit, limit));
    }
  }
  const [first, ...rest] = lowest.values();
  if (first === undefined || rest.length < MAX_LIMITS) {
    return [...lowest.values()];
  }
  // No real key has so many. The excess is merged into one limit that counts the whole account and never resets.
  const ordered = rest.sort((one, other) => one.left - other.left);
  const kept = ordered.slice(0, MAX_LIMITS - 2);
  const shortest = ordered[MAX_LIMITS - 2] ?? first;
  return [first, ...kept, { ...shortest, by: 'budget', counts: 'account', limit: null, resetsAt: null }];
}

function lower(one: SpendingLimit, other: SpendingLimit): SpendingLimit {
  return {
    ...one,
    left: Math.min(one.left, other.left),
    limit: one.limit === null || other.limit === null ? null : Math.min(one.limit, other.limit),
  };
}

/** Parses limits from a store; `undefined` if they are invalid. */
export function parseLimits(value: unknown): readonly SpendingLimit[] | undefined {
  return Array.isArray(value) && value.every(isLimit) ? value : undefined;
}

function isLimit(value: unknown): value is SpendingLimit {
  const { by, counts, left, limit, resetsAt } = Object(value) as Partial<Record<string, unknown>>;
  return (
    (by === 'key-limit' || by === 'budget') &&
    (counts === 'key' || counts === 'account') &&
    isWithin(left, Number.MAX_VALUE) &&
    (limit === null || isWithin(limit, Number.MAX_VALUE)) &&
    (resetsAt === null || isWithin(resetsAt, MAX_DATE_MS))
  );
}

function isWithin(value: unknown, most: number): boolean {
  return typeof value === 'number' && value >= -most && value <= most;
}
