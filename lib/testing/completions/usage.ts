import { type CompletionPlan, costsOf, tokensOf } from './plan.js';

/** The member `usage` of an answer, or none. */
export function usageMember(
  plan: CompletionPlan,
  usageOf: (plan: CompletionPlan) => object,
): { usage?: object | null } {
  const { usage = plan.ending === 'failed' ? 'missing' : 'last' } = plan;
  if (usage === 'missing') return {};
  return { usage: usage === 'null' ? null : usageOf(plan) };
}

/**
 * What all APIs say of the cost, and the tokens of the answer.
 *
 * @param names - The API's words for the tokens of the prompt and of the answer, in its cost details.
 */
export function costMembers(
  plan: CompletionPlan,
  [prompt, answer]: readonly [string, string],
): { completionTokens: number; cost: object } {
  const { generation, produced } = plan;
  const completionTokens = tokensOf(plan, produced);
  // An answer of the cache names no cost.
  if (generation.cachedFrom !== null) return { completionTokens, cost: {} };
  const { cost, byokCost } = costsOf(plan, produced);
  const upstream = generation.isByok ? byokCost : cost;
  return {
    completionTokens,
    cost: {
      cost,
      is_byok: generation.isByok,
      // Part of `cost`, not on top of it, unless the owner's own contract pays.
      cost_details: {
        upstream_inference_cost: upstream,
        [`upstream_inference_${prompt}_cost`]: 0,
        [`upstream_inference_${answer}_cost`]: upstream,
      },
    },
  };
}
