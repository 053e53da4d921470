type CloseListener = () => Promise<void> | void;

/** Whether an account is open, and what ends with it. */
export class AccountLife {
  readonly #listeners: CloseListener[] = [];
  #isClosed = false;
  #closing: Promise<unknown> = Promise.resolve();

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Calls a function when the account is closed. `close` takes as long as the function does. */
  onClose(listener: CloseListener): void {
    this.#listeners.push(listener);
  }

  /**
   * Closes the account once; further calls wait for the same end. The listeners start in this turn, the last one first:
   * what was opened last may still need what was opened before it.
   */
  async close(): Promise<void> {
    if (!this.#isClosed) {
      this.#isClosed = true;
      this.#closing = Promise.all(
        this.#listeners
          .splice(0)
          .reverse()
          .map(async (listener) => listener()),
      );
    }
    await this.#closing;
  }
}
