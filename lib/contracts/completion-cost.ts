/**
 * For whom money is spent, for example `{ tenant: 'acme', user: 'u7', feature: 'chat' }`. At most 16 names, each matching
 * `[a-z][A-Za-z0-9]{0,31}`; values are strings of 1 to 200 characters without control characters or halves of surrogate pairs.
 */
export type SpendScope = Readonly<Record<string, string>>;

/** The scope of money that is nobody's. */
export const NOBODY: SpendScope = Object.freeze({});

/**
 * Where a cost comes from:
 * - `answer`: `usage.cost` of the completion's own answer;
 * - `generation`: `GET /generation`, because the answer did not state it;
 * - `recorded`: `MeteringService.record`;
 * - `hold`: the amount that was reserved, because the cost could not be learned;
 * - `unknown`: it could not be learned.
 */
export type CompletionCostSource = 'answer' | 'generation' | 'recorded' | 'hold' | 'unknown';

/**
 * How a completion ended: `complete`; `aborted` by the application, which cancelled the request or stopped reading the
 * answer; or `failed`, by an error status, an error in the answer, or a lost connection.
 */
export type CompletionOutcome = 'complete' | 'aborted' | 'failed';

/** What one completion has cost. Contains nothing of the prompt or of the answer. */
export interface CompletionCost {
  /** Identifies the completion: unique, made by the meter, or the `id` given to `MeteringService.record`. */
  readonly id: string;
  /** OpenRouter's id of the generation: the header `X-Generation-Id`, or the `id` of the answer where it is the same. */
  readonly generationId?: string;
  /** US dollars, as OpenRouter billed them. `null` if unknown. */
  readonly usd: number | null;
  /** Where `usd` comes from. */
  readonly source: CompletionCostSource;
  /** What was reserved for it under the spend limits, in US dollars. Absent where nothing was. */
  readonly heldUsd?: number;
  /** The model that answered, else the one that was asked for, for example `openai/gpt-5-mini`. */
  readonly model?: string;
  /** The model that was asked for, for example `openrouter/auto`. */
  readonly requestedModel?: string;
  /** Path of the request below the base URL, for example `/chat/completions`. Absent for a recorded cost. */
  readonly path?: string;
  /** HTTP status of the answer. Absent for a recorded cost, and if there was no answer. */
  readonly status?: number;
  /** The provider that answered, for example `OpenAI`. */
  readonly provider?: string;
  /** Tokens of the prompt. */
  readonly promptTokens?: number;
  /** Tokens of the answer, including those of reasoning. */
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
  /** From the request to the end of the answer, or to the moment at which its cost was read, in milliseconds. */
  readonly durationMs: number;
}
