/** The interval of reads while the store is followed. Spend of other processes must show within a second. */
export const FOLLOW_EVERY_MS = 500;

/** What a follower needs. */
export interface StoreFollowerParts {
  /** Reads the store into the cache. */
  readonly compare: () => Promise<unknown>;
  /** Whether news from other processes could matter. */
  readonly isWanted: () => boolean;
}

/** Reads the store twice a second, so that `peek()` shows the spend of other processes without waiting. */
export class StoreFollower {
  readonly #parts: StoreFollowerParts;
  #timer: NodeJS.Timeout | undefined;
  #isEnded = false;

  constructor(parts: StoreFollowerParts) {
    this.#parts = parts;
  }

  /** Starts to follow the store if that is wanted, and stops once it no longer is. */
  wake(): void {
    if (this.#timer === undefined && !this.#isEnded && this.#parts.isWanted()) {
      // The timer must not keep the process alive.
      this.#timer = setTimeout(() => void this.#follow(), FOLLOW_EVERY_MS).unref();
    }
  }

  /** Stops permanently. */
  end(): void {
    this.#isEnded = true;
    clearTimeout(this.#timer);
  }

  async #follow(): Promise<void> {
    await this.#parts.compare();
    this.#timer = undefined;
    this.wake();
  }
}
