import type { HeldSpend } from './reservations/held-spend.js';
import type { SpendReservation } from './spend-limits.models.js';
import { nanoToUsd, toNanoUsd } from '../money/nano-usd.js';
import { checkAmount, checkIdentifier } from './spend-limits-arguments.js';

/** A reservation as users see it. */
export class Reservation implements SpendReservation {
  readonly #held: HeldSpend;

  constructor(held: HeldSpend) {
    this.#held = held;
  }

  get id(): string {
    return this.#held.id;
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
    await this.#held.commit(toNanoUsd(usd));
  }

  async release(): Promise<void> {
    await this.#held.release();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#held.release();
  }
}

/** A reservation under no rule: there is nothing to count. */
export class FreeReservation implements SpendReservation {
  readonly id: string;
  readonly usd: number;
  readonly #leaseMs: number;
  #expiresAt: Date;

  constructor(id: string, usd: number, leaseMs: number) {
    this.id = id;
    this.usd = usd;
    this.#leaseMs = leaseMs;
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

  commit(usd: number): Promise<void> {
    return checked(() => checkAmount(usd, 'reservation.commit'));
  }

  release(): Promise<void> {
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}

// eslint-disable-next-line @typescript-eslint/require-await -- what is wrong rejects, as in a real reservation
async function checked(check: () => void): Promise<void> {
  check();
}
