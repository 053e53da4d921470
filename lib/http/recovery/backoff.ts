import type { ResolvedRetryOptions } from '../../options/openrouter-options.js';
import type { CallFailure } from '../call-failure.js';
import type { CallTime, Recovery, Retry } from './recovery.js';
import type { RetryBudget } from './retry-budget.js';
import { retryDelay } from './retry-policy.js';

/** Waits longer each time, within the settings of the call and the account's budget of retries. */
export class Backoff implements Recovery {
  #retries = 0;
  /** What the last retry has cost. */
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

  /** The call has succeeded: the budget gets back what the last retry has cost. */
  succeeded(): void {
    this.budget.refund(this.#cost);
  }
}
