import { reservedEntry, type ReservedCost } from './ledger/ledger-entry.js';
import type { HeldSpend } from './reservations/held-spend.js';
import type { SpendReservation } from './spend-limits.models.js';
import { nanoToUsd, toNanoUsd } from '../money/nano-usd.js';
import { checkAmount, checkIdentifier } from './spend-limits-arguments.js';

/** What is paid under a reservation, but for the amount. */
export type ReservedFor = Omit<ReservedCost, 'nanoUsd'>;

/** A reservation as users see it. */
export class Reservation implements SpendReservation {
  readonly id: string;
  readonly #held: HeldSpend;
  readonly #reservedFor: ReservedFor;
  readonly #onDropped: () => void;
  #isReleased = false;

  /** @param onDropped - Called with a bill that comes after the release, and is not booked. */
  constructor(id: string, held: HeldSpend, reservedFor: ReservedFor, onDropped: () => void) {
    this.id = id;
    this.#held = held;
    this.#reservedFor = reservedFor;
    this.#onDropped = onDropped;
  }

  get usd(): number {
    return nanoToUsd(this.#held.nanoUsd);
  }

  get expiresAt(): Date {
    return new Date(this.#held.expiresAt);
  }

  async attach(generationId: string): Promise<void> {
    checkIdentifier('generationId', generationId, 'reservation.attach');
    await this.#held.attach(generationId);
  }

  async extend(): Promise<void> {
    await this.#held.extend();
  }

  async commit(usd: number): Promise<void> {
    checkAmount(usd, 'reservation.commit');
    const nanoUsd = toNanoUsd(usd);
    if (this.#isReleased && nanoUsd > 0) {
      this.#onDropped();
    }
    await this.#held.commit(nanoUsd, reservedEntry({ ...this.#reservedFor, nanoUsd }));
  }

  async release(): Promise<void> {
    if (await this.#held.release()) {
      this.#isReleased = true;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }
}

/** A reservation under no rule: there is nothing to count. */
export class FreeReservation implements SpendReservation {
  readonly id: string;
  readonly usd: number;
  readonly #leaseMs: number;
  readonly #onCommit: (usd: number) => Promise<void>;
  readonly #onDropped: () => void;
  #expiresAt: Date;
  #isOver = false;
  #isReleased = false;

  /**
   * @param onCommit - Called with what was billed, once.
   * @param onDropped - Called with a bill that comes after the release, and is not recorded.
   */
  constructor(
    id: string,
    usd: number,
    leaseMs: number,
    onCommit: (usd: number) => Promise<void>,
    onDropped: () => void,
  ) {
    this.id = id;
    this.usd = usd;
    this.#leaseMs = leaseMs;
    this.#onCommit = onCommit;
    this.#onDropped = onDropped;
    this.#expiresAt = new Date(Date.now() + leaseMs);
  }

  get expiresAt(): Date {
    return this.#expiresAt;
  }

  attach(generationId: string): Promise<void> {
    return checked(() => checkIdentifier('generationId', generationId, 'reservation.attach'));
  }

  extend(): Promise<void> {
    this.#expiresAt = new Date(Date.now() + this.#leaseMs);
    return Promise.resolve();
  }

  async commit(usd: number): Promise<void> {
    checkAmount(usd, 'reservation.commit');
    if (!this.#isOver) {
      this.#isOver = true;
      await this.#onCommit(usd);
    } else if (this.#isReleased && usd > 0) {
      this.#onDropped();
    }
  }

  release(): Promise<void> {
    this.#isReleased ||= !this.#isOver;
    this.#isOver = true;
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }
}

// eslint-disable-next-line @typescript-eslint/require-await -- what is wrong rejects, as in a real reservation
async function checked(check: () => void): Promise<void> {
  check();
}
