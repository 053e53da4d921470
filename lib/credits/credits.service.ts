import type { RequestOptions } from '../contracts/request-options.js';
import type { HttpPipeline } from '../http/http-pipeline.js';
import { attachPipeline, pipelineOf } from '../http/service-pipeline.js';
import { checkArgument } from '../options/check-argument.js';
import { CreateCoinbaseChargeRequest } from './create-coinbase-charge.request.js';
import { decodeCoinbaseCharge, decodeCredits } from './credits.decoders.js';
import type { CoinbaseChargeResponse, GetCreditsResponse } from './credits.models.js';

/** Where to buy credits, since OpenRouter's API no longer sells them. */
const PURCHASE_URL = 'https://openrouter.ai/settings/credits';

/** The account's credits. */
export class CreditsService {
  /** @internal */
  constructor(pipeline: HttpPipeline | undefined) {
    attachPipeline(this, pipeline, 'credits');
  }

  /**
   * Total credits purchased and used, and the balance. `GET /credits`; needs a management key.
   *
   * OpenRouter may answer from a cache that is up to a minute old, and charges a request once it has finished.
   *
   * @param options - Settings of this one call.
   * @returns Amounts in US dollars; `balance` is exact and may be negative.
   * @throws `OpenRouterUnauthorizedException` (401) for a missing, wrong or disabled key;
   * `OpenRouterForbiddenException` (403) for a key that is not a management key;
   * `OpenRouterInternalServerException` (500); `OpenRouterApiException` for any other 3XX, 4XX or 5XX;
   * `OpenRouterConnectionException`, `OpenRouterTimeoutException`, `OpenRouterResponseException`,
   * `OpenRouterAbortException`, `OpenRouterValidationException`.
   */
  getCredits(options?: RequestOptions): Promise<GetCreditsResponse> {
    return pipelineOf(this).request(
      {
        operation: 'credits.getCredits',
        method: 'GET',
        path: '/credits',
        key: 'management',
        decode: decodeCredits,
      },
      options,
    );
  }

  /**
   * Creates a Coinbase charge that buys credits. `POST /credits/coinbase`.
   *
   * **OpenRouter has removed this operation** (April 2026): it answers 410, which is an `OpenRouterGoneException`
   * whose `purchaseUrl` is the page on which to buy credits instead. Nothing in OpenRouter's API replaces it.
   * It still works against servers that offer it, such as gateways of your own, in both shapes that were in use.
   *
   * Sent once, and again only if the first attempt certainly was not sent.
   *
   * @param request - `amount` in US dollars, above 0 and at most 100 000; `sender`, an EVM address; `chainId`.
   * @param options - Settings of this one call.
   * @throws `OpenRouterValidationException` for a bad request, before anything is sent;
   * `OpenRouterGoneException` (410); `OpenRouterBadRequestException` (400); `OpenRouterUnauthorizedException` (401);
   * `OpenRouterInternalServerException` (500); and what {@link CreditsService.getCredits} throws.
   */
  async createCoinbaseCharge(
    request: CreateCoinbaseChargeRequest,
    options?: RequestOptions,
  ): Promise<CoinbaseChargeResponse> {
    const { amount, sender, chainId } = checkArgument(
      CreateCoinbaseChargeRequest,
      request,
      'credits.createCoinbaseCharge',
    );
    return pipelineOf(this).request(
      {
        operation: 'credits.createCoinbaseCharge',
        method: 'POST',
        path: '/credits/coinbase',
        key: 'api',
        body: { amount, sender, chain_id: chainId },
        decode: decodeCoinbaseCharge,
        gone: {
          notice: `OpenRouter has removed Coinbase charges from its API. Buy credits at ${PURCHASE_URL} instead.`,
          purchaseUrl: PURCHASE_URL,
        },
      },
      options,
    );
  }
}
