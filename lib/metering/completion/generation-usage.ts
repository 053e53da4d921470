import type { Generation } from '../../generations/generation.models.js';
import { sumUsd } from '../../money/usd.js';
import type { CompletionUsage } from './open-completion.js';

/**
 * What `GET /generation` states of a completion. `total_cost` of a cancelled one is what was billed for it. Tokens are
 * those that the provider counted, as in a completion's own `usage`.
 *
 * @param byok - Whether the bill of the user's own provider key is part of the cost (`total`) or not (`fee`).
 */
export function usageOfGeneration(generation: Generation, byok: 'fee' | 'total'): CompletionUsage {
  const { totalCost, upstreamInferenceCost = 0, isByok = false } = generation;
  return {
    usd: byok === 'total' && isByok ? sumUsd([totalCost, upstreamInferenceCost]) : totalCost,
    generationId: generation.id,
    model: generation.model,
    provider: generation.providerName,
    promptTokens: generation.nativeTokensPrompt ?? generation.tokensPrompt,
    completionTokens: generation.nativeTokensCompletion ?? generation.tokensCompletion,
    isByok,
  };
}
