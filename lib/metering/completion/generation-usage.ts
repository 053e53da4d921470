import type { Generation } from '../../generations/generation.models.js';
import { sumUsd } from '../../money/usd.js';
import type { ResolvedMeteringOptions } from '../../options/openrouter-options.js';
import type { CompletionUsage } from './open-completion.js';

/**
 * What `GET /generation` states of a completion. `total_cost` of a cancelled one is what was billed for it. Tokens are
 * those that the provider counted, as in a completion's own `usage`.
 *
 * @param byok - Whether the bill of the user's own provider key is part of the cost (`total`) or not (`fee`).
 */
export function usageOfGeneration(
  generation: Generation,
  byok: ResolvedMeteringOptions['byok'],
): CompletionUsage {
  const { totalCost, upstreamInferenceCost: upstream, isByok = false } = generation;
  return {
    usd: byok === 'total' && isByok ? totalOf(totalCost, upstream) : totalCost,
    generationId: generation.id,
    model: generation.model,
    provider: generation.providerName,
    promptTokens: generation.nativeTokensPrompt ?? generation.tokensPrompt,
    completionTokens: generation.nativeTokensCompletion ?? generation.tokensCompletion,
    isByok,
  };
}

/** Unknown without the provider's part: the fee alone is not the total. */
function totalOf(fee: number, upstream: number | undefined): number | undefined {
  return upstream === undefined ? undefined : sumUsd([fee, upstream]);
}
