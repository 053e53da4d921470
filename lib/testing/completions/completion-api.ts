import type { Rule } from '../routes/rules.js';
import type { CompletionPlan } from './plan.js';
import type { StreamEvents } from './stream-pieces.js';

/** The body of a request for a completion, whose fields have been checked. */
export type CompletionRequestBody = Readonly<Record<string, unknown>>;

/** One of the APIs that complete: its path, what it demands, and how it answers. */
export interface CompletionApi {
  readonly path: string;
  readonly apiType: 'completions' | 'embeddings';
  readonly rules: Readonly<Record<string, Rule>>;
  readonly required: readonly string[];
  /** What is counted as tokens of the prompt. */
  promptOf(body: CompletionRequestBody): unknown;
  /** The end user whom the request names. */
  userOf(body: CompletionRequestBody): string | null;
  /** An answer in one piece, a failed one too. */
  json(plan: CompletionPlan, body: CompletionRequestBody): object;
  /** Absent where the API has no streams. */
  events?(plan: CompletionPlan, body: CompletionRequestBody): StreamEvents;
}
