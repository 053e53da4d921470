/** Models, each with the dollars that the demo account spends on it on an ordinary day. */
export const MODELS = [
  { model: 'anthropic/claude-sonnet-4', usualUsd: 0.62 },
  { model: 'openai/gpt-4.1', usualUsd: 0.38 },
  { model: 'google/gemini-2.5-pro', usualUsd: 0.29 },
  { model: 'openai/gpt-4.1-mini', usualUsd: 0.14 },
  { model: 'deepseek/deepseek-chat-v3', usualUsd: 0.11 },
  { model: 'mistralai/mistral-medium-3', usualUsd: 0.08 },
  { model: 'meta-llama/llama-4-maverick', usualUsd: 0.05 },
] as const;

/** Returns one model after the other. */
export function modelRotation(): () => string {
  let index = -1;
  return () => {
    index = (index + 1) % MODELS.length;
    return MODELS[index]!.model;
  };
}
