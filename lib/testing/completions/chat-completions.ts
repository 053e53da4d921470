import { FLAG, MESSAGES_RULE, NAME, TEXT, orNull } from '../routes/rules.js';
import { textChunk, textOf } from './answer-text.js';
import type { CompletionApi } from './completion-api.js';
import { costMembers, usageMember } from './usage.js';
import type { CompletionPlan } from './plan.js';
import { PROVIDER_ERROR } from './provider-error.js';
import { eventOf } from './stream-pieces.js';

/** `POST /chat/completions`. */
export const chatCompletions: CompletionApi = {
  path: '/chat/completions',
  apiType: 'completions',
  rules: {
    messages: MESSAGES_RULE,
    model: NAME,
    stream: orNull(FLAG),
    user: orNull(TEXT),
  },
  required: ['messages'],
  promptOf: ({ messages }) => messages,
  userOf: ({ user }) => (typeof user === 'string' ? user : null),
  json: (plan) =>
    plan.ending === 'failed'
      ? { error: PROVIDER_ERROR, ...usageMember(plan, usageOf) }
      : {
          ...headOf(plan, 'chat.completion'),
          system_fingerprint: null,
          choices: [
            {
              index: 0,
              message: { role: 'assistant', content: textOf(plan.chunks), refusal: null, reasoning: null },
              finish_reason: 'stop',
              native_finish_reason: 'stop',
              logprobs: null,
            },
          ],
          ...usageMember(plan, usageOf),
        },
  events: (plan) => {
    const head = headOf(plan, 'chat.completion.chunk');
    const [usage, others] =
      plan.usage === 'null' ? [{ usage: null }, { usage: null }] : [usageMember(plan, usageOf), {}];
    const choice = (content: string, finishReason: string | null): object => ({
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
    const hasUsage = Object.keys(usage).length > 0;
    return {
      opening: [],
      chunk: (index) => eventOf({ ...head, ...choice(textChunk(index), null), ...others }),
      closing:
        plan.ending === 'failed'
          ? [eventOf({ ...head, error: PROVIDER_ERROR, ...choice('', 'error'), ...usage })]
          : [
              eventOf({ ...head, ...choice('', 'stop'), ...others }),
              ...(hasUsage ? [eventOf({ ...head, choices: [], ...usage })] : []),
              eventOf('[DONE]'),
            ],
    };
  },
};

function headOf({ generation: { id, provider, model, createdAt } }: CompletionPlan, object: string): object {
  return { id, provider, model, object, created: Math.floor(createdAt.getTime() / 1000) };
}

function usageOf(plan: CompletionPlan): object {
  const { promptTokens } = plan.generation;
  const { completionTokens, cost } = costMembers(plan, ['prompt', 'completions']);
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    ...cost,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0 },
  };
}
