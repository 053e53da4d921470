import type { Observable } from 'rxjs';

/** Where the figures of a reading come from. `null`: not known. */
export interface BalanceSources {
  /** `'credits'`: `totalCredits`, `totalUsage` and `balance` are those of `GET /credits`. */
  readonly balance: 'credits' | null;
  /** `'key'`: `keyLimitRemaining` is that of `GET /key`, where `null` then means that the key has no limit. */
  readonly keyLimit: 'key' | null;
}

/** What decides how much can be spent: the account's balance, the key's own limit, or a budget above the key. */
export type LimitedBy = NonNullable<BalanceFigures['limitedBy']>;

/**
 * What is known of an account's money, in US dollars. `null` is "not known", never 0; what is below zero stays below
 * zero.
 */
export interface BalanceFigures {
  /** All credits ever purchased. */
  readonly totalCredits: number | null;
  /** All credits ever used. */
  readonly totalUsage: number | null;
  /** `totalCredits − totalUsage`, exact, as OpenRouter said last. */
  readonly balance: number | null;
  /** What is left of the spending limit of the key, as OpenRouter said last. */
  readonly keyLimitRemaining: number | null;
  /**
   * What can be spent: the smallest of `balance`, `keyLimitRemaining` and the budgets that OpenRouter enforces on the key,
   * less the spend recorded since.
   */
  readonly spendable: number | null;
  /** Which of them it is; `null` while `spendable` is. */
  readonly limitedBy: 'balance' | 'key-limit' | 'budget' | null;
  /** When that limit starts anew; `null` for never, or if that is not known. */
  readonly resetsAt: Date | null;
  /** What the account has by now: `balance` (or else `keyLimitRemaining`) less the spend recorded since. */
  readonly estimated: number | null;
  /** Where the figures come from. */
  readonly sources: BalanceSources;
  /** Whether the figures are older than they should be: OpenRouter could not be asked, or a limit has started anew since. */
  readonly stale: boolean;
  /** When OpenRouter answered, by the wall clock of the machine that asked. */
  readonly fetchedAt: Date;
}

/**
 * - `low`, `critical`: what can be spent has fallen below the threshold, for certain: by OpenRouter's own figures.
 * - `recovered`: with `threshold`, it has clearly risen above it again; without, the balance can be read again.
 * - `unavailable`: the balance can no longer be read.
 */
export type BalanceAlertType = 'low' | 'critical' | 'recovered' | 'unavailable';

/** Something about an account's money that somebody should know. */
export interface BalanceNotice {
  /** What has happened. */
  readonly type: BalanceAlertType;
  /** The threshold that was crossed, in US dollars. */
  readonly threshold?: number;
  /** The figures at that moment, if there are any. */
  readonly snapshot?: BalanceFigures;
  /** When it was noticed. */
  readonly at: Date;
}

/** How well the bookkeeping of an account's balance goes, in this process. */
export interface BalanceDiagnostics {
  /**
   * Whether the store that is shared with other processes (`balance.store`) answers; `null` where there is none, or it
   * was not asked yet. Without it this process goes on alone.
   */
  readonly storeUp: boolean | null;
  /**
   * Calls of `recordSpend` with an argument that was wrong. An amount that is no amount was not counted; one with a
   * wrong `keyHash` was counted for the account and for the limits of its `apiKey`.
   */
  readonly invalidSpends: number;
}

/** An account's balance, as far as whoever watches it needs to know. */
export interface BalanceFeed {
  /** The figures at hand, without asking anybody; `undefined` if there are none. */
  peek(): BalanceFigures | undefined;
  /** How well the bookkeeping goes. */
  readonly diagnostics?: BalanceDiagnostics;
  /** The figures whenever they change. Polls while it is subscribed to. */
  readonly changes$: Observable<BalanceFigures>;
  /** Crossings of thresholds. Polls while it is subscribed to. */
  readonly alerts$: Observable<BalanceNotice>;
}
