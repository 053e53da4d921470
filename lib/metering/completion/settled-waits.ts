import { allowManyListeners } from '../../async/abort-signals.js';
import { abortException } from '../../errors/abort-exception.js';

/** Callers that wait until everything is settled. */
export class SettledWaits {
  readonly #isSettled: () => boolean;
  readonly #scrub: (text: string) => string;
  readonly #listeners = new Set<() => void>();

  /** @param scrub - Takes the secrets out of the reason of an abort. */
  constructor(isSettled: () => boolean, scrub: (text: string) => string) {
    this.#isSettled = isSettled;
    this.#scrub = scrub;
  }

  /** @throws `OpenRouterAbortException` if the signal is aborted. */
  wait(signal: AbortSignal = new AbortController().signal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#listeners.delete(onSettled);
        signal.removeEventListener('abort', onAbort);
      };
      const onSettled = (): void => {
        leave();
        resolve();
      };
      const onAbort = (): void => {
        leave();
        reject(abortException('metering.settled', signal, 'unknown', this.#scrub));
      };
      if (signal.aborted) {
        onAbort();
      } else if (this.#isSettled()) {
        resolve();
      } else {
        this.#listeners.add(onSettled);
        allowManyListeners(signal);
        signal.addEventListener('abort', onAbort, { once: true });
      }
    });
  }

  /** Ends the waits if everything is settled by now. */
  look(): void {
    if (this.#listeners.size > 0 && this.#isSettled()) {
      for (const listener of [...this.#listeners]) {
        listener();
      }
    }
  }
}
