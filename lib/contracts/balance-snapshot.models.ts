import { date, flag, model, nullable, openApi, text, usd } from '../openapi/open-api.js';

const figure = (description: string) => nullable(usd(description, 'null if not known'));

/** What decides how much can be spent: the account's balance, the key's own limit, or a budget above the key. */
export type LimitedBy = 'balance' | 'key-limit' | 'budget';

/** Where the figures of a {@link BalanceSnapshot} come from. `null`: not known. */
export class BalanceSnapshotSources {
  /** `'credits'`: `totalCredits`, `totalUsage` and `balance` are those of `GET /credits`. */
  readonly balance!: 'credits' | null;
  /**
   * `'key'`: `keyLimitRemaining` is that of `GET /key`, where `null` then means that the key has no limit, and the budgets
   * that OpenRouter enforces on the key are known with it.
   */
  readonly keyLimit!: 'key' | null;

  /** @internal */
  static _OPENAPI_METADATA_FACTORY(): Record<string, object> {
    return openApi<BalanceSnapshotSources>({
      balance: nullable(text(undefined, { enum: ['credits'] })),
      keyLimit: nullable(text(undefined, { enum: ['key'] })),
    });
  }
}

/**
 * What is known of an account's money, in US dollars. Frozen, and its date with it, since many callers share it.
 *
 * `null` is "not known", never 0. What is below zero stays below zero.
 */
export class BalanceSnapshot {
  /** All credits ever purchased. */
  readonly totalCredits!: number | null;
  /** All credits ever used. */
  readonly totalUsage!: number | null;
  /** `totalCredits − totalUsage`, exact, as OpenRouter said last. */
  readonly balance!: number | null;
  /**
   * What is left of the spending limit of `apiKey`, as OpenRouter said last; `null` if that was not asked, not told,
   * or the key has no limit (`sources.keyLimit` is `'key'` then).
   */
  readonly keyLimitRemaining!: number | null;
  /**
   * What can be spent: the smallest of `balance`, `keyLimitRemaining` and the tightest budget that OpenRouter enforces on
   * the key (`effective_budget` of `GET /key`), of those that are known, less the spend that was recorded and may not be in
   * them yet. `null` also where there is a budget and how much is left of it cannot be
   * read, unless another one shows that nothing is left.
   */
  readonly spendable!: number | null;
  /**
   * Which of them it is: `'balance'`, which only a purchase raises; `'key-limit'`, the key's own limit; `'budget'`, one of
   * a guardrail, a member or a workspace. `null` while `spendable` is.
   */
  readonly limitedBy!: LimitedBy | null;
  /** When that limit starts anew; `null` for never, as the balance does, or if that is not known. */
  readonly resetsAt!: Date | null;
  /**
   * What the account has by now: `balance` less the spend that was recorded and may not be in it yet; where the
   * balance is not known, `keyLimitRemaining` less it.
   */
  readonly estimated!: number | null;
  /** Where the figures come from. */
  readonly sources!: BalanceSnapshotSources;
  /** Whether the figures are older than they should be: OpenRouter could not be asked, or a limit has started anew since. */
  readonly stale!: boolean;
  /** When OpenRouter answered, by the wall clock of the machine that asked. */
  readonly fetchedAt!: Date;

  /** @internal */
  static _OPENAPI_METADATA_FACTORY(): Record<string, object> {
    return openApi<BalanceSnapshot>({
      totalCredits: figure('All credits ever purchased'),
      totalUsage: figure('All credits ever used'),
      balance: figure('Purchased minus used'),
      keyLimitRemaining: figure("What is left of the key's spending limit"),
      spendable: figure('What can be spent'),
      limitedBy: nullable(
        text('What decides how much can be spent', { enum: ['balance', 'key-limit', 'budget'] }),
      ),
      resetsAt: nullable(date('When that limit starts anew; null for never, or not known')),
      estimated: figure('What the account has by now'),
      sources: model(() => BalanceSnapshotSources),
      stale: flag(
        'Older than it should be: OpenRouter could not be asked, or a limit has started anew since',
      ),
      fetchedAt: date(),
    });
  }
}

/** Something about an account's money that somebody should know. Frozen. */
export interface BalanceAlert {
  /**
   * What has happened:
   * - `low`, `critical`: what can be spent has fallen below the threshold, for certain: by OpenRouter's own figures.
   * - `recovered`: with `threshold`, it has clearly risen above it again; without, the balance can be read again.
   * - `unavailable`: the balance can no longer be read.
   */
  readonly type: BalanceAlertType;
  /** The threshold that was crossed, in US dollars. */
  readonly threshold?: number;
  /** The figures at that moment, if there are any. */
  readonly snapshot?: BalanceSnapshot;
  /** When it was noticed. */
  readonly at: Date;
}

/**
 * - `low`, `critical`: what can be spent has fallen below the threshold, for certain: by OpenRouter's own figures.
 * - `recovered`: with `threshold`, it has clearly risen above it again; without, the balance can be read again.
 * - `unavailable`: the balance can no longer be read.
 */
export type BalanceAlertType = 'low' | 'critical' | 'recovered' | 'unavailable';

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
