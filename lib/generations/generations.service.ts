import { OpenRouterValidationException } from '../errors/client.exceptions.js';
import type { HttpPipeline } from '../http/http-pipeline.js';
import { attachPipeline, pipelineOf } from '../http/service-pipeline.js';
import { GENERATION_ID_PATTERN, isMatching } from '../wire/identifiers.js';
import { decodeGeneration } from './generation.decoder.js';
import type { Generation } from './generation.models.js';
import { checkGenerationOptions, type GenerationOptions } from './generation.options.js';

const OPERATION = 'generations.get';

const ID_SHAPE =
  "`id` must be the id of a generation, such as 'gen-1234567890': the `id` of a completion's answer";

/** The cost of single generations. */
export class GenerationsService {
  /** @internal */
  constructor(pipeline: HttpPipeline | undefined) {
    attachPipeline(this, pipeline, 'generations');
  }

  /**
   * Cost and tokens of one generation. `GET /generation`; needs a key of the account that made it, the ordinary one
   * being preferred.
   *
   * OpenRouter answers 404 for seconds, sometimes minutes, after a completion has ended. With `waitMs` the call asks
   * again, with growing pauses, until the generation is there or the time is over; then the 404 is told. These pauses
   * count neither as retries nor towards the account's budget of retries, and `retry: false` leaves them be. A
   * completion's own answer has its cost at once, in `usage.cost`.
   *
   * @param id - The `id` of the completion's answer, for example `gen-1234567890`.
   * @param options - Settings of this one call, and `waitMs`.
   * @returns Amounts in US dollars, times in milliseconds.
   * @throws `OpenRouterValidationException` for a bad id or `waitMs`, before anything is sent;
   * `OpenRouterNotFoundException` (404) for a generation that is not there (yet);
   * `OpenRouterUnauthorizedException` (401); `OpenRouterPaymentRequiredException` (402);
   * `OpenRouterTooManyRequestsException` (429); `OpenRouterInternalServerException` (500);
   * `OpenRouterBadGatewayException` (502); `OpenRouterEdgeNetworkTimeoutException` (524);
   * `OpenRouterProviderOverloadedException` (529); `OpenRouterApiException` for any other 3XX, 4XX or 5XX;
   * `OpenRouterResponseException` with its path for an answer without an id or a cost;
   * `OpenRouterConnectionException`, `OpenRouterTimeoutException`, `OpenRouterAbortException`.
   */
  async get(id: string, options?: GenerationOptions): Promise<Generation> {
    if (!isMatching(id, GENERATION_ID_PATTERN)) {
      throw new OpenRouterValidationException(OPERATION, [
        { property: 'id', constraints: { pattern: ID_SHAPE } },
      ]);
    }
    const { waitMs, ...requestOptions } = checkGenerationOptions(options, OPERATION);
    return pipelineOf(this).request(
      {
        operation: OPERATION,
        method: 'GET',
        path: '/generation',
        query: { id },
        key: 'api',
        isInference: true,
        decode: decodeGeneration,
        awaitMs: waitMs === 0 ? undefined : waitMs,
      },
      requestOptions,
    );
  }
}
