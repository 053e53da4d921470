import type { SpendScope } from './completion-cost.js';
import type { SpendPeriod } from './spend-period.js';

/** What counts against a limit, for one subject in one window. Amounts are US dollars. */
export interface SpendUsage {
  /** Name of the rule. */
  readonly rule: string;
  /** The members of the scope that the rule counts by; `{}` where it counts everything. */
  readonly subject: SpendScope;
  /** Period of the rule. */
  readonly period: SpendPeriod;
  /** The first moment that counts. */
  readonly from: Date;
  /** The next moment at which something stops counting; `null` if nothing ever does. */
  readonly resetsAt: Date | null;
  /** The limit; `null` for none. */
  readonly limitUsd: number | null;
  /** What was billed, less refunds. */
  readonly spentUsd: number;
  /** What is reserved for completions under way. */
  readonly heldUsd: number;
  /** What was reserved by processes that have ended without a word, until its bill is known. */
  readonly unsettledUsd: number;
  /** What can still be reserved, 0 or more; `null` without a limit. */
  readonly remainingUsd: number | null;
}

/** What is spent has reached a fraction of a limit. */
export interface SpendAlert {
  /**
   * `reached` for the fraction 1, when the limit is spent or has refused a reservation; `warning` for any other fraction.
   */
  readonly type: 'warning' | 'reached';
  /** The fraction, of `warnAt` of the rule. */
  readonly fraction: number;
  /** What counts against the limit. */
  readonly usage: SpendUsage;
  /** When it was noticed. */
  readonly at: Date;
}

/** Something has happened to the store of the spend limits, as this process has noticed it. */
export interface SpendStoreAlert {
  /**
   * - `unavailable`: it does not answer; `spendLimits.onStoreFailure` decides what happens to completions.
   * - `recovered`: it has answered every call for 5 seconds; it is told what was spent meanwhile.
   * - `data-loss`: it may have lost what was spent. The sums that this process was told are restored; what other processes
   *   have spent since it was last told of it may be missing.
   */
  readonly type: 'unavailable' | 'recovered' | 'data-loss';
  /** When it was noticed. */
  readonly at: Date;
}

/** The state of the spend limits of an account, in this process. */
export interface SpendDiagnostics {
  /** Whether the store answers; `null` if it was not asked yet. */
  readonly storeUp: boolean | null;
  /** How many calls that must not be lost wait for the store: bills, releases and corrections. */
  readonly waiting: number;
  /**
   * When the oldest hold was admitted whose process has ended without a word and whose bill is not known yet, of those that
   * this process looks after; `null` if there is none.
   */
  readonly oldestUnsettledAt: Date | null;
  /** The names of the rules, in the order of the options. */
  readonly rules: readonly string[];
}
