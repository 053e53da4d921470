import { isDenied, isRefusal, REFUSED_FOR_MS } from './refusals.js';

/** A route that is left alone for a while after it has refused the key. */
export class RefusableRoute {
  readonly #now: () => number;
  readonly #isMeant: boolean;
  #hasAnswered = false;
  #refused: { readonly error: unknown; readonly until: number } | undefined;

  /**
   * @param now - A monotonic clock, in milliseconds.
   * @param isMeant - Whether the key was given for this route. Once the route has answered it, a refusal is a failure: it
   *   says nothing of the key's kind, and what was known must not be taken for unknown.
   */
  constructor(now: () => number, isMeant: boolean) {
    this.#now = now;
    this.#isMeant = isMeant;
  }

  /** How it has refused last. */
  get refusal(): unknown {
    return this.#refused?.error;
  }

  /** Asks it again next time. */
  forget(): void {
    this.#refused = undefined;
  }

  /**
   * What a call of it gives; `null` where it refuses, or is left alone.
   *
   * @throws What the call throws, unless that is a refusal to a key that may be of the wrong kind.
   */
  async ask<T>(call: () => Promise<T>): Promise<T | null> {
    if (this.#refused !== undefined && this.#now() < this.#refused.until) {
      return null;
    }
    try {
      const answer = await call();
      this.#refused = undefined;
      this.#hasAnswered = true;
      return answer;
    } catch (error) {
      if (!isRefusal(error) || (this.#isMeant && this.#hasAnswered)) {
        throw error;
      }
      this.#refused = { error, until: this.#now() + REFUSED_FOR_MS };
      return null;
    }
  }

  /** For a key that cannot be of the wrong kind: that it was denied is a failure, and is asked again next time. */
  throwDenial(): void {
    const { refusal } = this;
    if (isDenied(refusal)) {
      this.forget();
      throw refusal;
    }
  }
}
