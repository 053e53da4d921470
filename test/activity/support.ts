/** A row as the API documents it. */
export const ROW = {
  date: '2025-08-24',
  model: 'openai/gpt-4.1',
  model_permaslug: 'openai/gpt-4.1-2025-04-14',
  endpoint_id: '550e8400-e29b-41d4-a716-446655440000',
  provider_name: 'OpenAI',
  usage: 0.015,
  byok_usage_inference: 0.012,
  requests: 5,
  prompt_tokens: 50,
  completion_tokens: 125,
  reasoning_tokens: 25,
};

/** What is made of it. */
export const ITEM = {
  date: new Date(Date.UTC(2025, 7, 24)),
  model: 'openai/gpt-4.1',
  modelPermaslug: 'openai/gpt-4.1-2025-04-14',
  endpointId: '550e8400-e29b-41d4-a716-446655440000',
  providerName: 'OpenAI',
  usage: 0.015,
  byokUsageInference: 0.012,
  requests: 5,
  promptTokens: 50,
  completionTokens: 125,
  reasoningTokens: 25,
};
