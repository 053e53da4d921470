import { LATE, within } from '../../async/bounded-waits.js';
import type { SpendStore } from '../../contracts/spend-store.js';
import { CheckedSpendStore } from './checked-spend-store.js';
import { loggedReason, shownReason } from './shown-reason.js';

/** How long a call to the store is waited for, unless nothing waits for its answer. */
const BOUND_MS = 250;

/** What a store has answered. */
export interface StoreAnswer<T> {
  readonly value: T;
}

/** Called when the store stops answering, with why, and when it answers again. */
export type OnStoreHealth = (isUp: boolean, reason: string) => void;

/** A store behind bounds: every wait is bounded, and whatever goes wrong is answered by `undefined`. */
export class BoundedSpendStore {
  readonly #store: SpendStore;
  readonly #account: string;
  readonly #onHealth: OnStoreHealth;
  #isUp: boolean | undefined;
  #reason: string | undefined;

  /** @param account - The name by which the store knows the account. */
  constructor(store: SpendStore, account: string, onHealth: OnStoreHealth) {
    this.#store = new CheckedSpendStore(store);
    this.#account = account;
    this.#onHealth = onHealth;
  }

  /** Whether the store has answered the latest call; `undefined` before the first one. */
  get isUp(): boolean | undefined {
    return this.#isUp;
  }

  /** Why the latest call that failed did, as {@link shownReason} says. */
  get reason(): string | undefined {
    return this.#reason;
  }

  /** Calls the store; `undefined` if it fails, answers in a wrong form, or does not answer in time. */
  async ask<T>(
    call: (store: SpendStore, account: string) => Promise<T>,
    withinMs: number = BOUND_MS,
  ): Promise<StoreAnswer<T> | undefined> {
    let value: T | typeof LATE;
    try {
      // With `setImmediate`, an answer that has arrived already still counts.
      value = await within(this.#call(call), withinMs, setImmediate);
    } catch (error) {
      // The caller goes on without the store.
      this.#reason = shownReason(error);
      this.#note(false, loggedReason(error));
      return undefined;
    }
    if (value === LATE) {
      this.#reason = undefined;
      this.#note(false, `no answer within ${withinMs} ms`);
      return undefined;
    }
    this.#note(true, '');
    return { value };
  }

  /** Asynchronous, since a store of the application's own may throw. */
  async #call<T>(call: (store: SpendStore, account: string) => Promise<T>): Promise<T> {
    return call(this.#store, this.#account);
  }

  #note(isUp: boolean, reason: string): void {
    const wasUp = this.#isUp ?? true;
    this.#isUp = isUp;
    if (isUp !== wasUp) {
      this.#onHealth(isUp, reason);
    }
  }
}
