import { isRecord, ownMember } from '../untrusted/is-record.js';
import {
  optionalAmount,
  optionalBoolean,
  optionalDate,
  optionalNumber,
  optionalText,
  requiredAmount,
  requiredText,
  unwrapData,
  type WireRecord,
  withoutUndefined,
} from '../wire/wire-record.js';
import type { Generation, GenerationProviderResponse } from './generation.models.js';

/** Reads the answer of `GET /generation`. */
export function decodeGeneration(body: unknown): Generation {
  const data = unwrapData(body);
  return withoutUndefined({
    id: requiredText(data, 'id'),
    totalCost: requiredAmount(data, 'total_cost'),
    usage: requiredAmount(data, 'usage'),
    upstreamInferenceCost: optionalAmount(data, 'upstream_inference_cost'),
    cacheDiscount: optionalAmount(data, 'cache_discount'),
    isByok: optionalBoolean(data, 'is_byok'),
    model: optionalText(data, 'model'),
    providerName: optionalText(data, 'provider_name'),
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
    finishReason: optionalText(data, 'finish_reason'),
    nativeFinishReason: optionalText(data, 'native_finish_reason'),
    apiType: optionalText(data, 'api_type'),
    router: optionalText(data, 'router'),
    presetId: optionalText(data, 'preset_id'),
    serviceTier: optionalText(data, 'service_tier'),
    dataRegion: optionalText(data, 'data_region'),
    webSearchEngine: optionalText(data, 'web_search_engine'),
    responseCacheSourceId: optionalText(data, 'response_cache_source_id'),
    upstreamId: optionalText(data, 'upstream_id'),
    requestId: optionalText(data, 'request_id'),
    sessionId: optionalText(data, 'session_id'),
    workspaceId: optionalText(data, 'workspace_id'),
    appId: optionalNumber(data, 'app_id'),
    externalUser: optionalText(data, 'external_user'),
    origin: optionalText(data, 'origin'),
    httpReferer: optionalText(data, 'http_referer'),
    userAgent: optionalText(data, 'user_agent'),
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
    endpointId: optionalText(response, 'endpoint_id'),
    id: optionalText(response, 'id'),
    isByok: optionalBoolean(response, 'is_byok'),
    latency: optionalNumber(response, 'latency'),
    modelPermaslug: optionalText(response, 'model_permaslug'),
    providerName: optionalText(response, 'provider_name'),
    status: optionalNumber(response, 'status'),
  });
}
