import { allowManyListeners } from './abort-signals.js';

/** Makes the error of a caller whose signal has fired. */
export type AbortError = (signal: AbortSignal) => Error;

/**
 * One piece of work for any number of callers. Each may leave; when the last one has left, the work is ended.
 */
export class SharedFlight<T> {
  readonly #controller = new AbortController();
  /** Rejects when the work fails; nobody has to handle that. */
  readonly outcome: Promise<T>;
  #aboard = 0;
  #landed = false;

  /** @param start - Begins the work; its signal fires when nobody waits for it any more. */
  constructor(start: (signal: AbortSignal) => Promise<T>) {
    this.outcome = start(this.#controller.signal).finally(() => {
      this.#landed = true;
    });
    // Whoever waits for it gets the failure; where nobody does, it must not end the process.
    this.outcome.catch(() => undefined);
  }

  /** Whether everybody has left it, so that nobody should join. */
  get isEnded(): boolean {
    return this.#controller.signal.aborted;
  }

  /** Waits for the outcome. */
  join(signal: AbortSignal | undefined, toError: AbortError): Promise<T> {
    if (signal === undefined) {
      // Nobody who cannot leave has to be counted out.
      this.#aboard += 1;
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

  /** Keeps the work going until the returned function is called. */
  hold(): () => void {
    let isAboard = true;
    this.#aboard += 1;
    return () => {
      if (!isAboard) {
        return;
      }
      isAboard = false;
      this.#aboard -= 1;
      if (this.#aboard === 0 && !this.#landed) {
        this.#controller.abort();
      }
    };
  }
}
