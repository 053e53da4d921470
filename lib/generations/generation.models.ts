import { count, date, flag, model, openApi, optional, text, usd } from '../openapi/open-api.js';

/** One provider's answer on the way to a generation. */
export class GenerationProviderResponse {
  /** Id of the endpoint. */
  endpointId?: string;
  /** The provider's own id of its answer. */
  id?: string;
  /** Whether it was asked with a key of your own (BYOK). */
  isByok?: boolean;
  /** Milliseconds until its answer. */
  latency?: number;
  /** Slug of the model's version. */
  modelPermaslug?: string;
  /** Name of the provider. */
  providerName?: string;
  /** HTTP status of its answer. */
  status?: number;

  /** @internal */
  static _OPENAPI_METADATA_FACTORY(): Record<string, object> {
    return openApi<GenerationProviderResponse>({
      endpointId: optional(text()),
      id: optional(text()),
      isByok: optional(flag()),
      latency: optional(count('In milliseconds')),
      modelPermaslug: optional(text()),
      providerName: optional(text()),
      status: optional(count('HTTP status')),
    });
  }
}

/**
 * The cost and usage of one generation. Its id and cost are always present; what does not apply, or what OpenRouter
 * does not say, is missing.
 */
export class Generation {
  /** Id of the generation, for example `gen-1234567890`. */
  id!: string;
  /** What the account was charged, in US dollars. */
  totalCost!: number;
  /** The same as credits used, in US dollars; not to be added to `totalCost`. */
  usage!: number;
  /** What the provider has charged, in US dollars; only with your own key at the provider (BYOK). */
  upstreamInferenceCost?: number;
  /** What caching has saved, in US dollars. */
  cacheDiscount?: number;
  /** Whether a key of your own at the provider was used (BYOK). */
  isByok?: boolean;

  /** Slug of the model. */
  model?: string;
  /** Name of the provider. */
  providerName?: string;
  /** When it was created. */
  createdAt?: Date;

  /** Tokens of the prompt, as OpenRouter counts them for every model alike. */
  tokensPrompt?: number;
  /** Tokens of the completion, as OpenRouter counts them for every model alike. */
  tokensCompletion?: number;
  /** Tokens of the prompt, as the provider counts and charges them. */
  nativeTokensPrompt?: number;
  /** Tokens of the completion, as the provider counts and charges them. */
  nativeTokensCompletion?: number;
  /** Tokens of the reasoning, as the provider counts them. */
  nativeTokensReasoning?: number;
  /** Tokens read from the provider's cache. */
  nativeTokensCached?: number;
  /** Tokens of images in the completion, as the provider counts them. */
  nativeTokensCompletionImages?: number;
  /** Number of images and the like in the prompt. */
  numMediaPrompt?: number;
  /** Number of images and the like in the completion. */
  numMediaCompletion?: number;
  /** Number of audio inputs in the prompt. */
  numInputAudioPrompt?: number;
  /** Number of results of a web search. */
  numSearchResults?: number;
  /** Number of pages that were fetched. */
  numFetches?: number;

  /** Milliseconds until the first answer. */
  latency?: number;
  /** Milliseconds that the generation took. */
  generationTime?: number;
  /** Milliseconds that moderation took. */
  moderationLatency?: number;
  /** Whether it was streamed. */
  streamed?: boolean;
  /** Whether it was cancelled. */
  cancelled?: boolean;
  /** Why it ended, for example `stop`; new values pass through. */
  finishReason?: string;
  /** Why it ended, in the provider's own words. */
  nativeFinishReason?: string;

  /** For example `completions` or `embeddings`; new values pass through. */
  apiType?: string;
  /** The router that chose the model, for example `openrouter/auto`. */
  router?: string;
  /** Id of the preset. */
  presetId?: string;
  /** The service tier that the provider reports. */
  serviceTier?: string;
  /** `global`, `europe` or `us`; new values pass through. */
  dataRegion?: string;
  /** The engine of the web search. */
  webSearchEngine?: string;
  /** Id of the generation whose stored answer was given. */
  responseCacheSourceId?: string;

  /** The provider's own id of the generation. */
  upstreamId?: string;
  /** What the generations of one request have in common. */
  requestId?: string;
  /** What the generations of one session have in common. */
  sessionId?: string;
  /** Id of the workspace. */
  workspaceId?: string;
  /** Id of the app that asked. */
  appId?: number;
  /** Your own user's id, as the request had it in `user`. */
  externalUser?: string;
  /** Origin of the request. */
  origin?: string;
  /** `HTTP-Referer` of the request. */
  httpReferer?: string;
  /** `User-Agent` of the request. */
  userAgent?: string;
  /** The answers of all providers, including those that failed. */
  providerResponses?: GenerationProviderResponse[];

  /** @internal */
  static _OPENAPI_METADATA_FACTORY(): Record<string, object> {
    return openApi<Generation>({
      id: text(undefined, { example: 'gen-1234567890' }),
      totalCost: usd('What the account was charged'),
      usage: usd('The same as credits used'),
      upstreamInferenceCost: optional(usd('What the provider has charged to an own key')),
      cacheDiscount: optional(usd('What caching has saved')),
      isByok: optional(flag()),
      model: optional(text()),
      providerName: optional(text()),
      createdAt: optional(date()),
      tokensPrompt: optional(count()),
      tokensCompletion: optional(count()),
      nativeTokensPrompt: optional(count()),
      nativeTokensCompletion: optional(count()),
      nativeTokensReasoning: optional(count()),
      nativeTokensCached: optional(count()),
      nativeTokensCompletionImages: optional(count()),
      numMediaPrompt: optional(count()),
      numMediaCompletion: optional(count()),
      numInputAudioPrompt: optional(count()),
      numSearchResults: optional(count()),
      numFetches: optional(count()),
      latency: optional(count('In milliseconds')),
      generationTime: optional(count('In milliseconds')),
      moderationLatency: optional(count('In milliseconds')),
      streamed: optional(flag()),
      cancelled: optional(flag()),
      finishReason: optional(text()),
      nativeFinishReason: optional(text()),
      apiType: optional(text()),
      router: optional(text()),
      presetId: optional(text()),
      serviceTier: optional(text()),
      dataRegion: optional(text()),
      webSearchEngine: optional(text()),
      responseCacheSourceId: optional(text()),
      upstreamId: optional(text()),
      requestId: optional(text()),
      sessionId: optional(text()),
      workspaceId: optional(text()),
      appId: optional(count()),
      externalUser: optional(text()),
      origin: optional(text()),
      httpReferer: optional(text()),
      userAgent: optional(text()),
      providerResponses: optional(model(() => [GenerationProviderResponse])),
    });
  }
}
