// The answer of `GET /activity` in its benchmark: as many rows as a busy account has in 30 days.

export const ROWS = 10_000;

const MODELS = [
  ['anthropic/claude-sonnet-4.5', 'Anthropic'],
  ['openai/gpt-4.1', 'OpenAI'],
  ['google/gemini-2.5-pro', 'Google'],
  ['meta-llama/llama-3.3-70b-instruct', 'DeepInfra'],
  ['deepseek/deepseek-chat-v3.1', 'Together'],
];

/** The answer, the same for every call. */
export function activityAnswer() {
  const data = Array.from({ length: ROWS }, (_, index) => {
    const [model, provider] = MODELS[index % MODELS.length];
    return {
      date: `2025-08-${String((index % 30) + 1).padStart(2, '0')}`,
      model,
      model_permaslug: `${model}-2025-04-14`,
      endpoint_id: `550e8400-e29b-41d4-a716-${String(index).padStart(12, '0')}`,
      provider_name: provider,
      usage: ((index * 37) % 100_003) / 1e6,
      byok_usage_inference: index % 9 === 0 ? 0.012 : 0,
      requests: (index % 50) + 1,
      prompt_tokens: (index * 13) % 50_000,
      completion_tokens: (index * 7) % 20_000,
      reasoning_tokens: index % 3 === 0 ? 25 : 0,
    };
  });
  return { data };
}
