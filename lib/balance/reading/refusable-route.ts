import { isOfOpenRouter } from '../../errors/answer-origin.js';
import { OpenRouterApiException } from '../../errors/api.exception.js';

/** How long a route is not requested again after it has refused the key. */
export const REFUSED_FOR_MS = 3_600_000;

const REFUSALS: readonly number[] = [401, 403, 404];
const DENIALS: readonly number[] = [401, 403];

/** A route that may refuse a key of the wrong kind. After a refusal it is not requested again for a while. */
export class RefusableRoute {
  readonly #now: () => number;
  #refused: { readonly error: unknown; readonly until: number } | undefined;

  /** @param now - A monotonic clock, in milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** The error of the refusal that is remembered; `undefined` without one. */
  get refusal(): unknown {
    return this.#refused?.error;
  }

  /** Allows the route to be requested again. */
  forget(): void {
    this.#refused = undefined;
  }

  /**
   * Requests the route, unless it has refused the key recently.
   *
   * @returns `null` if the route refuses the key, or has refused it recently.
   * @throws What the call throws, unless that is a refusal.
   */
  async ask<T>(call: () => Promise<T>): Promise<T | null> {
    if (this.#refused !== undefined && this.#now() < this.#refused.until) {
      return null;
    }
    try {
      const answer = await call();
      this.#refused = undefined;
      return answer;
    } catch (error) {
      if (!isRefusal(error)) {
        throw error;
      }
      this.#refused = { error, until: this.#now() + REFUSED_FOR_MS };
      return null;
    }
  }

  /** Throws and forgets the last refusal if it was a denial. Called for a key that proves to be of the right kind. */
  throwDenial(): void {
    const { refusal } = this;
    if (isDenied(refusal)) {
      this.forget();
      throw refusal;
    }
  }
}

/**
 * Whether OpenRouter itself says that the key is wrong or of the wrong kind for a route, or that there is no such
 * route. The page of a firewall or a gateway says nothing about the key.
 */
export function isRefusal(error: unknown): boolean {
  return hasStatus(error, REFUSALS);
}

/** Whether OpenRouter itself says that the key has no access. */
export function isDenied(error: unknown): boolean {
  return hasStatus(error, DENIALS);
}

function hasStatus(error: unknown, statuses: readonly number[]): boolean {
  return error instanceof OpenRouterApiException && statuses.includes(error.status) && isOfOpenRouter(error);
}
