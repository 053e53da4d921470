import { type OpenGeneration, newGenerationId } from '../account/generations.js';
import type { AccountKey } from '../account/keys.js';
import { DEFAULT_MODEL, providerOf } from '../account/models.js';
import { priceOf } from '../account/prices.js';
import { toUnits } from '../account/usd.js';
import type { Checked } from '../check-fields.js';
import type { SandboxCall } from '../routes/route.js';
import { DEFAULT_CHUNKS, type SandboxCompletion } from '../sandbox-completions.js';
import type { ResolvedSandboxOptions } from '../sandbox-options.js';
import type { CompletionApi, CompletionRequestBody } from './completion-api.js';
import type { CompletionPlan } from './plan.js';

/** The plan of a completion: what the request says, what was decided about it, and the options for the rest. */
export function planCompletion(
  api: CompletionApi,
  { headers }: Pick<SandboxCall, 'headers'>,
  body: CompletionRequestBody,
  key: AccountKey,
  decision: Checked<SandboxCompletion>,
  options: ResolvedSandboxOptions,
): CompletionPlan {
  const {
    chunks = DEFAULT_CHUNKS,
    failAfter,
    cutAfter,
    byokUsd,
    chunkDelayMs,
    isCacheHit = false,
  } = decision;
  const model = typeof body['model'] === 'string' ? body['model'] : DEFAULT_MODEL;
  const now = new Date();
  const generation: OpenGeneration = {
    id: newGenerationId(now),
    createdAt: now,
    key,
    model,
    provider: providerOf(model),
    apiType: api.apiType,
    streamed: api.events !== undefined && body['stream'] === true,
    isByok: byokUsd !== undefined,
    cachedFrom: isCacheHit ? newGenerationId(now) : null,
    // About the ratio of a tokenizer for English.
    promptTokens: isCacheHit ? 0 : Math.ceil(JSON.stringify(api.promptOf(body)).length / 4),
    externalUser: api.userOf(body),
    origin: headers.origin ?? '',
    httpReferer: text(headers['http-referer']) ?? headers.referer ?? null,
    userAgent: headers['user-agent'] ?? null,
  };
  const ending = failAfter !== undefined ? 'failed' : cutAfter !== undefined ? 'cut' : 'complete';
  const pauseMs = chunkDelayMs ?? options.completionMs / chunks;
  return {
    generation,
    chunks,
    // An answer in JSON is whole before it is cut.
    produced: failAfter ?? (generation.streamed ? cutAfter : undefined) ?? chunks,
    ending,
    usage: decision.usage,
    wholeCost: wholeCostOf(generation, chunks, decision, options),
    wholeByokCost: toUnits(byokUsd ?? 0),
    pausesMs: [chunkDelayMs === undefined ? pauseMs : 0, pauseMs],
  };
}

function wholeCostOf(
  { cachedFrom, isByok, model, promptTokens, apiType }: OpenGeneration,
  chunks: number,
  { usd }: Checked<SandboxCompletion>,
  { completionCost }: ResolvedSandboxOptions,
): bigint {
  if (cachedFrom !== null) return 0n;
  if (usd !== undefined) return toUnits(usd);
  if (isByok) return 0n;
  return completionCost === 'by-model'
    ? priceOf(model, promptTokens, apiType === 'completions' ? chunks : 0)
    : toUnits(completionCost);
}

function text(header: string | string[] | undefined): string | null {
  return typeof header === 'string' ? header : null;
}
