import type {
  CompletionAnswer,
  CompletionRequest,
  CompletionUsage,
} from '../../../lib/metering/completion/open-completion.js';

/** A request for a stream. */
export function request(given: Partial<CompletionRequest> = {}): CompletionRequest {
  return {
    path: '/chat/completions',
    model: 'openai/gpt-5-mini',
    maxTokens: undefined,
    isStream: true,
    keyHash: undefined,
    scope: undefined,
    holdUsd: undefined,
    ...given,
  };
}

/** The start of a good answer without a generation id. */
export function answer(given: Partial<CompletionAnswer> = {}): CompletionAnswer {
  return { status: 200, generationId: undefined, isCacheHit: false, isStream: true, ...given };
}

/** A statement of nothing but what is given. */
export function usage(given: Partial<CompletionUsage> = {}): CompletionUsage {
  return {
    usd: undefined,
    generationId: undefined,
    model: undefined,
    provider: undefined,
    promptTokens: undefined,
    completionTokens: undefined,
    isByok: false,
    ...given,
  };
}
