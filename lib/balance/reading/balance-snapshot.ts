import type { LimitedBy } from '../../contracts/balance-snapshot.models.js';
import { subtractUsd } from '../../money/usd.js';
import type { BalanceSnapshot } from '../../contracts/balance-snapshot.models.js';
import { frozenDate } from './frozen-date.js';
import type { RecordedSpend } from '../spend/recorded-spend.js';
import { type KeyLimits, renewed, type SpendingLimit } from './spending-limits.js';

/** What OpenRouter has said of an account, as it came. */
export interface BalanceReading {
  /** The answer of `GET /credits`; `null` if it is not known. */
  readonly credits: { readonly totalCredits: number; readonly totalUsage: number } | null;
  /**
   * The answer of `GET /key`, whose limit may be none; `null` if it is not known. One that an older version has left in a
   * store has no `limits`, and tells of the key's own limit alone.
   */
  readonly key: ({ readonly limitRemaining: number | null } & Partial<KeyLimits>) | null;
  /** When the last of them came, by the wall clock, in milliseconds since 1970. */
  readonly fetchedAt: number;
}

/** Something that limits what can be spent. */
interface Bound {
  readonly by: LimitedBy;
  readonly left: number;
  readonly resetsAt: Date | null;
  /** The lower one counts where as much is left of two. */
  readonly rank: number;
}

/** The lowest bounds of a reading, apart by whose spend lowers them. */
interface Bounds {
  readonly account: Bound | undefined;
  readonly key: Bound | undefined;
  /** That of the key's own limit. */
  readonly keyLimit: Bound | undefined;
  /** Whether there is one of which is not known how much is left. */
  readonly hasUnknown: boolean;
}

/** Clocks are no more alike than this, and no server must have itself asked more often. */
const MIN_CHANGE_MS = 1_000;

type Told = Pick<
  BalanceSnapshot,
  'totalCredits' | 'totalUsage' | 'balance' | 'keyLimitRemaining' | 'sources' | 'fetchedAt'
>;

/** The figures of a reading, before anything is spent. */
export interface ReadFigures extends Told {
  readonly bounds: Bounds;
  /** After what time from `fetchedAt` a limit starts anew, so that the figures are others; in milliseconds. */
  readonly changesInMs: number;
}

/**
 * What a reading says.
 *
 * @param elapsedMs - The time since it came. Limits that have started anew since are taken to be whole again: that is the
 *   most that can be left of them.
 */
export function figuresOf({ credits, key, fetchedAt }: BalanceReading, elapsedMs = 0): ReadFigures {
  const balance = credits === null ? null : subtractUsd(credits.totalCredits, credits.totalUsage);
  const isAhead = ({ resetsAt }: SpendingLimit): boolean =>
    // What should have started anew before OpenRouter answered is what OpenRouter says it is.
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
 * Makes a snapshot of what a reading says.
 *
 * @param spent - Spend that the reading may not include. That of the key lowers the limits which the key alone has.
 */
export function snapshotOf(figures: ReadFigures, spent: RecordedSpend, stale: boolean): BalanceSnapshot {
  const { totalCredits, totalUsage, balance, keyLimitRemaining, sources, fetchedAt, bounds } = figures;
  const account = less(bounds.account, spent.accountUsd);
  const tightest = tighter(account, less(bounds.key, spent.keyUsd));
  // However much is left of what is not known: less than nothing stays less than nothing.
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

/** Whether two snapshots say the same; that one of them was read later is no difference. */
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

/** @param limits - `undefined` stands for one of which is not known how much is left. */
function boundsOf(
  balance: number | null,
  limits: readonly (SpendingLimit | undefined)[],
  hasUnknown: boolean,
): Bounds {
  // Each member its own, whatever somebody has put on Object.prototype.
  const lowest: Record<'account' | 'key' | 'keyLimit', Bound | undefined> = {
    account: undefined,
    key: undefined,
    keyLimit: undefined,
  };
  if (balance !== null) {
    // Where nothing is left of the balance either, no reset helps.
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
