import type { RequestOptions, RetryOptions } from '../contracts/request-options.js';
import { checkArgument } from '../options/check-argument.js';
import type { OpenRouterKey } from '../options/openrouter-options.js';
import { durationRule, headersRule, keyTextProblem, Obeys, type Rule } from '../options/option-rules.js';
import { RetryOptionsSchema, retryRule } from '../options/options.schema.js';
import { ownMembers } from '../options/pollution.js';
import { isSecretString } from '../secret/secret-string.js';
import { isRecord } from '../untrusted/is-record.js';
import { peek } from '../untrusted/peek.js';

export const signalRule: Rule = (value) =>
  // Not by instanceof: a signal may come from another realm.
  typeof peek(value, 'aborted') === 'boolean' &&
  typeof peek(value, 'addEventListener') === 'function' &&
  typeof peek(value, 'removeEventListener') === 'function'
    ? undefined
    : 'must be an AbortSignal';

const keyRule: Rule = (value) => keyTextProblem(isSecretString(value) ? value.reveal() : value);

/** The rules of {@link RequestOptions}. */
export class RequestOptionsSchema implements RequestOptions {
  @Obeys(signalRule)
  declare signal?: AbortSignal;

  @Obeys(durationRule)
  declare timeoutMs?: number;

  @Obeys(durationRule)
  declare deadlineMs?: number;

  @Obeys(headersRule)
  declare headers?: Readonly<Record<string, string>>;

  @Obeys(keyRule)
  declare apiKey?: OpenRouterKey;

  @Obeys(retryRule)
  declare retry?: false | RetryOptions;
}

const NONE: RequestOptions = Object.freeze(ownMembers({}));

/**
 * Checks the options of one call.
 *
 * @throws `OpenRouterValidationException` that names every wrong option.
 */
export function checkRequestOptions(options: RequestOptions | undefined, operation: string): RequestOptions {
  if (options === undefined) {
    return NONE;
  }
  if (hasSignalAlone(options)) {
    return ownMembers(options);
  }
  return checkArgument(RequestOptionsSchema, options, `${operation}, request options`, {
    retry: RetryOptionsSchema,
  });
}

/** The one option that comes with every call of a busy server. */
function hasSignalAlone(options: RequestOptions): boolean {
  const names = isRecord(options) ? Object.keys(options) : [];
  return names.length === 1 && names[0] === 'signal' && signalRule(options.signal, options) === undefined;
}
