import type { SpendScope } from '../contracts/completion-cost.js';
import type { SpendPeriod } from '../contracts/spend-period.js';
import type { SpendStore } from '../contracts/spend-store.js';

/**
 * A limit in US dollars, from 0 to 9 000 000, or a function that returns it. 0 refuses everything; `null` is no limit.
 *
 * A function is asked once a minute for each subject, with the members of the scope that the rule counts by.
 */
export type SpendLimitUsd = number | null | ((scope: SpendScope) => number | null | Promise<number | null>);

/** How much may be spent for whom in which time. */
export interface SpendLimitRule {
  /** Name of the rule, in refusals, alerts and metrics. @defaultValue for example `tenant per month` */
  name?: string | undefined;
  /**
   * The names of the scope by which it counts: each combination of their values has a sum of its own. The rule applies to
   * scopes that have all of these names. `[]` counts everything that the account spends.
   */
  by: string | readonly string[];
  /** The limit. */
  usd: SpendLimitUsd;
  /** For how long spend counts. */
  period: SpendPeriod;
  /** The IANA time zone in which a day, a week or a month begins. @defaultValue `'UTC'` */
  timeZone?: string | undefined;
  /**
   * Fractions of the limit, above 0 and up to 1, ascending: `SpendLimitsService.alerts$` emits when what is spent
   * reaches one. @defaultValue `[]`
   */
  warnAt?: readonly number[] | undefined;
}

/** What is known of a completion when it is decided how much to reserve for it. */
export interface SpendHoldRequest {
  /** Path below the base URL, for example `/chat/completions`. */
  readonly path: string;
  /** The model that is asked for. */
  readonly model?: string;
  /** The maximum number of tokens of the answer, if the request states it. */
  readonly maxTokens?: number;
  /** Whether the request asks for a stream. */
  readonly isStream: boolean;
  /** For whom it is. */
  readonly scope: SpendScope;
}

/** What each process may spend by itself in an outage of the store. */
export interface SpendStoreAllowance {
  /** US dollars. */
  readonly allowUsd: number;
}

/** What happens while the store of the spend limits does not answer. */
export type SpendStoreFailure = 'refuse' | 'allow' | SpendStoreAllowance;

/** How much may be spent, and how that is enforced. */
export interface SpendLimitsOptions {
  /** The limits, up to 32. None at all needs a `store`: its ledger then has a row for each completion, without a limit. */
  rules: readonly SpendLimitRule[];
  /** Shares what is spent with other processes. @defaultValue the memory of this process */
  store?: SpendStore | undefined;
  /**
   * How much to reserve for a completion, in US dollars, if nothing was learned of its model; or a function that returns
   * it, whose result takes precedence over what was learned. @defaultValue `0.05`
   */
  holdUsd?: number | ((request: SpendHoldRequest) => number | undefined) | undefined;
  /** The most that is reserved for a completion, in US dollars, above 0. @defaultValue `1` */
  maxHoldUsd?: number | undefined;
  /**
   * Whether to reserve by what completions of the same model were billed: the 95th percentile of the last ones plus a
   * quarter of it, once there are 30. Bills of 0 do not count. @defaultValue `true`
   */
  learnHolds?: boolean | undefined;
  /**
   * After how many milliseconds without a sign of life a reservation counts as lost, from 1 000 to 3 600 000.
   * @defaultValue `120000`
   */
  leaseMs?: number | undefined;
  /**
   * What happens while the store does not answer: completions are refused; allowed; or allowed up to a sum in US dollars
   * for each process and outage. @defaultValue `'refuse'`
   */
  onStoreFailure?: SpendStoreFailure | undefined;
}

/** A rule with all defaults filled in. */
export interface ResolvedSpendLimitRule {
  /** Name of the rule. */
  readonly name: string;
  /** The names of the scope by which it counts. */
  readonly by: readonly string[];
  /** The limit. */
  readonly usd: SpendLimitUsd;
  /** For how long spend counts. */
  readonly period: SpendPeriod;
  /** The time zone in which a day, a week or a month begins. */
  readonly timeZone: string;
  /** Fractions of the limit that are announced. */
  readonly warnAt: readonly number[];
}

/** Settings of the spend limits with all defaults filled in, without the store, which may contain a secret. */
export interface ResolvedSpendLimitsOptions {
  /** The limits. */
  readonly rules: readonly ResolvedSpendLimitRule[];
  /** How much to reserve for a completion, in US dollars. */
  readonly holdUsd: number | ((request: SpendHoldRequest) => number | undefined);
  /** The most that is reserved for a completion, in US dollars. */
  readonly maxHoldUsd: number;
  /** Whether to reserve by what was billed. */
  readonly learnHolds: boolean;
  /** After how many milliseconds without a sign of life a reservation counts as lost. */
  readonly leaseMs: number;
  /** What happens while the store does not answer. */
  readonly onStoreFailure: SpendStoreFailure;
}
