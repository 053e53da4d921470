import { OpenRouterUnauthorizedException } from '../../errors/status.exceptions.js';
import type { CallFailure } from '../call-failure.js';
import type { Recovery, Retry } from './recovery.js';

/** A key that was rotated between its use and the answer is refused; the function that gave it has another one by now. */
export class RotatedKey implements Recovery {
  #mayAsk = true;

  /**
   * @param refused - The key of the first attempt.
   * @param ask - Asks for the key once more.
   */
  constructor(
    private readonly refused: string,
    private readonly ask: () => Promise<string>,
  ) {}

  /** At once and with the other key, once in a call. */
  async after({ exception }: CallFailure): Promise<Retry | undefined> {
    if (!this.#mayAsk || !(exception instanceof OpenRouterUnauthorizedException)) {
      return undefined;
    }
    this.#mayAsk = false;
    const key = await this.ask();
    return key === this.refused ? undefined : { delayMs: 0, key, connection: undefined };
  }
}
