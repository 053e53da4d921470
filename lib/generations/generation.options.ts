import type { RequestOptions } from '../contracts/request-options.js';
import { RequestOptionsSchema } from '../http/request-options.schema.js';
import { checkArgument } from '../options/check-argument.js';
import { delayRule, Obeys } from '../options/option-rules.js';
import { RetryOptionsSchema } from '../options/options.schema.js';

/** Settings of one call of `GenerationsService.get`. */
export interface GenerationOptions extends RequestOptions {
  /**
   * How long to wait for a generation that is not there yet, in milliseconds from the start of the call. The call's
   * deadline is then `waitMs + timeoutMs`, unless it sets a `deadlineMs`. @defaultValue `0`: a 404 is told at once
   */
  waitMs?: number | undefined;
}

/** The rules of {@link GenerationOptions}. */
class GenerationOptionsSchema extends RequestOptionsSchema implements GenerationOptions {
  @Obeys(delayRule)
  declare waitMs?: number;
}

/**
 * Checks the options of one call.
 *
 * @throws `OpenRouterValidationException` that names every wrong option.
 */
export function checkGenerationOptions(
  options: GenerationOptions | undefined,
  operation: string,
): GenerationOptions {
  return options === undefined
    ? {}
    : checkArgument(GenerationOptionsSchema, options, `${operation}, request options`, {
        retry: RetryOptionsSchema,
      });
}
