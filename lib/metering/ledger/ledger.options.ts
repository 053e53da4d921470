import type { SpendScope } from '../../contracts/completion-cost.js';

/** Which completions to add up, and by what. */
export interface MeteringReportQuery {
  /**
   * The first moment: completions count that were requested from then on. A `Date`, or a text such as `2026-11-28` (midnight
   * UTC) or `2026-11-28T10:30:00Z`.
   */
  from: Date | string;
  /** The first moment after it: completions that were requested then count no more. */
  to: Date | string;
  /**
   * By what to add up: `'model'`, `'day'` (in UTC), or names of the scope; up to 8. A scope's own `model` or `day` cannot
   * be chosen. @defaultValue a single sum
   */
  groupBy?: string | readonly string[] | undefined;
  /** Only completions whose scope has all of these members. @defaultValue all */
  scope?: SpendScope | undefined;
}

/** Which day to compare with OpenRouter's activity. */
export interface MeteringReconcileQuery {
  /** A UTC day that is over: a text such as `2026-11-28`, or a `Date`, of which the day in UTC counts. */
  date: Date | string;
  /**
   * Hash of the one key whose activity counts: `ApiKeysService.hashOf(key)`. For an account whose other keys are not
   * metered. @defaultValue the whole account
   */
  apiKeyHash?: string | undefined;
}

/** Which entries of the ledger to export. */
export interface ExportCostsQuery {
  /** The first moment: entries of completions that were requested from then on. @defaultValue the beginning */
  from?: Date | string | undefined;
  /** The first moment after it. @defaultValue no end */
  to?: Date | string | undefined;
  /** Only completions whose scope has all of these members. @defaultValue all */
  scope?: SpendScope | undefined;
  /** `cursor` of the last entry that was processed. @defaultValue from the first entry on */
  after?: string | undefined;
}
