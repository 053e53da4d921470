import type { SpendLedgerEntry } from '../../contracts/spend-ledger.js';
import type { SpendHold } from '../../contracts/spend-store.js';
import type { BoundedSpendStore } from '../store/bounded-spend-store.js';
import type { SpendOutbox } from '../store/spend-outbox.js';

export interface HeldSpendParts {
  readonly store: BoundedSpendStore;
  readonly outbox: SpendOutbox;
  readonly leaseMs: number;
  /** Calls a function outside of the async context of any request, which a timer would keep in memory. */
  readonly inOwnContext: (call: () => void) => void;
  /** The hold is over; with what is booked for it in nano-dollars, or `undefined` if nothing is. */
  readonly onOver: (held: HeldSpend, billedNanoUsd: number | undefined) => void;
}

/** An extension each third of a lease: two may fail. */
const EXTENSIONS_A_LEASE = 3;

/**
 * When a generation is told again that the store did not take, at first: without it, nobody can ask for the bill after a
 * crash. Each time after that, twice as late.
 */
const TELL_AGAIN_MS = 1_000;

/**
 * A hold of this process, from its admission to its end. A timer extends its lease until then.
 *
 * Nothing here knows the answer of the completion, which must stay collectable.
 */
export class HeldSpend {
  readonly nanoUsd: number;
  readonly id: string;
  readonly #parts: HeldSpendParts;
  #hold: SpendHold;
  #expiresAt: number;
  #timer: NodeJS.Timeout | undefined;
  /** After how long the store is told the generation again; 0 where it knows it, or there is none. */
  #tellAgainMs = 0;
  #isOver = false;
  /** Whether the hold is left to its lease. */
  #isAbandoned = false;

  constructor(hold: SpendHold, expiresAt: number, parts: HeldSpendParts) {
    this.id = hold.id;
    this.nanoUsd = hold.nanoUsd;
    this.#hold = hold;
    this.#expiresAt = expiresAt;
    this.#parts = parts;
    this.#schedule();
  }

  /** On the store's clock. */
  get expiresAt(): number {
    return this.#expiresAt;
  }

  get isAttached(): boolean {
    return this.#hold.generationId !== undefined;
  }

  /** Notes the generation. If the store does not answer, an extension a second later tells it. */
  async attach(generationId: string): Promise<void> {
    if (this.#isOver || this.isAttached) {
      return;
    }
    const hold = this.#hold;
    this.#hold = { ...hold, generationId };
    const { leaseMs, store } = this.#parts;
    const answer = await store.ask((asked, account) => asked.attach(account, hold, generationId, leaseMs));
    if (answer === undefined) {
      this.#tellAgainMs = TELL_AGAIN_MS;
      this.#schedule();
    }
  }

  async extend(): Promise<void> {
    if (this.#isOver) {
      return;
    }
    const { leaseMs, store } = this.#parts;
    const told = this.#hold;
    const answer = await store.ask((asked, account) => asked.extend(account, told, leaseMs));
    this.#expiresAt = answer?.value ?? this.#expiresAt;
    if (answer === undefined) {
      this.#tellAgainMs *= 2;
    } else if (told === this.#hold) {
      this.#tellAgainMs = 0;
    }
    this.#schedule();
  }

  /** Books the bill, once, with its entry for the ledger. */
  async commit(nanoUsd: number, entry?: SpendLedgerEntry): Promise<void> {
    if (this.#end()) {
      const hold = this.#hold;
      await this.#parts.outbox.send((store, account) => store.commit(account, hold, nanoUsd, entry));
      this.#parts.onOver(this, nanoUsd);
    }
  }

  /**
   * Gives back what is held, unless a generation is attached.
   *
   * @returns Whether it was given back: a bill that comes later is not booked.
   */
  async release(): Promise<boolean> {
    if (this.isAttached || !this.#end()) {
      return false;
    }
    const hold = this.#hold;
    await this.#parts.outbox.send((store, account) => store.release(account, hold));
    this.#parts.onOver(this, undefined);
    return true;
  }

  /** Books what is held, since the bill cannot be learned. */
  async giveUp(entry: SpendLedgerEntry): Promise<void> {
    if (this.#end()) {
      const hold = this.#hold;
      await this.#parts.outbox.send((store, account) => store.giveUp(account, hold, entry));
      this.#parts.onOver(this, this.nanoUsd);
    }
  }

  /** Leaves the hold to its lease: another process may learn its bill, unless this one still does. */
  abandon(): void {
    if (!this.#isOver) {
      this.#isAbandoned = true;
      clearTimeout(this.#timer);
      this.#parts.onOver(this, undefined);
    }
  }

  /** Extends the lease in time, and sooner if the store has to be told the generation again. */
  #schedule(): void {
    clearTimeout(this.#timer);
    if (this.#isOver || this.#isAbandoned) {
      return;
    }
    const periodMs = this.#parts.leaseMs / EXTENSIONS_A_LEASE;
    const delayMs = this.#tellAgainMs === 0 ? periodMs : Math.min(periodMs, this.#tellAgainMs);
    this.#parts.inOwnContext(() => {
      this.#timer = setTimeout(() => void this.extend(), delayMs).unref();
    });
  }

  #end(): boolean {
    const wasOpen = !this.#isOver;
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    return wasOpen;
  }
}
