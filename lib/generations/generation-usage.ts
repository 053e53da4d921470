import { sumUsd } from '../money/usd.js';
import type { Generation } from './generation.models.js';

/** What a generation was billed, and for what. */
export interface GenerationUsage {
  /** US dollars; `undefined` if only a part of the bill is known. */
  readonly usd: number | undefined;
  readonly generationId: string;
  readonly model: string | undefined;
  readonly provider: string | undefined;
  readonly promptTokens: number | undefined;
  readonly completionTokens: number | undefined;
  readonly isByok: boolean;
}

/**
 * What `GET /generation` states of a completion. `total_cost` of a cancelled one is what was billed for it. Tokens are
 * those that the provider counted, as in a completion's own `usage`.
 *
 * @param byok - Whether the bill of the user's own provider key is part of the cost (`total`) or not (`fee`).
 */
export function usageOfGeneration(generation: Generation, byok: 'fee' | 'total'): GenerationUsage {
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
