import { AsyncLocalStorage } from 'node:async_hooks';
import type { SpendStore } from '../../contracts/spend-store.js';
import { type Clock, SYSTEM_CLOCK } from '../../async/clock.js';
import type { BoundedSpendStore } from './bounded-spend-store.js';

/** The maximum number of calls that wait for the store. */
const MAX_WAITING = 10_000;

const FIRST_DELAY_MS = 1_000;
const MAX_DELAY_MS = 30_000;

/** More than one, so that a single call that the store never takes holds up no other one. */
const MAX_FAILURES = 3;

/** At the end: so many calls at once, and for how long. All at once, a store could not answer each of them in time. */
const CLOSING_CALLS = 16;
const CLOSING_MS = 5_000;

export interface SpendOutboxParts {
  readonly store: BoundedSpendStore;
  /** Called the first time that there is no room: the oldest call is dropped. */
  readonly onOverflow: (maxWaiting: number) => void;
  /** Called when calls are given up because of the end. */
  readonly onGivenUp: (calls: number) => void;
  readonly clock?: Pick<Clock, 'now'>;
  readonly maxWaiting?: number;
}

/** A call to the store that may be repeated. */
export type RepeatableCall = (store: SpendStore, account: string) => Promise<unknown>;

/** Calls that must reach the store, however long it does not answer: each is repeated until it succeeds. */
export class SpendOutbox {
  readonly #parts: Required<SpendOutboxParts>;
  /** A timer that a request has started would keep the context of that request in memory. */
  readonly #inOwnContext = AsyncLocalStorage.snapshot();
  readonly #waiting: RepeatableCall[] = [];
  readonly #underWay = new Set<Promise<unknown>>();
  #timer: NodeJS.Timeout | undefined;
  /** When the timer ends. */
  #dueAt = 0;
  #delayMs = FIRST_DELAY_MS;
  #isSending = false;
  #life: 'open' | 'closing' | 'closed' = 'open';
  #hasOverflowed = false;
  #onQuiet: () => void = () => undefined;

  constructor(parts: SpendOutboxParts) {
    this.#parts = { clock: SYSTEM_CLOCK, maxWaiting: MAX_WAITING, ...parts };
  }

  /** How many calls wait. */
  get size(): number {
    return this.#waiting.length;
  }

  /** Whether every call has reached the store. */
  get isQuiet(): boolean {
    return this.#underWay.size === 0 && this.#waiting.length === 0;
  }

  /** Calls a listener whenever the last call has reached the store. */
  onQuiet(listener: () => void): void {
    this.#onQuiet = listener;
  }

  /** Calls the store now, and again later if it does not answer. */
  async send(call: RepeatableCall): Promise<void> {
    const asked = this.#parts.store.ask(call);
    this.#underWay.add(asked);
    const answer = await asked;
    this.#underWay.delete(asked);
    if (answer === undefined) {
      this.#wait(call);
    }
    this.#announceQuiet();
  }

  /** The store answers again: what waits is sent soon, whatever the pauses have grown to. */
  wake(): void {
    this.#delayMs = FIRST_DELAY_MS;
    // One that is due soon is left alone: a store that answers now and then would put it off for ever.
    if (this.#timer !== undefined && this.#dueAt - this.#parts.clock.now() > FIRST_DELAY_MS) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.#schedule();
    }
  }

  /** Sends what waits once more, and stops. What the store does not take is given up. */
  async close(): Promise<void> {
    this.#life = 'closing';
    clearTimeout(this.#timer);
    await Promise.all(this.#underWay);
    this.#life = 'closed';
    const givenUp = await this.#sendLast(this.#waiting.splice(0));
    if (givenUp > 0) {
      this.#parts.onGivenUp(givenUp);
    }
  }

  /** @returns how many were not taken. */
  async #sendLast(calls: readonly RepeatableCall[]): Promise<number> {
    const { clock, store } = this.#parts;
    const end = clock.now() + CLOSING_MS;
    const left = calls.values();
    let taken = 0;
    let failures = 0;
    const sendSome = async (): Promise<void> => {
      for (const call of left) {
        if ((await store.ask(call)) === undefined) {
          failures += 1;
        } else {
          failures = 0;
          taken += 1;
        }
        if (failures >= CLOSING_CALLS || clock.now() > end) {
          return;
        }
      }
    };
    await Promise.all(Array.from({ length: CLOSING_CALLS }, sendSome));
    return calls.length - taken;
  }

  #wait(call: RepeatableCall): void {
    const { maxWaiting, onGivenUp, onOverflow } = this.#parts;
    if (this.#life === 'closed') {
      onGivenUp(1);
      return;
    }
    this.#waiting.push(call);
    if (this.#waiting.length > maxWaiting) {
      this.#waiting.shift();
      if (!this.#hasOverflowed) {
        this.#hasOverflowed = true;
        onOverflow(maxWaiting);
      }
    }
    this.#schedule();
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#isSending || this.#life !== 'open') {
      return;
    }
    this.#dueAt = this.#parts.clock.now() + this.#delayMs;
    this.#inOwnContext(() => {
      this.#timer = setTimeout(() => {
        this.#timer = undefined;
        void this.#sendAll();
      }, this.#delayMs).unref();
    });
  }

  /** One after the other, until so many in a row have failed that the store seems to be away. */
  async #sendAll(): Promise<void> {
    this.#isSending = true;
    let nextDelayMs = Math.min(MAX_DELAY_MS, this.#delayMs * 2);
    const failed: RepeatableCall[] = [];
    for (const call of [...this.#waiting]) {
      if (this.#life !== 'open') {
        return;
      }
      if ((await this.#parts.store.ask(call)) !== undefined) {
        // It is not away: the pauses begin anew.
        nextDelayMs = FIRST_DELAY_MS;
        failed.length = 0;
        this.#remove(call);
      } else if (failed.push(call) === MAX_FAILURES) {
        this.#putLast(failed);
        break;
      }
    }
    this.#isSending = false;
    if (this.#waiting.length === 0) {
      this.#delayMs = FIRST_DELAY_MS;
      this.#announceQuiet();
      return;
    }
    this.#delayMs = nextDelayMs;
    this.#schedule();
  }

  /** So that many that the store never takes hold up no other one for good. */
  #putLast(calls: readonly RepeatableCall[]): void {
    for (const call of calls) {
      if (this.#remove(call)) {
        this.#waiting.push(call);
      }
    }
  }

  /** Whether it was still waiting: there may have been no room for it. */
  #remove(call: RepeatableCall): boolean {
    const index = this.#waiting.indexOf(call);
    if (index >= 0) {
      this.#waiting.splice(index, 1);
    }
    return index >= 0;
  }

  #announceQuiet(): void {
    if (this.isQuiet) {
      this.#onQuiet();
    }
  }
}
