import { OpenRouterApiException } from '../../errors/api.exception.js';
import { isDailyLimit, isPassingRefusal, LIMIT_SOURCES } from '../../errors/limit-source.js';
import { isGeneric } from '../../errors/parsing/relayed-error.js';
import type { ResolvedRetryOptions } from '../../options/openrouter-options.js';
import { type CallFailure, deliveryIn } from '../call-failure.js';

/** What the decision to try again depends on. */
export interface RetryQuestion {
  readonly settings: false | ResolvedRetryOptions;
  /** Whether the call may be sent twice. */
  readonly isIdempotent: boolean;
  readonly failure: CallFailure;
  /** The first attempt and the retries so far, at least 1. */
  readonly attempts: number;
  /** Milliseconds left until the call's deadline. */
  readonly remainingMs: number;
  /** A number from 0 to below 1. */
  readonly random: number;
}

/**
 * Milliseconds to wait before the next attempt, or `undefined` if there must be none.
 *
 * If the wait that the server asks for is longer than the time left, the call fails at once: an earlier request would
 * be refused again.
 */
export function retryDelay(question: RetryQuestion): number | undefined {
  const { settings, attempts, failure, remainingMs } = question;
  if (settings === false || attempts > settings.maxRetries || !mayRetry(question, settings)) {
    return undefined;
  }
  const delayMs = delayBefore(settings, attempts, retryAfterOf(failure), question.random);
  return delayMs < remainingMs ? delayMs : undefined;
}

/** Full jitter below an exponential bound, or the server's `Retry-After` plus a little jitter. */
export function delayBefore(
  settings: ResolvedRetryOptions,
  attempts: number,
  retryAfterMs: number | undefined,
  random: number,
): number {
  const bound = Math.min(
    settings.maxDelayMs,
    settings.initialDelayMs * settings.backoffMultiplier ** (attempts - 1),
  );
  // A tenth of the bound on top: callers with the same `Retry-After` must not all come back at the same moment.
  return retryAfterMs !== undefined && retryAfterMs > 0
    ? retryAfterMs + (random * bound) / 10
    : random * bound;
}

function mayRetry({ isIdempotent, failure }: RetryQuestion, settings: ResolvedRetryOptions): boolean {
  const { exception } = failure;
  if (exception instanceof OpenRouterApiException) {
    // What the answer says about retries wins over its status.
    const isRetryable = exception.retryable ?? isRetryableAnswer(exception, settings);
    return isRetryable && (isIdempotent || mayResendAfterAnswer(exception, settings));
  }
  return failure.transient && (isIdempotent || deliveryIn(exception) === 'not-sent');
}

function isRetryableAnswer(exception: OpenRouterApiException, settings: ResolvedRetryOptions): boolean {
  const { status, limitSource, retryAfterMs } = exception;
  if (isLimitOfTheDay(exception)) {
    return false;
  }
  return status === 402 ? isPassingRefusal(limitSource, retryAfterMs) : settings.retryCodes.includes(status);
}

function isLimitOfTheDay({
  status,
  errorStatus = status,
  message,
  limitSource,
}: OpenRouterApiException): boolean {
  return (
    limitSource === LIMIT_SOURCES.freeTierDaily ||
    // A generic message relays a provider's text, which may name the provider's own limits.
    (!isGeneric(message) && isDailyLimit(errorStatus, message))
  );
}

/** A 429 is the only refusal after which sending a `POST` again is both safe and useful. */
function mayResendAfterAnswer(exception: OpenRouterApiException, settings: ResolvedRetryOptions): boolean {
  return exception.status === 429 && settings.retryThrottledPost;
}

function retryAfterOf({ exception }: CallFailure): number | undefined {
  return exception instanceof OpenRouterApiException ? exception.retryAfterMs : undefined;
}
