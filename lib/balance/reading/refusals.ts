import { isOfOpenRouter } from '../../errors/answer-origin.js';
import { OpenRouterApiException } from '../../errors/api.exception.js';

/** How long a route that has refused the key is not asked again. */
export const REFUSED_FOR_MS = 3_600_000;

const REFUSALS: readonly number[] = [401, 403, 404];
const DENIALS: readonly number[] = [401, 403];

/**
 * Whether OpenRouter itself says that the key is wrong or of the wrong kind for a route, or that there is no such route.
 * A page of a firewall or a gateway says nothing of the key: the route is out of reach.
 */
export function isRefusal(error: unknown): boolean {
  return hasStatus(error, REFUSALS);
}

/**
 * Whether OpenRouter itself says that the key has no right to know; nothing older may be served then, since the right
 * may have been taken away.
 */
export function isDenied(error: unknown): boolean {
  return hasStatus(error, DENIALS);
}

function hasStatus(error: unknown, statuses: readonly number[]): boolean {
  return error instanceof OpenRouterApiException && statuses.includes(error.status) && isOfOpenRouter(error);
}
