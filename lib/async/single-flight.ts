import { allowManyListeners } from './abort-signals.js';

/** Makes the error for a caller whose signal was aborted. */
export type AbortError = (signal: AbortSignal) => Error;

/** One piece of work that any number of callers wait for. It is aborted when the last of them leaves. */
export class SingleFlight<T> {
  /** The result of the work. A rejection that nobody waits for is not reported as unhandled. */
  readonly outcome: Promise<T>;
  readonly #controller = new AbortController();
  #waiters = 0;
  #isSettled = false;

  /** @param start - Starts the work. Its signal is aborted when nobody waits any more. */
  constructor(start: (signal: AbortSignal) => Promise<T>) {
    this.outcome = start(this.#controller.signal).finally(() => {
      this.#isSettled = true;
    });
    this.outcome.catch(() => undefined);
  }

  /** Whether the work was aborted, so that a new caller must start another flight. */
  get isAborted(): boolean {
    return this.#controller.signal.aborted;
  }

  /**
   * Waits for the result.
   *
   * @param signal - Ends the wait of this caller alone.
   * @throws Whatever the work rejects with, or the error of an aborted signal.
   */
  join(signal: AbortSignal | undefined, toError: AbortError): Promise<T> {
    if (signal === undefined) {
      // A waiter without a signal never leaves, so it is never subtracted.
      this.#waiters += 1;
      return this.outcome;
    }
    if (signal.aborted) {
      return Promise.reject(toError(signal));
    }
    allowManyListeners(signal);
    const leave = this.hold();
    return new Promise<T>((resolve, reject) => {
      const onAbort = (): void => {
        leave();
        reject(toError(signal));
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.outcome.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
    });
  }

  /** Keeps the work going without waiting for it, until the returned function is called. */
  hold(): () => void {
    let isWaiting = true;
    this.#waiters += 1;
    return () => {
      if (!isWaiting) {
        return;
      }
      isWaiting = false;
      this.#waiters -= 1;
      if (this.#waiters === 0 && !this.#isSettled) {
        this.#controller.abort();
      }
    };
  }
}
