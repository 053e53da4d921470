import { toUnits } from './usd.js';

/** US dollars per million tokens of the prompt, and of the answer. */
type Price = readonly [prompt: number, answer: number];

/** A few models with about the prices that they had in 2026. Prices on OpenRouter change, these do not. */
export const PRICES: ReadonlyMap<string, Price> = new Map<string, Price>([
  ['openai/gpt-4.1', [2, 8]],
  ['openai/gpt-4.1-mini', [0.4, 1.6]],
  ['anthropic/claude-sonnet-4', [3, 15]],
  ['google/gemini-2.5-pro', [1.25, 10]],
  ['google/gemini-2.5-flash', [0.3, 2.5]],
  ['openai/text-embedding-3-small', [0.02, 0]],
]);

const OTHER_MODELS: Price = [1, 4];

const FREE: Price = [0, 0];

/** The price of a completion, in exact units. */
export function priceOf(model: string, promptTokens: number, completionTokens: number): bigint {
  const [prompt, answer] = model.endsWith(':free') ? FREE : (PRICES.get(model) ?? OTHER_MODELS);
  const million = toUnits(prompt) * BigInt(promptTokens) + toUnits(answer) * BigInt(completionTokens);
  return million / 1_000_000n;
}
