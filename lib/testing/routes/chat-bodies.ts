import type { Generation } from '../account/generations.js';

const ANSWER = ['Hello', ' from', ' the', ' sandbox', '.'];

/** One per chunk of a stream. */
export const ANSWER_TOKENS = ANSWER.length;

/** A completion that is not streamed. */
export function completionBody(generation: Generation): object {
  return {
    ...headOf(generation, 'chat.completion'),
    system_fingerprint: null,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: ANSWER.join(''), refusal: null, reasoning: null },
        finish_reason: 'stop',
        native_finish_reason: 'stop',
        logprobs: null,
      },
    ],
    usage: usageOf(generation),
  };
}

/** The chunks of a streamed completion. The last one contains its usage and cost. */
export function completionEvents(generation: Generation): object[] {
  const chunk = (content: string, finishReason: string | null): object => ({
    ...headOf(generation, 'chat.completion.chunk'),
    choices: [
      {
        index: 0,
        delta: { role: 'assistant', content },
        finish_reason: finishReason,
        native_finish_reason: finishReason,
        logprobs: null,
      },
    ],
  });
  return [
    ...ANSWER.map((piece) => chunk(piece, null)),
    chunk('', 'stop'),
    { ...chunk('', null), usage: usageOf(generation) },
  ];
}

function headOf({ id, provider, model, createdAt }: Generation, object: string): object {
  return { id, provider, model, object, created: Math.floor(createdAt.getTime() / 1000) };
}

function usageOf({ promptTokens, completionTokens, cost }: Generation): object {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    cost,
    is_byok: false,
    // Part of `cost`, not on top of it.
    cost_details: {
      upstream_inference_cost: cost,
      upstream_inference_prompt_cost: 0,
      upstream_inference_completions_cost: cost,
    },
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0 },
  };
}
