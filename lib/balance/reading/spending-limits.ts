import type { KeyBudget } from '../../api-keys/key-budget.model.js';
import { DAY_MS, MAX_DATE_MS } from './utc-days.js';

/** A limit on what a key may spend, whatever the account has. */
export interface SpendingLimit {
  readonly by: 'key-limit' | 'budget';
  /** Whose spend lowers it: the key's alone, or that of several keys. */
  readonly counts: 'key' | 'account';
  /** What is left of it, in US dollars. */
  readonly left: number;
  /** What there is once it has started anew, in US dollars; `null` if that is not known. */
  readonly limit: number | null;
  /** When it starts anew, in milliseconds since 1970; `null` for never, or if that is not known. */
  readonly resetsAt: number | null;
}

/** What `GET /key` says of what a key may spend. */
export interface KeyStanding {
  readonly limitRemaining: number | null;
  readonly limit?: number | null;
  readonly limitReset?: string | null;
  readonly budgets?: readonly KeyBudget[];
  readonly effectiveBudget?: KeyBudget | null;
}

/** The limits on a key, as a reading keeps them. */
export interface KeyLimits {
  /** Those that are known, the one first that OpenRouter calls the effective one. */
  readonly limits: readonly SpendingLimit[];
  /** Whether there is a budget of which is not known how much is left: the others do not tell what can be spent then. */
  readonly hasUnknown: boolean;
}

/** Readings are kept in a store, in less than a kilobyte. In practice a key has one for each interval. */
const MAX_LIMITS = 6;

/** Budgets that count what a single key spends. */
const SCOPES_OF_KEY: readonly (string | undefined)[] = ['key_limit', 'api_key', 'workspace_default_key'];

/**
 * The limits on what a key may spend. Where the effective budget is spent, what is left is that of it: of several
 * budgets that are spent OpenRouter names the first one that refuses, which need not be the lowest. Where it is not, a
 * lower one among the others counts, whatever OpenRouter calls effective.
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

/** A limit once it has started anew, without the spend of others since; `undefined` if that is not known. */
export function renewed(limit: SpendingLimit): SpendingLimit | undefined {
  return limit.limit === null ? undefined : { ...limit, left: limit.limit, resetsAt: null };
}

/** When an interval of UTC ends: days at midnight, weeks on Monday, months on the first; `null` for anything else. */
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

/** The lowest of those that go together at all times. */
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
  // So many are nobody's. Those that are put together count as one that everybody spends and that never starts anew.
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

/** Reads limits that a store has kept; `undefined` if they are none. */
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
