import type { CompletionCostSource, CompletionOutcome, SpendScope } from './completion-cost.js';

/**
 * What the ledger keeps of one completion. Contains nothing of the prompt, of the answer, or of a key.
 *
 * Times are milliseconds since 1970, whole numbers.
 */
export interface SpendLedgerEntry {
  /** Identifies the completion or the reservation within the account. 1 to 200 characters. */
  readonly id: string;
  /** OpenRouter's id of the generation. */
  readonly generationId?: string | undefined;
  /** For whom the money was spent; `{}` if nobody was named. */
  readonly scope: SpendScope;
  /** The model that answered, else the one that was asked for. */
  readonly model?: string | undefined;
  /** The provider that answered. */
  readonly provider?: string | undefined;
  /** Tokens of the prompt. */
  readonly promptTokens?: number | undefined;
  /** Tokens of the answer. */
  readonly completionTokens?: number | undefined;
  /** What it cost, in nano-dollars; `null` if unknown. */
  readonly nanoUsd: number | null;
  /** Where `nanoUsd` comes from. */
  readonly source: CompletionCostSource;
  /** How it ended. */
  readonly outcome: CompletionOutcome;
  /** Whether it was billed to a provider key of the user's own. */
  readonly isByok: boolean;
  /** Whether the answer was a stream. */
  readonly isStream: boolean;
  /** When the request was made. */
  readonly startedAt: number;
  /** From the request to the end of the answer, in milliseconds. */
  readonly durationMs: number;
}

/** An entry as the ledger returns it. */
export interface SpendLedgerRow extends SpendLedgerEntry {
  /** When the entry was written, on the ledger's clock. */
  readonly settledAt: number;
  /** The place after the entry, for {@link SpendLedgerPageQuery.after}: 1 to 100 letters, digits, `.`, `_` or `-`. */
  readonly cursor: string;
}

/** A hold that is neither settled, released nor given up, so that its completion has no entry yet. */
export interface SpendLedgerHold {
  /** What is held, in nano-dollars. */
  readonly nanoUsd: number;
  /** The note of the hold. */
  readonly note: string;
  /** When it was admitted, on the ledger's clock. */
  readonly admittedAt: number;
}

/** Which entries count. */
export interface SpendLedgerRange {
  /** The first moment that counts. */
  readonly from: number;
  /** The first one after it that does not. */
  readonly to: number;
  /** Only entries whose scope has all of these members. */
  readonly scope?: SpendScope | undefined;
}

/** What to add up. */
export interface SpendLedgerQuery extends SpendLedgerRange {
  /**
   * By what: `day` is the UTC date of `startedAt`, `model` the model, any other text the value of that name in the scope.
   * `[]` gives a single sum, or none if there are no entries.
   */
  readonly groupBy: readonly string[];
  /**
   * Which moment of a completion has to be in the range: `startedAt`, or its end, which is `startedAt + durationMs`. No
   * completion takes longer than a day. @defaultValue `'start'`
   */
  readonly moment?: 'start' | 'end' | undefined;
}

/** The sum of a group of entries. */
export interface SpendLedgerSum {
  /** The values of `groupBy`, in its order: a date as `2026-11-28`; `null` where an entry has none. */
  readonly key: readonly (string | null)[];
  /** What was billed, in nano-dollars. */
  readonly nanoUsd: bigint;
  /** What was held where the bill could not be learned (`source: 'hold'`), in nano-dollars. Not part of `nanoUsd`. */
  readonly unsettledNanoUsd: bigint;
  /** How many entries. */
  readonly completions: number;
  /** How many of them have a cost that is not known (`nanoUsd: null`). */
  readonly unknownCompletions: number;
  /** Tokens of the prompts, as far as they are known. */
  readonly promptTokens: number;
  /** Tokens of the answers, as far as they are known. */
  readonly completionTokens: number;
}

/** Which entries to return next: those of which `startedAt` is in the range. */
export interface SpendLedgerPageQuery extends SpendLedgerRange {
  /** {@link SpendLedgerRow.cursor} of the last entry that was seen; the first page without it. */
  readonly after?: string | undefined;
  /** How many entries at most, from 1 on. */
  readonly limit: number;
}

/**
 * A row for each completion, of all processes of an application. Only a store that loses nothing has one.
 *
 * Rules for every method are those of `SpendStore`. An id has one entry: a later entry of the same id has no effect, except
 * that one with a bill replaces one whose `source` is `unknown` or `hold`, and one of `hold` replaces one of `unknown`.
 */
export interface SpendLedger {
  /** Writes the entry of a completion that has no hold, or whose hold is released. */
  record(account: string, entry: SpendLedgerEntry): Promise<void>;

  /** Adds entries up. The sums are exact; the groups are in the order of their keys. */
  report(account: string, query: SpendLedgerQuery): Promise<readonly SpendLedgerSum[]>;

  /** Returns the open holds that were admitted in a range, in no order. */
  openHolds(
    account: string,
    range: Pick<SpendLedgerRange, 'from' | 'to'>,
  ): Promise<readonly SpendLedgerHold[]>;

  /**
   * Returns entries in an order in which a later one never comes before an earlier cursor: whoever follows the cursors sees
   * each entry once, also those that are written meanwhile. An entry that has replaced another comes again, at its new
   * place; the replaced one is gone.
   *
   * @returns Fewer than `limit` if there are no more at present; `undefined` for a cursor that this ledger has not made.
   */
  page(account: string, query: SpendLedgerPageQuery): Promise<readonly SpendLedgerRow[] | undefined>;
}
