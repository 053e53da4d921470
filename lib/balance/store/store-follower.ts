/** How often the store is asked while there is something to follow: what others spend is to show within a second. */
export const FOLLOW_EVERY_MS = 500;

/** What a follower needs. */
export interface StoreFollowerParts {
  /** Takes over what the store tells. */
  readonly compare: () => Promise<unknown>;
  /** Whether there is something that what the store tells would change. */
  readonly isWanted: () => boolean;
}

/**
 * Asks the store twice a second, whether or not anybody looks, so that whoever looks without waiting sees what others
 * have spent.
 */
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
      // No process lives on for the sake of a look at the store.
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
