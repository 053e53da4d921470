import { idOf } from '../account/generations.js';
import { isRecord } from '../check-fields.js';
import { FLAG, MESSAGES_RULE, NAME, orNull } from '../routes/rules.js';
import { textChunk, textOf } from './answer-text.js';
import type { CompletionApi } from './completion-api.js';
import { type CompletionPlan, tokensOf } from './plan.js';
import { PROVIDER_ERROR } from './provider-error.js';
import { eventOf } from './stream-pieces.js';
import { costMembers, usageMember } from './usage.js';

/** `POST /messages`, in the manner of Anthropic's API. */
export const messages: CompletionApi = {
  path: '/messages',
  apiType: 'completions',
  rules: { messages: MESSAGES_RULE, model: NAME, stream: orNull(FLAG) },
  required: ['messages', 'model'],
  promptOf: ({ messages: given }) => given,
  userOf: ({ metadata }) => {
    const user = isRecord(metadata) ? metadata['user_id'] : undefined;
    return typeof user === 'string' ? user : null;
  },
  json: (plan) =>
    plan.ending === 'failed'
      ? { ...errorOf(plan), request_id: null }
      : {
          ...messageOf(plan),
          content: [{ type: 'text', text: textOf(plan.chunks), citations: null }],
          stop_reason: 'end_turn',
          ...usageMember(plan, usageOf),
        },
  events: (plan) => ({
    opening: [
      named({
        type: 'message_start',
        message: { ...messageOf(plan), content: [], stop_reason: null, usage: tokensOnly(plan, 0) },
      }),
      named({
        type: 'content_block_start',
        index: 0,
        content_block: { type: 'text', text: '', citations: null },
      }),
    ],
    chunk: (index) =>
      named({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: textChunk(index) } }),
    closing:
      plan.ending === 'failed'
        ? [named(errorOf(plan))]
        : [
            named({ type: 'content_block_stop', index: 0 }),
            named({
              type: 'message_delta',
              delta: { container: null, stop_details: null, stop_reason: 'end_turn', stop_sequence: null },
              // The API declares no cost here; it is there if a test asks for it.
              ...usageMember(
                plan,
                plan.usage === undefined ? (it) => tokensOnly(it, tokensOf(it, it.produced)) : usageOf,
              ),
            }),
            named({ type: 'message_stop' }),
          ],
  }),
};

function named(event: { readonly type: string; readonly [member: string]: unknown }): string {
  return eventOf(event, event.type);
}

function errorOf(plan: CompletionPlan) {
  const { message, metadata } = PROVIDER_ERROR;
  return {
    type: 'error',
    error: { type: 'api_error', message, ...metadata },
    ...usageMember(plan, usageOf),
  };
}

function messageOf({ generation }: CompletionPlan): object {
  return {
    id: idOf(generation, 'msg_'),
    type: 'message',
    role: 'assistant',
    model: generation.model,
    provider: generation.provider,
    container: null,
    stop_details: null,
    stop_sequence: null,
  };
}

function tokensOnly({ generation }: CompletionPlan, outputTokens: number): object {
  return {
    input_tokens: generation.promptTokens,
    output_tokens: outputTokens,
    output_tokens_details: null,
    cache_creation: null,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 0,
    inference_geo: null,
    server_tool_use: null,
    service_tier: 'standard',
  };
}

function usageOf(plan: CompletionPlan): object {
  const { completionTokens, cost } = costMembers(plan, ['prompt', 'completions']);
  return { ...tokensOnly(plan, completionTokens), ...cost };
}
