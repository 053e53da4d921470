import type { OpenRouterApiException } from '../errors/api.exceptions.js';
import { isDailyLimit, LIMIT_SOURCES } from '../errors/limit-source.js';
import { isGeneric } from '../errors/reading/relayed-error.js';

/**
 * Whether an answer itself says that another attempt could help, whatever its status: by `error.availability`, or by
 * telling of a day's limit. `undefined` where it does not say.
 */
export function isRetryable(exception: OpenRouterApiException): boolean | undefined {
  return exception.retryable ?? (isLimitOfTheDay(exception) ? false : undefined);
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
