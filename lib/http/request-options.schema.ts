import type { RequestOptions } from '../contracts/request-options.js';
import { checkCallOptions, type Checked } from '../options/check-options.js';
import { defineOptions, groupOrFalse, mustBe } from '../options/define-options.js';
import { headers } from '../options/header-rules.js';
import { key } from '../options/key-rules.js';
import { duration } from '../options/option-rules.js';
import { RETRY_OPTIONS } from '../options/retry-options.schema.js';
import { peek } from '../untrusted/peek.js';

/** Checked without `instanceof`, since a signal may come from another realm. */
export const abortSignal = mustBe<AbortSignal>(
  'an AbortSignal',
  (value) =>
    typeof peek(value, 'aborted') === 'boolean' &&
    typeof peek(value, 'addEventListener') === 'function' &&
    typeof peek(value, 'removeEventListener') === 'function',
);

export const REQUEST_OPTIONS = defineOptions<RequestOptions>('{ timeoutMs: 5_000 }', {
  signal: abortSignal,
  timeoutMs: duration,
  deadlineMs: duration,
  headers,
  apiKey: key,
  retry: groupOrFalse(RETRY_OPTIONS),
});

const NONE: Checked<RequestOptions> = Object.freeze(Object.create(null) as object);

/**
 * Checks the options of one call.
 *
 * @throws `OpenRouterValidationException` that names every wrong option.
 */
export function checkRequestOptions(
  options: RequestOptions | undefined,
  operation: string,
): Checked<RequestOptions> {
  return options === undefined
    ? NONE
    : checkCallOptions(REQUEST_OPTIONS, options, `${operation}, request options`);
}
