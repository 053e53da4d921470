import { OpenRouterApiException } from '../errors/api.exceptions.js';

/** How long a route that has refused the key is not asked again. */
export const REFUSED_FOR_MS = 3_600_000;

const REFUSALS: readonly number[] = [401, 403, 404];
const DENIALS: readonly number[] = [401, 403];

/** Whether the key is wrong or of the wrong kind for a route, or a gateway does not offer it. */
export function isRefusal(error: unknown): boolean {
  return hasStatus(error, REFUSALS);
}

/** Whether the key has no right to know; nothing older may be served then, since it may have been taken away. */
export function isDenied(error: unknown): boolean {
  return hasStatus(error, DENIALS);
}

function hasStatus(error: unknown, statuses: readonly number[]): boolean {
  return error instanceof OpenRouterApiException && statuses.includes(error.status);
}
