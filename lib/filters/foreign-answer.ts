import { markOtherOrigin } from '../errors/answer-origin.js';
import { apiExceptionOf, readRequestId } from '../errors/api-exception.factory.js';
import type { OpenRouterApiException } from '../errors/api.exception.js';
import { classifyOpenRouterError } from '../errors/error-verdict.js';
import { copyMetadata } from '../errors/metadata-copy.js';
import {
  addressOf,
  errorsIn,
  hasItsHeaders,
  hasItsMarks,
  isAnsweredByApplication,
  isAtOpenRouter,
  isOfSdk,
} from '../errors/parsing/answer-source.js';
import { readErrorAnswer } from '../errors/parsing/error-answer.js';
import { readForeignError, unwrapError } from '../errors/parsing/foreign-error.js';
import { scrubShapes } from '../secret/scrub.js';
import { isObject, peek } from '../untrusted/peek.js';

/**
 * Turns an OpenRouter error that another client has thrown into the exception that this package would have thrown.
 * Returns `undefined` unless the error is certainly OpenRouter's: another service's error must not be reported as
 * OpenRouter's.
 *
 * An error without an answer is never recognised, since most clients do not say which host they called. Never throws.
 */
export function exceptionOfForeign(error: unknown): OpenRouterApiException | undefined {
  try {
    const found = linksOf(error).find(isOfOpenRouter);
    return found === undefined ? undefined : exceptionOf(found);
  } catch {
    // A `Proxy` that throws when it is read does not come from a client.
    return undefined;
  }
}

/**
 * The class of the errors that a filter with `foreign: true` catches. Nest tests it with `instanceof`, so an error that
 * is not recognised goes on to the next filter, or to Nest, as if this filter were not there.
 */
export abstract class ForeignAnswer {
  static [Symbol.hasInstance](value: unknown): boolean {
    return exceptionOfForeign(value) !== undefined;
  }
}

function exceptionOf(error: object): OpenRouterApiException | undefined {
  const { kind, status, ...verdict } = classifyOpenRouterError(error);
  if (kind === 'unknown' || status === undefined || status < 400) {
    return undefined;
  }
  const { answer } = readForeignError(error);
  const { metadata, errorType, retryable } = readErrorAnswer(answer, scrubShapes);
  const exception = apiExceptionOf(status, {
    message: verdict.message,
    limitSource: verdict.limitSource,
    resetsAt: verdict.resetsAt,
    retryAfterMs: verdict.retryAfterMs,
    affordableTokens: verdict.affordableTokens,
    operation: 'another client',
    metadata: copyMetadata(metadata, scrubShapes),
    errorType,
    retryable,
    requestId: readRequestId({ header: answer.header, scrub: scrubShapes }),
  });
  // A 402 without its body comes from OpenRouter, but the limit that was reached is unknown.
  return kind === 'payment-required' ? markOtherOrigin(exception) : exception;
}

/** The errors that may stand for a thrown one: itself, or if it is a mere wrapper, the errors inside it too. */
function linksOf(error: unknown): object[] {
  if (!isObject(error) || isAnsweredByApplication(error)) {
    return [];
  }
  return isMereWrapper(error) ? unwrapError(error).filter(isObject) : [error];
}

const MERE_ERRORS: readonly unknown[] = ['Error', 'AggregateError'];

/** Whether an error is not of a class of the application's own, for which the application may have a filter. */
function isMereWrapper(error: object): boolean {
  const name = peek(error, 'name');
  return (
    isOfAiSdk(name) ||
    (MERE_ERRORS.includes(name) && MERE_ERRORS.includes(peek(peek(error, 'constructor'), 'name')))
  );
}

function isOfOpenRouter(error: object): boolean {
  const { answer } = readForeignError(error);
  return (
    isOfSdk(error) ||
    isAtOpenRouter(error) ||
    hasItsHeaders(answer) ||
    hasItsMarks(answer) ||
    (addressOf(error) === undefined && isOfCompletionClient(error) && errorsIn(answer).length > 0)
  );
}

/** Whether an error is of a completions client: `openai`, whose errors do not name their host, or the AI SDK. */
function isOfCompletionClient(error: object): boolean {
  return (
    isOfAiSdk(peek(error, 'name')) || ['requestID', 'param', 'type', 'code'].every((name) => name in error)
  );
}

function isOfAiSdk(name: unknown): boolean {
  return typeof name === 'string' && name.startsWith('AI_');
}
