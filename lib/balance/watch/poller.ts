/** The target of the polls. */
export interface Poll {
  /**
   * Requests a new reading, unless the last one is younger than the interval.
   *
   * @returns A promise of its end, and a function that stops waiting for it.
   */
  poll(intervalMs: number): { readonly done: Promise<void>; readonly cancel: () => void };
  /**
   * When the next poll is due, in milliseconds from now.
   *
   * @param otherwiseMs - The delay if there is neither a reading nor a failure.
   */
  pollDelay(intervalMs: number, otherwiseMs: number): number;
}

/** Polls at intervals while somebody watches. */
export class Poller {
  readonly #poll: Poll;
  readonly #intervalMs: number;
  #limitMs = Infinity;
  #watchers = 0;
  #timer: NodeJS.Timeout | undefined;
  #cancelPoll: (() => void) | undefined;
  #isStarted = false;
  #isEnded = false;

  constructor(poll: Poll, intervalMs: number) {
    this.#poll = poll;
    this.#intervalMs = intervalMs;
  }

  /** Whether polls may begin. */
  get isStarted(): boolean {
    return this.#isStarted;
  }

  /** Polls from now on, or once that has been started, until the returned function is called. */
  enter(): () => void {
    let isIn = true;
    this.#watchers += 1;
    if (this.#watchers === 1) {
      this.#scheduleFirst();
    }
    return () => {
      if (isIn) {
        isIn = false;
        this.#watchers -= 1;
        if (this.#watchers === 0) {
          this.#stop();
        }
      }
    };
  }

  /** Lets the polls begin. */
  start(): void {
    if (!this.#isStarted) {
      this.#isStarted = true;
      this.#scheduleFirst();
    }
  }

  /** Polls at once if there are watchers. */
  wake(): void {
    if (this.#isPolling) {
      this.#stop();
      this.#schedule(0);
    }
  }

  /** Polls at least this often from now on. */
  limitInterval(limitMs: number): void {
    const isSooner = limitMs < this.#limitMs;
    this.#limitMs = limitMs;
    if (isSooner && this.#isPolling && this.#cancelPoll === undefined) {
      clearTimeout(this.#timer);
      this.#scheduleNext();
    }
  }

  /** Stops permanently. */
  end(): void {
    this.#isEnded = true;
    this.#stop();
  }

  get #isPolling(): boolean {
    return this.#watchers > 0 && this.#isStarted && !this.#isEnded;
  }

  get #currentIntervalMs(): number {
    return Math.min(this.#intervalMs, this.#limitMs);
  }

  #scheduleFirst(): void {
    if (this.#isPolling) {
      this.#schedule(this.#poll.pollDelay(this.#currentIntervalMs, 0));
    }
  }

  #scheduleNext(): void {
    const intervalMs = this.#currentIntervalMs;
    this.#schedule(this.#poll.pollDelay(intervalMs, intervalMs));
  }

  #schedule(delayMs: number): void {
    // It must not keep the process alive.
    this.#timer = setTimeout(() => void this.#pollOnce(), delayMs).unref();
  }

  async #pollOnce(): Promise<void> {
    const { done, cancel } = this.#poll.poll(this.#currentIntervalMs);
    this.#cancelPoll = cancel;
    await done;
    if (this.#cancelPoll === cancel) {
      this.#cancelPoll = undefined;
      this.#scheduleNext();
    }
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#cancelPoll?.();
    this.#cancelPoll = undefined;
  }
}
