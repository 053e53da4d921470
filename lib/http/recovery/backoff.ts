import type { ResolvedRetryOptions } from '../../options/openrouter-options.js';
import type { CallFailure } from '../call-failure.js';
import type { CallTime, Recovery, Retry } from './recovery.js';
import type { RetryBudget } from './retry-budget.js';
import { retryDelay } from './retry-policy.js';

/** Recovers from transient failures: exponential backoff, within the call's settings and the account's retry budget. */
export class Backoff implements Recovery {
  #retries = 0;
  /** The cost of the last retry, in tokens of the budget. */
  #cost: number | undefined;

  /** @param isIdempotent - Whether the call may be sent twice. */
  constructor(
    private readonly settings: false | ResolvedRetryOptions,
    private readonly isIdempotent: boolean,
    private readonly budget: RetryBudget,
    private readonly random: () => number = Math.random,
  ) {}

  after(failure: CallFailure, { remainingMs }: CallTime): Retry | undefined {
    const delayMs = retryDelay({
      settings: this.settings,
      isIdempotent: this.isIdempotent,
      failure,
      attempts: this.#retries + 1,
      remainingMs,
      random: this.random(),
    });
    this.#cost = delayMs === undefined ? undefined : this.budget.take(failure);
    if (delayMs === undefined || this.#cost === undefined) {
      return undefined;
    }
    this.#retries += 1;
    return { delayMs, key: undefined, connection: undefined };
  }

  /** Gives the cost of the last retry back to the budget, once the call has succeeded. */
  succeeded(): void {
    this.budget.refund(this.#cost);
  }
}
