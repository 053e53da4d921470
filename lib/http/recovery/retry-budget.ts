import { OpenRouterApiException } from '../../errors/api.exception.js';
import type { CallFailure } from '../call-failure.js';

const CAPACITY = 500;
const COST_OF_TRANSIENT = 10;
const COST_OF_THROTTLED = 5;
const REWARD = 1;

/**
 * An account's allowance of retries. Each one costs tokens and a success gives them back, so that single failures are
 * tried again freely, and a service that is down gets no more than its first attempts and a few dozen retries.
 */
export class RetryBudget {
  #tokens = CAPACITY;

  /** Takes what a retry costs; `undefined` if there is not enough left, and the call has to fail now. */
  take({ exception }: CallFailure): number | undefined {
    const isThrottled = exception instanceof OpenRouterApiException && [402, 429].includes(exception.status);
    const cost = isThrottled ? COST_OF_THROTTLED : COST_OF_TRANSIENT;
    if (cost > this.#tokens) {
      return undefined;
    }
    this.#tokens -= cost;
    return cost;
  }

  /** Gives back what the last retry of a successful call has cost; a little for a call that needed none. */
  refund(cost = REWARD): void {
    this.#tokens = Math.min(CAPACITY, this.#tokens + cost);
  }
}
