type CloseListener = () => Promise<void> | void;

/** Whether an account is open, and the listeners to call when it is closed. */
export class AccountLife {
  readonly #listeners: CloseListener[] = [];
  #isClosed = false;
  #closing: Promise<unknown> = Promise.resolve();

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Calls a listener when the account is closed; `close` waits for it. */
  onClose(listener: CloseListener): void {
    this.#listeners.push(listener);
  }

  /**
   * Closes the account once; further calls wait for the same end. Listeners are called synchronously in reverse order,
   * since what was opened later may need what was opened before it.
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
