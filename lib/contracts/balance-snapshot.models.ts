import { date, flag, model, nullable, openApi, text, usd } from '../openapi/open-api.js';

const figure = (description: string) => nullable(usd(description, 'null if not known'));

/** What limits how much can be spent: the account's balance, the key's own limit, or a budget above the key. */
export type LimitedBy = NonNullable<BalanceSnapshot['limitedBy']>;

/** Where the figures of a {@link BalanceSnapshot} come from; `null` for figures that are not known. */
export class BalanceSnapshotSources {
  /** `'credits'`: `totalCredits`, `totalUsage` and `balance` come from `GET /credits`. */
  readonly balance!: 'credits' | null;
  /**
   * `'key'`: `keyLimitRemaining` comes from `GET /key`, so that `null` means that the key has no limit. The budgets
   * that OpenRouter enforces on the key are known as well.
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
 * What is known of an account's money, in US dollars. The snapshot and its dates are frozen, because many callers share
 * them.
 *
 * `null` means "not known", never 0. Negative amounts stay negative.
 */
export class BalanceSnapshot {
  /** All credits ever purchased. */
  readonly totalCredits!: number | null;
  /** All credits ever used. */
  readonly totalUsage!: number | null;
  /** `totalCredits − totalUsage`, exact, by OpenRouter's last answer. */
  readonly balance!: number | null;
  /**
   * What is left of the spending limit of `apiKey`, by OpenRouter's last answer. `null` if that was not requested or
   * not answered, or if the key has no limit (then `sources.keyLimit` is `'key'`).
   */
  readonly keyLimitRemaining!: number | null;
  /**
   * What can be spent: the smallest known value of `balance`, `keyLimitRemaining` and the tightest budget that
   * OpenRouter enforces on the key (`effective_budget` of `GET /key`), less the recorded spend that these may not
   * include yet. Also `null` if there is a budget whose remainder cannot be read, unless another limit shows that
   * nothing is left.
   */
  readonly spendable!: number | null;
  /**
   * What limits `spendable`: `'balance'`, which only a purchase raises; `'key-limit'`, the key's own limit; `'budget'`,
   * a budget of a guardrail, a member or a workspace. `null` while `spendable` is `null`.
   */
  readonly limitedBy!: 'balance' | 'key-limit' | 'budget' | null;
  /** When that limit resets; `null` if it never does (the balance never does), or if that is not known. */
  readonly resetsAt!: Date | null;
  /**
   * What the account has by now: `balance` less the recorded spend that it may not include yet. If the balance is not
   * known: `keyLimitRemaining` less that spend.
   */
  readonly estimated!: number | null;
  /** Where the figures come from. */
  readonly sources!: BalanceSnapshotSources;
  /** Whether the figures are older than they should be: OpenRouter could not be asked, or a limit has reset since. */
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

/** An event about an account's money: a threshold crossing, or a failure. Frozen. */
export interface BalanceAlert {
  /** What has happened; see {@link BalanceAlertType}. */
  readonly type: BalanceAlertType;
  /** The threshold that was crossed, in US dollars. */
  readonly threshold?: number;
  /** The figures at that moment, if there are any. */
  readonly snapshot?: BalanceSnapshot;
  /** When the event was noticed. */
  readonly at: Date;
}

/**
 * What has happened:
 * - `low`, `critical`: what can be spent has certainly, by OpenRouter's own figures, fallen below the threshold.
 * - `recovered`: with `threshold`, what can be spent has clearly risen above it again; without `threshold`, the balance
 *   can be read again.
 * - `unavailable`: the balance can no longer be read.
 */
export type BalanceAlertType = 'low' | 'critical' | 'recovered' | 'unavailable';

/** The state of the bookkeeping of an account's balance, in this process. */
export interface BalanceDiagnostics {
  /**
   * Whether the store that is shared with other processes (`balance.store`) answers; `null` if there is none, or it was
   * not asked yet. While it does not answer, this process goes on alone.
   */
  readonly storeUp: boolean | null;
  /**
   * How many calls of `recordSpend` had a wrong argument. An invalid amount was not subtracted; an amount with an
   * invalid `keyHash` was subtracted from the account's balance and from the limits of its `apiKey`.
   */
  readonly invalidSpends: number;
}
