import { NAME, TEXT, orNull, oneOf } from '../routes/rules.js';
import type { CompletionApi } from './completion-api.js';
import type { CompletionPlan } from './plan.js';
import { PROVIDER_ERROR } from './provider-error.js';
import { costMembers, usageMember } from './usage.js';

/** The same vector for every input: exact in 32 bits, so that both encodings are equal. */
const VECTOR = [0.5, -0.25, 0.125];

/** `POST /embeddings`, which has no streams. */
export const embeddings: CompletionApi = {
  path: '/embeddings',
  apiType: 'embeddings',
  rules: {
    input: {
      accepts: (value) => (typeof value === 'string' || Array.isArray(value)) && value.length > 0,
      must: 'a non-empty string or list',
    },
    model: NAME,
    encoding_format: oneOf('float', 'base64'),
    user: orNull(TEXT),
  },
  required: ['input', 'model'],
  promptOf: ({ input }) => input,
  userOf: ({ user }) => (typeof user === 'string' ? user : null),
  json: (plan, { input, encoding_format }) => {
    if (plan.ending === 'failed') return { error: PROVIDER_ERROR, ...usageMember(plan, usageOf) };
    const embedding = encoding_format === 'base64' ? base64Of(VECTOR) : VECTOR;
    // A list of numbers is one input, in tokens.
    const inputs = Array.isArray(input) && typeof input[0] !== 'number' ? input.length : 1;
    return {
      id: plan.generation.id,
      object: 'list',
      model: plan.generation.model,
      provider: plan.generation.provider,
      data: Array.from({ length: inputs }, (_, index) => ({ object: 'embedding', index, embedding })),
      ...usageMember(plan, usageOf),
    };
  },
};

function base64Of(vector: readonly number[]): string {
  return Buffer.from(new Float32Array(vector).buffer).toString('base64');
}

function usageOf(plan: CompletionPlan): object {
  const { promptTokens } = plan.generation;
  const { cost } = costMembers(plan, ['prompt', 'completions']);
  return { prompt_tokens: promptTokens, total_tokens: promptTokens, ...cost };
}
