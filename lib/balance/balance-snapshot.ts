import { subtractUsd } from '../money/usd.js';
import type { BalanceSnapshot, BalanceSnapshotSources } from './balance.models.js';

/** What OpenRouter has said of an account, as it came. */
export interface BalanceReading {
  /** The answer of `GET /credits`; `null` if it is not known. */
  readonly credits: { readonly totalCredits: number; readonly totalUsage: number } | null;
  /** The answer of `GET /key`, whose limit may be none; `null` if it is not known. */
  readonly key: { readonly limitRemaining: number | null } | null;
  /** When the last of them came, by the wall clock, in milliseconds since 1970. */
  readonly fetchedAt: number;
}

/**
 * Makes a snapshot of a reading.
 *
 * @param spentUsd - Spend that the reading may not include.
 */
export function snapshotOf(reading: BalanceReading, spentUsd: number, stale: boolean): BalanceSnapshot {
  const { credits, key, fetchedAt } = reading;
  const balance = credits === null ? null : subtractUsd(credits.totalCredits, credits.totalUsage);
  const keyLimitRemaining = key?.limitRemaining ?? null;
  return Object.freeze({
    totalCredits: credits?.totalCredits ?? null,
    totalUsage: credits?.totalUsage ?? null,
    balance,
    keyLimitRemaining,
    spendable: less(smallerOfKnown(balance, keyLimitRemaining), spentUsd),
    estimated: less(balance ?? keyLimitRemaining, spentUsd),
    sources: Object.freeze<BalanceSnapshotSources>({
      balance: credits === null ? null : 'credits',
      keyLimit: key === null ? null : 'key',
    }),
    stale,
    fetchedAt: new Date(fetchedAt),
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
  return amount === null ? null : subtractUsd(amount, spentUsd);
}
