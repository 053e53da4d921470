import type { CallFailure } from '../call-failure.js';
import type { Recovery, Retry } from './recovery.js';

/** Recovers from a pooled connection that the server was closing while the request was written to it. */
export class StaleConnection implements Recovery {
  #mayReconnect = true;

  /** Retries once in a call, without a delay, and on a connection of its own. */
  after({ stale }: CallFailure): Retry | undefined {
    if (!this.#mayReconnect || stale !== true) {
      return undefined;
    }
    this.#mayReconnect = false;
    return { delayMs: 0, key: undefined, connection: 'isolated' };
  }
}
