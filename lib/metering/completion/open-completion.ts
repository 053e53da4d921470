import type { CompletionOutcome, SpendScope } from '../../contracts/completion-cost.js';

/** What is known of a completion before it is sent. Nothing of its prompt. */
export interface CompletionRequest {
  /** Path below the base URL, without a query, for example `/chat/completions`. */
  readonly path: string;
  readonly model: string | undefined;
  readonly maxTokens: number | undefined;
  /** Whether the request asks for a stream. */
  readonly isStream: boolean;
  /** The hash of the key that it is sent with. */
  readonly keyHash: string | undefined;
  /** `undefined` if no scope was given; `{}` is a scope. */
  readonly scope: SpendScope | undefined;
  /** What to reserve for it, in US dollars, if that was given. */
  readonly holdUsd: number | undefined;
}

/** The start of an answer. */
export interface CompletionAnswer {
  readonly status: number;
  readonly generationId: string | undefined;
  /** Whether OpenRouter answered from its cache, which costs nothing. */
  readonly isCacheHit: boolean;
  readonly isStream: boolean;
}

/** What an answer states about its cost. Members that it does not state are `undefined`. */
export interface CompletionUsage {
  /** US dollars, with the cost at the provider if the option `byok` says so. */
  readonly usd: number | undefined;
  readonly generationId: string | undefined;
  readonly model: string | undefined;
  readonly provider: string | undefined;
  readonly promptTokens: number | undefined;
  readonly completionTokens: number | undefined;
  readonly isByok: boolean;
}

/** One completion that is being sent. Calls after `ended` or `unanswered` have no effect. */
export interface OpenCompletion {
  /** The status and headers have arrived. */
  answered(answer: CompletionAnswer): void;
  /** The part of the answer that states the usage has passed. */
  told(usage: CompletionUsage): void;
  /**
   * An error has passed in the answer: the body of an error status as parsed JSON, or an error event of a stream. The
   * usage may still follow.
   */
  erred(error: unknown): void;
  /** The answer is over. `error` is an error that it contained, unless `erred` was called with it. */
  ended(outcome: CompletionOutcome, error?: unknown): void;
  /**
   * The request failed before an answer, with what `fetch` threw.
   *
   * @param isAborted - Whether the caller's signal ended it.
   * @param isUnsent - Whether it is certain that `fetch` was never called.
   */
  unanswered(reason: unknown, isAborted: boolean, isUnsent?: boolean): void;
}

/** A refusal that the client gets as an answer, without any request to OpenRouter. */
export interface CompletionRefusal {
  readonly message: string;
  /** For `Retry-After`, in milliseconds. @defaultValue the answer has none */
  readonly retryAfterMs?: number | undefined;
  /** `metadata` of the error envelope, with a `limit_source`. */
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** Admits completions, and follows those that it has admitted. Never throws or rejects. */
export interface CompletionDesk {
  open(
    request: CompletionRequest,
  ): OpenCompletion | CompletionRefusal | Promise<OpenCompletion | CompletionRefusal>;
}
