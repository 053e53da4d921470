import type { OpenRouterDelivery, OpenRouterPhase } from '../contracts/delivery.js';
import { deliveryOfStatus } from '../errors/api.exception.js';

/** Whether a status says that the request was carried out. */
export function isSuccess(status: number): boolean {
  return status >= 200 && status <= 299;
}

/** What is known of the effect of a request that ended in a phase; `status` is that of the answer, if one began. */
export function deliveryOf(phase: OpenRouterPhase, status?: number): OpenRouterDelivery {
  if (phase === 'body' && status !== undefined) {
    return isSuccess(status) ? 'applied' : deliveryOfStatus(status);
  }
  return phase === 'headers' || phase === 'body' ? 'unknown' : 'not-sent';
}
