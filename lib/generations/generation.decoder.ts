import { isRecord, ownMember } from '../untrusted/is-record.js';
import {
  optionalAmount,
  optionalBoolean,
  optionalDate,
  optionalNumber,
  optionalString,
  requiredAmount,
  requiredString,
  unwrapData,
  type WireRecord,
  withoutUndefined,
} from '../wire/wire-record.js';
import type { Generation, GenerationProviderResponse } from './generation.models.js';

/** Reads the answer of `GET /generation`. */
export function decodeGeneration(body: unknown): Generation {
  const data = unwrapData(body);
  return withoutUndefined({
    id: requiredString(data, 'id'),
    totalCost: requiredAmount(data, 'total_cost'),
    usage: requiredAmount(data, 'usage'),
    upstreamInferenceCost: optionalAmount(data, 'upstream_inference_cost'),
    cacheDiscount: optionalAmount(data, 'cache_discount'),
    isByok: optionalBoolean(data, 'is_byok'),
    model: optionalString(data, 'model'),
    providerName: optionalString(data, 'provider_name'),
    createdAt: optionalDate(data, 'created_at'),
    tokensPrompt: optionalNumber(data, 'tokens_prompt'),
    tokensCompletion: optionalNumber(data, 'tokens_completion'),
    nativeTokensPrompt: optionalNumber(data, 'native_tokens_prompt'),
    nativeTokensCompletion: optionalNumber(data, 'native_tokens_completion'),
    nativeTokensReasoning: optionalNumber(data, 'native_tokens_reasoning'),
    nativeTokensCached: optionalNumber(data, 'native_tokens_cached'),
    nativeTokensCompletionImages: optionalNumber(data, 'native_tokens_completion_images'),
    numMediaPrompt: optionalNumber(data, 'num_media_prompt'),
    numMediaCompletion: optionalNumber(data, 'num_media_completion'),
    numInputAudioPrompt: optionalNumber(data, 'num_input_audio_prompt'),
    numSearchResults: optionalNumber(data, 'num_search_results'),
    numFetches: optionalNumber(data, 'num_fetches'),
    latency: optionalNumber(data, 'latency'),
    generationTime: optionalNumber(data, 'generation_time'),
    moderationLatency: optionalNumber(data, 'moderation_latency'),
    streamed: optionalBoolean(data, 'streamed'),
    cancelled: optionalBoolean(data, 'cancelled'),
    finishReason: optionalString(data, 'finish_reason'),
    nativeFinishReason: optionalString(data, 'native_finish_reason'),
    apiType: optionalString(data, 'api_type'),
    router: optionalString(data, 'router'),
    presetId: optionalString(data, 'preset_id'),
    serviceTier: optionalString(data, 'service_tier'),
    dataRegion: optionalString(data, 'data_region'),
    webSearchEngine: optionalString(data, 'web_search_engine'),
    responseCacheSourceId: optionalString(data, 'response_cache_source_id'),
    upstreamId: optionalString(data, 'upstream_id'),
    requestId: optionalString(data, 'request_id'),
    sessionId: optionalString(data, 'session_id'),
    workspaceId: optionalString(data, 'workspace_id'),
    appId: optionalNumber(data, 'app_id'),
    externalUser: optionalString(data, 'external_user'),
    origin: optionalString(data, 'origin'),
    httpReferer: optionalString(data, 'http_referer'),
    userAgent: optionalString(data, 'user_agent'),
    providerResponses: decodeProviderResponses(data),
  });
}

function decodeProviderResponses(data: WireRecord): GenerationProviderResponse[] | undefined {
  const responses = ownMember(data.members, 'provider_responses');
  return Array.isArray(responses)
    ? responses.filter(isRecord).map((members) => decodeProviderResponse({ members, path: '' }))
    : undefined;
}

function decodeProviderResponse(response: WireRecord): GenerationProviderResponse {
  return withoutUndefined({
    endpointId: optionalString(response, 'endpoint_id'),
    id: optionalString(response, 'id'),
    isByok: optionalBoolean(response, 'is_byok'),
    latency: optionalNumber(response, 'latency'),
    modelPermaslug: optionalString(response, 'model_permaslug'),
    providerName: optionalString(response, 'provider_name'),
    status: optionalNumber(response, 'status'),
  });
}
