import type { RequestOptions } from '../contracts/request-options.js';
import { REQUEST_OPTIONS } from '../http/request-options.schema.js';
import { checkCallOptions } from '../options/check-options.js';
import { defineOptions } from '../options/define-options.js';
import { delay } from '../options/option-rules.js';

/** Settings of one call of `GenerationsService.get`. */
export interface GenerationOptions extends RequestOptions {
  /**
   * How long to wait for a generation that is not there yet, in milliseconds from the start of the call. The call's
   * deadline is then `waitMs + timeoutMs`, unless it sets a `deadlineMs`. @defaultValue `0`: a 404 is thrown at once
   */
  waitMs?: number | undefined;
}

const GENERATION_OPTIONS = defineOptions<GenerationOptions>('{ waitMs: 10_000 }', {
  ...REQUEST_OPTIONS.checks,
  waitMs: delay,
});

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
    : checkCallOptions(GENERATION_OPTIONS, options, `${operation}, request options`);
}
