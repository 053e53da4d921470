import type { Account } from '../account/account.js';
import { endpointIdOf } from '../account/activity.js';
import type { Generation } from '../account/generations.js';
import { permaslugOf } from '../account/models.js';
import type { SandboxSettings } from '../sandbox-settings.js';
import { type SandboxCall, type SandboxReply, type SandboxRoute, refusal } from './route.js';

export function generationRoutes({ generations }: Account, settings: SandboxSettings): SandboxRoute[] {
  const get = ({ query }: SandboxCall): SandboxReply => {
    const generation = generations.ask(query.get('id') ?? '', settings.generationDelayMs);
    return generation === undefined
      ? refusal(404)
      : { status: 200, json: { data: generationBody(generation) } };
  };
  return [{ method: 'GET', path: '/generation', access: 'any-key', handle: get }];
}

/** In milliseconds. Constant, since nothing is computed here. */
const LATENCY = 250;
const GENERATION_TIME = 120;

function generationBody(generation: Generation): object {
  const { isCancelled, hasFailed } = generation;
  const finishReason = isCancelled ? null : hasFailed ? 'error' : 'stop';
  const upstreamId = generation.id.replace('gen-', 'chatcmpl-');
  return {
    id: generation.id,
    upstream_id: upstreamId,
    request_id: generation.id.replace('gen-', 'req-'),
    session_id: null,
    model: generation.model,
    provider_name: generation.provider,
    router: null,
    preset_id: null,
    workspace_id: generation.key.workspaceId,
    api_type: generation.apiType,
    created_at: generation.createdAt.toISOString(),
    streamed: generation.streamed,
    cancelled: generation.isCancelled,
    finish_reason: finishReason,
    native_finish_reason: finishReason,
    total_cost: generation.cost,
    usage: generation.cost,
    upstream_inference_cost: generation.isByok ? generation.byokCost : null,
    cache_discount: null,
    is_byok: generation.isByok,
    tokens_prompt: generation.promptTokens,
    tokens_completion: generation.completionTokens,
    native_tokens_prompt: generation.promptTokens,
    native_tokens_completion: generation.completionTokens,
    native_tokens_completion_images: 0,
    native_tokens_reasoning: 0,
    native_tokens_cached: 0,
    num_media_prompt: 0,
    num_media_completion: 0,
    num_input_audio_prompt: 0,
    num_search_results: 0,
    num_fetches: 0,
    latency: LATENCY,
    generation_time: GENERATION_TIME,
    moderation_latency: null,
    origin: generation.origin,
    http_referer: generation.httpReferer,
    user_agent: generation.userAgent,
    external_user: generation.externalUser,
    app_id: null,
    service_tier: null,
    data_region: 'global',
    web_search_engine: null,
    response_cache_source_id: generation.cachedFrom,
    provider_responses: [
      {
        endpoint_id: endpointIdOf(generation),
        id: upstreamId,
        is_byok: generation.isByok,
        latency: LATENCY,
        model_permaslug: permaslugOf(generation.model),
        provider_name: generation.provider,
        status: 200,
      },
    ],
  };
}
