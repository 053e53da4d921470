import { isDenied, isRefusal, REFUSED_FOR_MS } from './refusals.js';

/** A route that is left alone for a while after it has refused a key that may be of the wrong kind for it. */
export class RefusableRoute {
  readonly #now: () => number;
  #refused: { readonly error: unknown; readonly until: number } | undefined;

  /** @param now - A monotonic clock, in milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
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

  /** For a key that turns out to be of the right kind: that it was denied is a failure, and is asked again next time. */
  throwDenial(): void {
    const { refusal } = this;
    if (isDenied(refusal)) {
      this.forget();
      throw refusal;
    }
  }
}
