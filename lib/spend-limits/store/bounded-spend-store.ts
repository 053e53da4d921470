import { LATE, within } from '../../async/bounded-waits.js';
import type { SpendStore } from '../../contracts/spend-store.js';
import { CheckedSpendStore } from './checked-spend-store.js';
import { shownReason } from './shown-reason.js';

/** How long a call to the store is waited for, unless nothing waits for its answer. */
const BOUND_MS = 250;

/** What a store has answered. */
export interface StoreAnswer<T> {
  readonly value: T;
}

/** A store behind bounds: every wait is bounded, and whatever goes wrong is answered by `undefined`. */
export class BoundedSpendStore {
  readonly #store: SpendStore;
  readonly #account: string;
  readonly #onHealth: (isUp: boolean) => void;
  #isUp: boolean | undefined;
  #reason: string | undefined;

  /**
   * @param account - The name by which the store knows the account.
   * @param onHealth - Called when the store stops answering, and when it answers again.
   */
  constructor(store: SpendStore, account: string, onHealth: (isUp: boolean) => void) {
    this.#store = new CheckedSpendStore(store);
    this.#account = account;
    this.#onHealth = onHealth;
  }

  /** Whether the store answers; `undefined` before the first call. */
  get isUp(): boolean | undefined {
    return this.#isUp;
  }

  /** Why the latest call failed, as {@link shownReason} says. */
  get reason(): string | undefined {
    return this.#reason;
  }

  /** Calls the store; `undefined` if it fails, answers in a wrong form, or does not answer in time. */
  async ask<T>(
    call: (store: SpendStore, account: string) => Promise<T>,
    withinMs: number = BOUND_MS,
  ): Promise<StoreAnswer<T> | undefined> {
    let answer: StoreAnswer<T> | undefined;
    let reason: string | undefined;
    try {
      // With `setImmediate`, an answer that has arrived already still counts.
      const value = await within(this.#call(call), withinMs, setImmediate);
      answer = value === LATE ? undefined : { value };
    } catch (error) {
      // The caller goes on without the store.
      reason = shownReason(error);
    }
    this.#reason = reason;
    this.#note(answer !== undefined);
    return answer;
  }

  /** Asynchronous, since a store of the application's own may throw. */
  async #call<T>(call: (store: SpendStore, account: string) => Promise<T>): Promise<T> {
    return call(this.#store, this.#account);
  }

  #note(isUp: boolean): void {
    const wasUp = this.#isUp ?? true;
    this.#isUp = isUp;
    if (isUp !== wasUp) {
      this.#onHealth(isUp);
    }
  }
}
