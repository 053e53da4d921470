import { OpenRouterApiException } from '../../errors/api.exception.js';
import type { CallFailure } from '../call-failure.js';

// The numbers of the AWS SDKs' retry quota in their standard mode.
const CAPACITY = 500;
const TRANSIENT_COST = 10;
const THROTTLED_COST = 5;
const SUCCESS_REFUND = 1;

/**
 * A token bucket that limits the retries of an account. A retry costs tokens and a success gives them back, so single
 * failures are always retried, while a service that is down gets about 50 retries on top of the first attempts.
 */
export class RetryBudget {
  #tokens = CAPACITY;

  /** Takes the cost of a retry; `undefined` if there are too few tokens left, so that the call has to fail. */
  take({ exception }: CallFailure): number | undefined {
    const isThrottled = exception instanceof OpenRouterApiException && [402, 429].includes(exception.status);
    const cost = isThrottled ? THROTTLED_COST : TRANSIENT_COST;
    if (cost > this.#tokens) {
      return undefined;
    }
    this.#tokens -= cost;
    return cost;
  }

  /** Gives back the cost of a successful call's last retry; one token for a call that needed no retry. */
  refund(cost = SUCCESS_REFUND): void {
    this.#tokens = Math.min(CAPACITY, this.#tokens + cost);
  }
}
