import { type Attributes, type HrTime, type SpanStatus, SpanStatusCode } from '@opentelemetry/api';
import type { CompletionCost } from '../contracts/completion-cost.js';
import { ACCOUNT, ERROR_TYPE } from './span-attributes.js';

/** A span that is over: all that is known of a completion once its cost is decided. */
export interface CompletionSpan {
  readonly name: string;
  readonly attributes: Attributes;
  readonly status: SpanStatus;
  readonly startTime: HrTime;
  readonly endTime: HrTime;
}

const GEN_AI_OPERATION = 'gen_ai.operation.name';
const GEN_AI_PROVIDER = 'gen_ai.provider.name';
const GEN_AI_REQUEST_MODEL = 'gen_ai.request.model';
const GEN_AI_REQUEST_STREAM = 'gen_ai.request.stream';
const GEN_AI_RESPONSE_ID = 'gen_ai.response.id';
const GEN_AI_RESPONSE_MODEL = 'gen_ai.response.model';
const GEN_AI_INPUT_TOKENS = 'gen_ai.usage.input_tokens';
const GEN_AI_OUTPUT_TOKENS = 'gen_ai.usage.output_tokens';
const COST = 'openrouter.cost_usd';
const COST_SOURCE = 'openrouter.cost_source';
const OUTCOME = 'openrouter.outcome';
const UPSTREAM_PROVIDER = 'openrouter.provider';
const IS_BYOK = 'openrouter.is_byok';
const SCOPE = 'openrouter.scope.';

/** The operations of the conventions, by path. `rerank` has none, so its name is our own. */
const OPERATIONS: ReadonlyMap<string, string> = new Map([
  ['/chat/completions', 'chat'],
  ['/responses', 'chat'],
  ['/messages', 'chat'],
  ['/completions', 'text_completion'],
  ['/embeddings', 'embeddings'],
  ['/rerank', 'rerank'],
]);

/** What makes images, speech, transcriptions and videos. */
const OTHER_OPERATION = 'generate_content';

/** The conventions' word for an error without a better name. */
const OTHER_ERROR = '_OTHER';

/**
 * The span of a completion, by the semantic conventions for generative AI.
 *
 * @param scopeNames - Names of the scope that become attributes.
 */
export function completionSpan(
  cost: CompletionCost,
  account: string,
  scopeNames: readonly string[],
): CompletionSpan {
  const { requestedModel, startedAt, durationMs } = cost;
  const operation = operationOf(cost);
  const startMs = startedAt.getTime();
  return {
    name: requestedModel === undefined ? operation : `${operation} ${requestedModel}`,
    attributes: {
      [GEN_AI_OPERATION]: operation,
      [GEN_AI_PROVIDER]: 'openrouter',
      ...genAiAttributes(cost),
      ...failureAttributes(cost),
      [ACCOUNT]: account,
      ...costAttributes(cost),
      ...scopeAttributes(cost, scopeNames),
    },
    status: { code: cost.outcome === 'failed' ? SpanStatusCode.ERROR : SpanStatusCode.UNSET },
    startTime: hrTime(startMs),
    endTime: hrTime(startMs + durationMs),
  };
}

function operationOf({ path }: CompletionCost): string {
  return OPERATIONS.get(path ?? '') ?? OTHER_OPERATION;
}

function genAiAttributes(cost: CompletionCost): Attributes {
  const { completionTokens, generationId, isStream, model, promptTokens, requestedModel, source } = cost;
  // Without a known cost, nothing says that the model that was asked for has answered.
  const hasAnswered = source === 'answer' || source === 'generation';
  return {
    ...(requestedModel !== undefined && { [GEN_AI_REQUEST_MODEL]: requestedModel }),
    ...(isStream && { [GEN_AI_REQUEST_STREAM]: true }),
    ...(generationId !== undefined && { [GEN_AI_RESPONSE_ID]: generationId }),
    ...(hasAnswered && model !== undefined && { [GEN_AI_RESPONSE_MODEL]: model }),
    ...(promptTokens !== undefined && { [GEN_AI_INPUT_TOKENS]: promptTokens }),
    ...(completionTokens !== undefined && { [GEN_AI_OUTPUT_TOKENS]: completionTokens }),
  };
}

function failureAttributes({ outcome, status }: CompletionCost): Attributes {
  if (outcome !== 'failed') {
    return {};
  }
  return { [ERROR_TYPE]: status !== undefined && status >= 400 ? String(status) : OTHER_ERROR };
}

function costAttributes({ isByok, outcome, provider, source, usd }: CompletionCost): Attributes {
  return {
    ...(usd !== null && { [COST]: usd }),
    [COST_SOURCE]: source,
    [OUTCOME]: outcome,
    [IS_BYOK]: isByok,
    ...(provider !== undefined && { [UPSTREAM_PROVIDER]: provider }),
  };
}

function scopeAttributes({ scope }: CompletionCost, names: readonly string[]): Attributes {
  const known = names.filter((name) => Object.hasOwn(scope, name));
  return Object.fromEntries(known.map((name) => [SCOPE + name, scope[name]]));
}

/** A wall-clock time with the fractions of a millisecond that a `Date` cannot hold. */
function hrTime(ms: number): HrTime {
  const seconds = Math.floor(ms / 1_000);
  return [seconds, Math.floor((ms - seconds * 1_000) * 1_000_000)];
}
