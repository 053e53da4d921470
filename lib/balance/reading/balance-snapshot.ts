import type { LimitedBy } from '../../contracts/balance-snapshot.models.js';
import { subtractUsd } from '../../money/usd.js';
import type { BalanceSnapshot } from '../../contracts/balance-snapshot.models.js';
import { frozenDate } from './frozen-date.js';
import type { RecordedSpend } from '../spend/recorded-spend.js';
import { type KeyLimits, renewed, type SpendingLimit } from './spending-limits.js';

/** OpenRouter's answers about an account, as received. */
export interface BalanceReading {
  /** The answer of `GET /credits`; `null` if it is not known. */
  readonly credits: { readonly totalCredits: number; readonly totalUsage: number } | null;
  /**
   * The answer of `GET /key`; `null` if it is not known. `limitRemaining` is `null` for a key without a limit. A
   * reading that an older version wrote to a store has no `limits`: it contains the key's own limit alone.
   */
  readonly key: ({ readonly limitRemaining: number | null } & Partial<KeyLimits>) | null;
  /** When the last answer was received, by the wall clock, in milliseconds since 1970. */
  readonly fetchedAt: number;
}

/** Something that limits what can be spent. */
interface Bound {
  readonly by: LimitedBy;
  readonly left: number;
  readonly resetsAt: Date | null;
  /** If two bounds have the same amount left, the one with the lower rank counts. */
  readonly rank: number;
}

/** The lowest bounds of a reading, by whose spend lowers them. */
interface Bounds {
  readonly account: Bound | undefined;
  readonly key: Bound | undefined;
  /** The bound of the key's own limit. */
  readonly keyLimit: Bound | undefined;
  /** Whether there is a bound whose remainder is unknown. */
  readonly hasUnknown: boolean;
}

/** Clocks may differ by this much. It also keeps a server from causing more frequent requests. */
const MIN_CHANGE_MS = 1_000;

type Told = Pick<
  BalanceSnapshot,
  'totalCredits' | 'totalUsage' | 'balance' | 'keyLimitRemaining' | 'sources' | 'fetchedAt'
>;

/** The figures of a reading, before anything is spent. */
export interface ReadFigures extends Told {
  readonly bounds: Bounds;
  /** Time from `fetchedAt` until a limit resets and the figures change, in milliseconds. */
  readonly changesInMs: number;
}

/**
 * The figures of a reading.
 *
 * @param elapsedMs - Time since the reading was received. A limit that has reset since counts as whole: that is the
 *   most that can be left of it.
 */
export function figuresOf({ credits, key, fetchedAt }: BalanceReading, elapsedMs = 0): ReadFigures {
  const balance = credits === null ? null : subtractUsd(credits.totalCredits, credits.totalUsage);
  const isAhead = ({ resetsAt }: SpendingLimit): boolean =>
    // If a limit should have reset before OpenRouter answered, OpenRouter's figure counts.
    resetsAt !== null && resetsAt > fetchedAt + elapsedMs;
  const hasPassed = (limit: SpendingLimit): boolean =>
    limit.resetsAt !== null && limit.resetsAt > fetchedAt && !isAhead(limit);
  const limits = limitsIn(key);
  const current = limits.map((limit) => (hasPassed(limit) ? renewed(limit) : limit));
  const resets = limits
    .filter(isAhead)
    .map(({ resetsAt }) => Math.max(MIN_CHANGE_MS, (resetsAt ?? Infinity) - fetchedAt));
  return {
    totalCredits: credits?.totalCredits ?? null,
    totalUsage: credits?.totalUsage ?? null,
    balance,
    keyLimitRemaining: key?.limitRemaining ?? null,
    sources: Object.freeze({
      balance: credits === null ? null : 'credits',
      keyLimit: key === null ? null : 'key',
    }),
    fetchedAt: frozenDate(fetchedAt),
    bounds: boundsOf(balance, current, key?.hasUnknown === true),
    changesInMs: Math.min(...resets, Infinity),
  };
}

/**
 * Makes a snapshot of the figures of a reading.
 *
 * @param spent - Spend that the reading may not include. The key's spend lowers the limits that count this key alone.
 */
