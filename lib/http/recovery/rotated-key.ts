import { OpenRouterUnauthorizedException } from '../../errors/status.exceptions.js';
import type { CallFailure } from '../call-failure.js';
import type { Recovery, Retry } from './recovery.js';

/** Recovers from a 401 after a key rotation: the function that returns the key may have a new one by now. */
export class RotatedKey implements Recovery {
  #mayAsk = true;

  /**
   * @param refused - The key that was refused.
   * @param ask - Calls the function again.
   */
  constructor(
    private readonly refused: string,
    private readonly ask: () => Promise<string>,
  ) {}

  /** Retries once in a call, without a delay, and only with a different key. */
  async after({ exception }: CallFailure): Promise<Retry | undefined> {
    if (!this.#mayAsk || !(exception instanceof OpenRouterUnauthorizedException)) {
      return undefined;
    }
    this.#mayAsk = false;
    const key = await this.ask();
    return key === this.refused ? undefined : { delayMs: 0, key, connection: undefined };
  }
}
