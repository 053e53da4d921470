import { AsyncLocalStorage } from 'node:async_hooks';

/** Does something again and again, each time after a pause, without keeping the process alive. */
export class Repeater {
  readonly #work: () => Promise<void>;
  readonly #periodMs: number;
  readonly #inOwnContext = AsyncLocalStorage.snapshot();
  #timer: NodeJS.Timeout | undefined;
  #isEnded = false;

  constructor(work: () => Promise<void>, periodMs: number) {
    this.#work = work;
    this.#periodMs = periodMs;
  }

  /** Begins with a pause. */
  start(): void {
    if (this.#isEnded || this.#timer !== undefined) {
      return;
    }
    this.#inOwnContext(() => {
      this.#timer = setTimeout(() => {
        void this.#run();
      }, this.#periodMs).unref();
    });
  }

  async #run(): Promise<void> {
    try {
      await this.#work();
    } catch {
      // It goes on: the next time may succeed.
    }
    this.#timer = undefined;
    this.start();
  }

  end(): void {
    this.#isEnded = true;
    clearTimeout(this.#timer);
  }
}
