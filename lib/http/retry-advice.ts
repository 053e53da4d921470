import type { OpenRouterApiException } from '../errors/api.exceptions.js';
import { isDailyLimit, LIMIT_SOURCES } from '../errors/limit-source.js';
import type { HeaderReader } from '../errors/reading/header-reader.js';
import { isGeneric } from '../errors/reading/relayed-error.js';
import { parseHttpDate } from '../errors/reading/retry-after.js';

/** What an error answer says about trying again. */
export interface RetryAdvice {
  /** Whether it is of use, whatever the status; `undefined` where the answer does not say. */
  readonly isRetryable: boolean | undefined;
  /** How long to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;
}

/** Statuses of which the end is told by `X-RateLimit-Reset`, where no `Retry-After` tells it. */
const THROTTLED: readonly number[] = [429, 503];

/**
 * Tells what an answer says about trying again: `error.availability` before everything else; and the moment at which a
 * limit resets, where nothing else tells how long to wait.
 *
 * @param exception - What was made of the answer.
 */
export function retryAdviceIn(header: HeaderReader, exception: OpenRouterApiException): RetryAdvice {
  const { status, retryable, retryAfterMs, resetsAt } = exception;
  // A day's limit is nothing to wait for; when it resets is told by `resetsAt`.
  const isForTheDay = isLimitOfTheDay(exception);
  const isThrottled = THROTTLED.includes(status) && !isForTheDay;
  return {
    isRetryable: retryable ?? (isForTheDay ? false : undefined),
    retryAfterMs: retryAfterMs ?? (isThrottled && resetsAt ? untilReset(header, resetsAt) : undefined),
  };
}

function isLimitOfTheDay({
  status,
  errorStatus = status,
  message,
  limitSource,
}: OpenRouterApiException): boolean {
  return (
    limitSource === LIMIT_SOURCES.freeTierDaily ||
    // Behind a generic message stands what a provider has said of its own limits.
    (!isGeneric(message) && isDailyLimit(errorStatus, message))
  );
}

/** Measured from the answer's own clock, since the two may differ by minutes. */
function untilReset(header: HeaderReader, resetsAt: Date): number {
  const now = parseHttpDate(header('date')?.trim() ?? '') ?? Date.now();
  return Math.max(0, resetsAt.getTime() - now);
}
