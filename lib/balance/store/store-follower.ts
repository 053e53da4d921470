/** How often the store is asked while there is something to follow. The spend of others is to show within a second. */
export const FOLLOW_EVERY_MS = 500;

/** What a follower needs. */
export interface StoreFollowerParts {
  /** Takes over what the store has. */
  readonly compare: () => Promise<unknown>;
  /** Whether there is anything that could change by that. */
  readonly isWanted: () => boolean;
}

/** Asks the store twice a second, so that `peek()` shows the spend of other processes without waiting. */
export class StoreFollower {
  readonly #parts: StoreFollowerParts;
  #timer: NodeJS.Timeout | undefined;
  #isEnded = false;

  constructor(parts: StoreFollowerParts) {
    this.#parts = parts;
  }

  /** Begins if there is something to follow; goes on until there is not. */
  wake(): void {
    if (this.#timer === undefined && !this.#isEnded && this.#parts.isWanted()) {
      // It must not keep the process alive.
      this.#timer = setTimeout(() => void this.#follow(), FOLLOW_EVERY_MS).unref();
    }
  }

  /** Ends for good. */
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
