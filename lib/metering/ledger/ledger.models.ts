import type { CompletionCostSource, CompletionOutcome, SpendScope } from '../../contracts/completion-cost.js';

/** What a group of completions has cost. */
export interface MeteringReportRow {
  /**
   * The value of each name of `groupBy`: of `day` a UTC date such as `2026-11-28`; `null` where a completion has none, for
   * example no `tenant` in its scope.
   */
  readonly key: Readonly<Record<string, string | null>>;
  /** What was billed, in US dollars, as far as the bills are known. */
  readonly usd: number;
  /** How many completions have ended: those with a bill, those given up, and those of unknown cost. */
  readonly completions: number;
  /** How many of them have an unknown cost, which is in no amount here. */
  readonly unknownCompletions: number;
  /** Tokens of the prompts, as far as they are known. */
  readonly promptTokens: number;
  /** Tokens of the answers, as far as they are known. */
  readonly completionTokens: number;
  /**
   * What is reserved and not billed yet, in US dollars: of completions under way, of those whose process has ended without
   * a word, and of those whose bill could not be learned (`source: 'hold'`). It is no part of `usd`. Once a bill is known,
   * it moves there, at the bill's amount.
   */
  readonly unsettledUsd: number;
}

/** What completions have cost, added up. */
export interface MeteringReport {
  /** A row for each combination of values, in the order of the keys; `null` comes last. */
  readonly rows: readonly MeteringReportRow[];
  /** The sum of `usd` over all rows: exact, and rounded once to a `number`. */
  readonly totalUsd: number;
  /** The sum of `unsettledUsd` over all rows. */
  readonly totalUnsettledUsd: number;
}

/** What was metered on a day beside what OpenRouter has billed. Amounts are US dollars. */
export interface MeteringDifference {
  /** The bills of completions that ended on the day. */
  readonly meteredUsd: number;
  /** What OpenRouter's activity of the day says. */
  readonly billedUsd: number;
  /** `billedUsd − meteredUsd`: what was spent past the meter, together with the differences that the next members tell. */
  readonly unmeteredUsd: number;
  /** By how much the sums may differ because OpenRouter rounds: half a millionth of a dollar for each completion. */
  readonly roundingUsd: number;
  /**
   * What completions have cost that ended within five minutes of one of the day's two midnights. OpenRouter may have booked
   * them on the other day.
   */
  readonly midnightUsd: number;
  /** What is reserved for completions of the day whose bill is not known. OpenRouter may have billed it. */
  readonly unsettledUsd: number;
  /** How many completions of the day have an unknown cost. OpenRouter may have billed them. */
  readonly unknownCompletions: number;
  /**
   * What is left of `unmeteredUsd` after all of these: above 0, money that was spent past the meter, for example by a script
   * with the same key; below 0, something was metered that OpenRouter has not billed on the day. 0 if all is explained.
   */
  readonly unexplainedUsd: number;
}

/** {@link MeteringDifference} of a model. */
export interface ModelDifference extends MeteringDifference {
  /** The model as OpenRouter's activity calls it, else as the meter does; `null` for what names none. */
  readonly model: string | null;
}

/** What was metered on a day beside what OpenRouter has billed: over all, and by model. */
export interface MeteringReconciliation extends MeteringDifference {
  /** The day in UTC, for example `2026-11-28`. */
  readonly date: string;
  /** By model, the highest bill first. */
  readonly byModel: readonly ModelDifference[];
}

/** An entry of the ledger. Contains nothing of the prompt, of the answer, or of a key. */
export interface ExportedCost {
  /**
   * Identifies the entry: `CompletionCost.id`, the `id` of `metering.record`, or that of a reservation. If you have chosen
   * the last one, a `/` and a hash of the id and the scope follow it.
   */
  readonly id: string;
  /** Where to go on after this entry: `after` of the next export. */
  readonly cursor: string;
  /**
   * Whether the bill is known. An entry without it (`source: 'hold'` or `'unknown'`) comes again under the same `id` if the
   * bill is learned later; one with it never does.
   */
  readonly isFinal: boolean;
  /** What it cost, in US dollars; what was held if `source` is `'hold'`; `null` if unknown. */
  readonly usd: number | null;
  /** The same in whole nano-dollars (10⁻⁹), which add up exactly. */
  readonly nanoUsd: number | null;
  /** Where `usd` comes from. */
  readonly source: CompletionCostSource;
  /** OpenRouter's id of the generation. */
  readonly generationId?: string;
  /** The model that answered, else the one that was asked for. */
  readonly model?: string;
  /** The provider that answered. */
  readonly provider?: string;
  /** Tokens of the prompt. */
  readonly promptTokens?: number;
  /** Tokens of the answer. */
  readonly completionTokens?: number;
  /** Whether it was billed to a provider key of the user's own. */
  readonly isByok: boolean;
  /** Whether the answer was a stream. */
  readonly isStream: boolean;
  /** How it ended. */
  readonly outcome: CompletionOutcome;
  /** For whom the money was spent; `{}` if nobody was named. */
  readonly scope: SpendScope;
  /** When the request was made. */
  readonly startedAt: Date;
  /** From the request to the end of the answer, in milliseconds. */
  readonly durationMs: number;
  /** When the entry was written, on the database's clock. */
  readonly settledAt: Date;
}
