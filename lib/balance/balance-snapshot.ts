import { subtractUsd } from '../money/usd.js';
import type { BalanceSnapshot } from './balance.models.js';
import { frozenDate } from './frozen-date.js';

/** What OpenRouter has said of an account, as it came. */
export interface BalanceReading {
  /** The answer of `GET /credits`; `null` if it is not known. */
  readonly credits: { readonly totalCredits: number; readonly totalUsage: number } | null;
  /** The answer of `GET /key`, whose limit may be none; `null` if it is not known. */
  readonly key: { readonly limitRemaining: number | null } | null;
  /** When the last of them came, by the wall clock, in milliseconds since 1970. */
  readonly fetchedAt: number;
}

/** The figures of a reading, before anything is spent. */
export type ReadFigures = Omit<BalanceSnapshot, 'stale'>;

/** What a reading says. */
export function figuresOf({ credits, key, fetchedAt }: BalanceReading): ReadFigures {
  const balance = credits === null ? null : subtractUsd(credits.totalCredits, credits.totalUsage);
  const keyLimitRemaining = key?.limitRemaining ?? null;
  return {
    totalCredits: credits?.totalCredits ?? null,
    totalUsage: credits?.totalUsage ?? null,
    balance,
    keyLimitRemaining,
    spendable: smallerOfKnown(balance, keyLimitRemaining),
    estimated: balance ?? keyLimitRemaining,
    sources: Object.freeze({
      balance: credits === null ? null : 'credits',
      keyLimit: key === null ? null : 'key',
    }),
    fetchedAt: frozenDate(fetchedAt),
  };
}

/**
 * Makes a snapshot of what a reading says.
 *
 * @param spentUsd - Spend that the reading may not include.
 */
export function snapshotOf(figures: ReadFigures, spentUsd: number, stale: boolean): BalanceSnapshot {
  const { totalCredits, totalUsage, balance, keyLimitRemaining, sources, fetchedAt } = figures;
  const spendable = less(figures.spendable, spentUsd);
  return Object.freeze({
    totalCredits,
    totalUsage,
    balance,
    keyLimitRemaining,
    spendable,
    estimated: figures.estimated === figures.spendable ? spendable : less(figures.estimated, spentUsd),
    sources,
    stale,
    fetchedAt,
  });
}

/** Whether two snapshots say the same; that one of them was read later is no difference. */
export function saysTheSame(one: BalanceSnapshot, other: BalanceSnapshot): boolean {
  return (
    FIGURES.every((name) => one[name] === other[name]) &&
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
  'estimated',
] as const satisfies readonly (keyof BalanceSnapshot)[];

function smallerOfKnown(one: number | null, other: number | null): number | null {
  if (one === null || other === null) {
    return one ?? other;
  }
  return Math.min(one, other);
}

function less(amount: number | null, spentUsd: number): number | null {
  return amount === null || spentUsd === 0 ? amount : subtractUsd(amount, spentUsd);
}
