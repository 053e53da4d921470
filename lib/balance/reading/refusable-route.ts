import { isOfOpenRouter } from '../../errors/answer-origin.js';
import { OpenRouterApiException } from '../../errors/api.exception.js';

/** How long a route that has refused the key is not asked again. */
export const REFUSED_FOR_MS = 3_600_000;

const REFUSALS: readonly number[] = [401, 403, 404];
const DENIALS: readonly number[] = [401, 403];

/** A route that is not asked for a while after it has refused a key that may be of the wrong kind for it. */
export class RefusableRoute {
  readonly #now: () => number;
  #refused: { readonly error: unknown; readonly until: number } | undefined;

  /** @param now - A monotonic clock, in milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** The last refusal. */
  get refusal(): unknown {
    return this.#refused?.error;
  }

  /** Allows the route to be asked again. */
  forget(): void {
    this.#refused = undefined;
  }

  /**
   * Asks the route.
   *
   * @returns `null` if it refuses, or has refused before and is not asked.
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

  /** Throws the last refusal if it was a denial, for a key that turns out to be of the right kind after all. */
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
 * route. The page of a firewall or a gateway says nothing of the key.
 */
export function isRefusal(error: unknown): boolean {
  return hasStatus(error, REFUSALS);
}

/** Whether OpenRouter itself says that the key has no right to know. */
export function isDenied(error: unknown): boolean {
  return hasStatus(error, DENIALS);
}

function hasStatus(error: unknown, statuses: readonly number[]): boolean {
  return error instanceof OpenRouterApiException && statuses.includes(error.status) && isOfOpenRouter(error);
}
