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
 * An answer of OpenRouter's that another client has thrown, as the exception that this package would have thrown;
 * `undefined` for whatever is not surely one: an error of another service must not be told as OpenRouter's.
 *
 * Without an answer there is nothing by which most clients would tell whom they have asked. Never throws.
 */
export function exceptionOfForeign(error: unknown): OpenRouterApiException | undefined {
  try {
    const found = linksOf(error).find(isOfOpenRouter);
    return found === undefined ? undefined : exceptionOf(found);
  } catch {
    // A proxy that cannot be looked at is of no client.
    return undefined;
  }
}

/**
 * What a filter catches that translates other clients' errors. Nest asks by `instanceof`, so that whatever is not
 * recognised goes on as if the filter was not there: to the next filter, or to Nest.
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
  // A 402 whose body was not handed on is of OpenRouter, and yet of nobody knows which limit.
  return kind === 'payment-required' ? markOtherOrigin(exception) : exception;
}

/** The errors that may be told for one that was thrown: it, and what is in it if it says nothing by itself. */
function linksOf(error: unknown): object[] {
  if (!isObject(error) || isAnsweredByApplication(error)) {
    return [];
  }
  return isMereWrapper(error) ? unwrapError(error).filter(isObject) : [error];
}

const MERE_ERRORS: readonly unknown[] = ['Error', 'AggregateError'];

/** Whether an error is of no class of the application's own, which the application may have a filter for. */
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

/** Whether a client is for completions: `openai`, whose errors do not tell where they come from, or the AI SDK. */
function isOfCompletionClient(error: object): boolean {
  return (
    isOfAiSdk(peek(error, 'name')) || ['requestID', 'param', 'type', 'code'].every((name) => name in error)
  );
}

function isOfAiSdk(name: unknown): boolean {
  return typeof name === 'string' && name.startsWith('AI_');
}
