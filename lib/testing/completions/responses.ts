import { idOf } from '../account/generations.js';
import { FLAG, NAME, TEXT, orNull } from '../routes/rules.js';
import { textChunk, textOf } from './answer-text.js';
import type { CompletionApi } from './completion-api.js';
import type { CompletionPlan } from './plan.js';
import { PROVIDER_ERROR } from './provider-error.js';
import { eventOf } from './stream-pieces.js';
import { costMembers, usageMember } from './usage.js';

/** `POST /responses`. */
export const responses: CompletionApi = {
  path: '/responses',
  apiType: 'completions',
  rules: {
    input: {
      accepts: (value) => (typeof value === 'string' || Array.isArray(value)) && value.length > 0,
      must: 'a non-empty string or list',
    },
    model: NAME,
    stream: orNull(FLAG),
    user: orNull(TEXT),
  },
  required: ['input'],
  promptOf: ({ input }) => input,
  userOf: ({ user }) => (typeof user === 'string' ? user : null),
  json: finalResponse,
  events: (plan) => {
    const item = { output_index: 0, item_id: idOf(plan.generation, 'msg_') };
    const part = { ...item, content_index: 0 };
    const started = { ...responseOf(plan), status: 'in_progress' };
    const opening = [
      { type: 'response.created', response: started },
      { type: 'response.in_progress', response: started },
      { type: 'response.output_item.added', output_index: 0, item: messageOf(plan, 'in_progress', []) },
      { type: 'response.content_part.added', ...part, part: partOf('') },
    ];
    const text = textOf(plan.produced);
    const closing =
      plan.ending === 'failed'
        ? [{ type: 'response.failed', response: finalResponse(plan) }]
        : [
            { type: 'response.output_text.done', ...part, text, logprobs: [] },
            { type: 'response.content_part.done', ...part, part: partOf(text) },
            {
              type: 'response.output_item.done',
              output_index: 0,
              item: messageOf(plan, 'completed', [partOf(text)]),
            },
            { type: 'response.completed', response: finalResponse(plan) },
          ];
    const numbered = (event: object, index: number): string => eventOf({ ...event, sequence_number: index });
    return {
      opening: opening.map(numbered),
      chunk: (index) => {
        const delta = { type: 'response.output_text.delta', ...part, delta: textChunk(index), logprobs: [] };
        return numbered(delta, opening.length + index);
      },
      closing: [
        ...closing.map((event, index) => numbered(event, opening.length + plan.produced + index)),
        ...(plan.ending === 'failed' ? [] : [eventOf('[DONE]')]),
      ],
    };
  },
};

/** The response at its end, without `usage` where that is missing. */
function finalResponse(plan: CompletionPlan): object {
  const isFailed = plan.ending === 'failed';
  const { message, metadata } = PROVIDER_ERROR;
  return {
    ...responseOf(plan),
    ...(isFailed
      ? { status: 'failed', error: { code: 'server_error', message }, ...metadata }
      : {
          status: 'completed',
          completed_at: Math.floor(Date.now() / 1000),
          output: [messageOf(plan, 'completed', [partOf(textOf(plan.chunks))])],
        }),
    ...usageMember(plan, usageOf),
  };
}

function responseOf({ generation }: CompletionPlan) {
  return {
    id: idOf(generation, 'resp_'),
    object: 'response',
    created_at: Math.floor(generation.createdAt.getTime() / 1000),
    completed_at: null,
    model: generation.model,
    output: [],
    error: null,
    incomplete_details: null,
    instructions: null,
    max_output_tokens: null,
    metadata: {},
    parallel_tool_calls: true,
    temperature: null,
    top_p: null,
    presence_penalty: null,
    frequency_penalty: null,
    tool_choice: 'auto',
    tools: [],
    user: generation.externalUser,
  };
}

function messageOf({ generation }: CompletionPlan, status: string, content: readonly object[]): object {
  return { type: 'message', id: idOf(generation, 'msg_'), role: 'assistant', status, content };
}

function partOf(text: string): object {
  return { type: 'output_text', text, annotations: [], logprobs: [] };
}

function usageOf(plan: CompletionPlan): object {
  const { promptTokens } = plan.generation;
  const { completionTokens, cost } = costMembers(plan, ['input', 'output']);
  return {
    input_tokens: promptTokens,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: completionTokens,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: promptTokens + completionTokens,
    ...cost,
  };
}