export function snapshotOf(figures: ReadFigures, spent: RecordedSpend, stale: boolean): BalanceSnapshot {
  const { totalCredits, totalUsage, balance, keyLimitRemaining, sources, fetchedAt, bounds } = figures;
  const account = less(bounds.account, spent.accountUsd);
  const tightest = tighter(account, less(bounds.key, spent.keyUsd));
  // An unknown remainder cannot raise what can be spent: if another bound is used up, nothing can be spent.
  const spendable = bounds.hasUnknown && (tightest?.left ?? 1) > 0 ? undefined : tightest;
  return Object.freeze({
    totalCredits,
    totalUsage,
    balance,
    keyLimitRemaining,
    spendable: spendable?.left ?? null,
    limitedBy: spendable?.by ?? null,
    resetsAt: spendable?.resetsAt ?? null,
    estimated: estimated(figures, account, spent),
    sources,
    stale,
    fetchedAt,
  });
}

/** Whether two snapshots have the same content, regardless of when they were read. */
export function saysTheSame(one: BalanceSnapshot, other: BalanceSnapshot): boolean {
  return (
    FIGURES.every((name) => one[name] === other[name]) &&
    one.resetsAt?.getTime() === other.resetsAt?.getTime() &&
    one.stale === other.stale &&
    one.sources.balance === other.sources.balance &&
    one.sources.keyLimit === other.sources.keyLimit
  );
}

const FIGURES = [
  'totalCredits',
  'totalUsage',
  'balance',
  'keyLimitRemaining',
  'spendable',
  'limitedBy',
  'estimated',
] as const satisfies readonly (keyof BalanceSnapshot)[];

function limitsIn(key: BalanceReading['key']): readonly SpendingLimit[] {
  if (key?.limits !== undefined) {
    return key.limits;
  }
  const left = key?.limitRemaining ?? null;
  return left === null ? [] : [{ by: 'key-limit', counts: 'key', left, limit: null, resetsAt: null }];
}

/** @param limits - `undefined` stands for a limit whose remainder is unknown. */
function boundsOf(
  balance: number | null,
  limits: readonly (SpendingLimit | undefined)[],
  hasUnknown: boolean,
): Bounds {
  // Own members for all, so that nothing on Object.prototype is read instead.
  const lowest: Record<'account' | 'key' | 'keyLimit', Bound | undefined> = {
    account: undefined,
    key: undefined,
    keyLimit: undefined,
  };
  if (balance !== null) {
    // Rank 0: if nothing is left of the balance, the reset of another limit does not help.
    lowest.account = { by: 'balance', left: balance, resetsAt: null, rank: 0 };
  }
  for (const [index, limit] of limits.entries()) {
    if (limit !== undefined) {
      const { by, counts, left, resetsAt } = limit;
      const bound: Bound = {
        by,
        left,
        resetsAt: resetsAt === null ? null : frozenDate(resetsAt),
        rank: index + 1,
      };
      lowest[counts] = tighter(lowest[counts], bound) ?? bound;
      if (by === 'key-limit') {
        lowest.keyLimit = tighter(lowest.keyLimit, bound) ?? bound;
      }
    }
  }
  const { account, key, keyLimit } = lowest;
  return { account, key, keyLimit, hasUnknown: hasUnknown || limits.includes(undefined) };
}

function tighter(one: Bound | undefined, other: Bound | undefined): Bound | undefined {
  if (one === undefined || other === undefined) {
    return one ?? other;
  }
  const isOther = other.left === one.left ? other.rank < one.rank : other.left < one.left;
  return isOther ? other : one;
}

function less(bound: Bound | undefined, spentUsd: number): Bound | undefined {
  return bound === undefined || spentUsd === 0
    ? bound
    : { ...bound, left: subtractUsd(bound.left, spentUsd) };
}

function estimated(
  { balance, bounds }: ReadFigures,
  account: Bound | undefined,
  { accountUsd, keyUsd }: RecordedSpend,
): number | null {
  if (balance === null) {
    return less(bounds.keyLimit, keyUsd)?.left ?? null;
  }
  if (account?.by === 'balance') {
    return account.left;
  }
  return accountUsd === 0 ? balance : subtractUsd(balance, accountUsd);
}
