import type { CallFailure } from '../call-failure.js';
import type { Recovery, Retry } from './recovery.js';

/** A pooled connection may be closed by the server just as a request is written to it. */
export class StaleConnection implements Recovery {
  #mayReconnect = true;

  /** At once and on a connection of its own, once in a call. */
  after({ stale }: CallFailure): Retry | undefined {
    if (!this.#mayReconnect || stale !== true) {
      return undefined;
    }
    this.#mayReconnect = false;
    return { delayMs: 0, key: undefined, connection: 'isolated' };
  }
}
