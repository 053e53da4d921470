import type { NamedSpend } from '../../contracts/balance-store.js';
import { SpendSum } from './recorded-spend.js';

/** The longest time that a message to or from the store may take. */
const DELAY_MS = 1_000;

/** A larger error of an age shows that the store's clock jumped: a slow answer cannot cause it. */
export const AGE_TOLERANCE_MS = 2_000;

/** How long a settled sum is remembered, so that it does not count again if another process sends it again. */
const REMEMBERED_MS = 300_000;

/** A sum that this process knows from the store. All times are on this process's own clock, so they do not change. */
interface KnownSum {
  /** When its latest amount was recorded, or later; never earlier. */
  at: number;
  /** When its earliest amount was recorded, or earlier; never later. */
  startedAt: number;
  /** When the store first reported its present value; the amounts were recorded before. */
  seenAt: number;
  microUsd: number;
  otherMicroUsd: number;
  /** The value that the store reported last; 0 if it did not report the sum. */
  toldMicroUsd: number;
  toldOtherMicroUsd: number;
}

/** The times of a request to the store and of its answer. */
export interface Exchange {
  readonly askedAt: number;
  readonly answeredAt: number;
}

/**
 * The named sums that the store has reported.
 *
 * A sum only grows, so merging a known and a reported value keeps the greater one. A store that has lost a sum does not
 * reduce it, and a sum that is sent, reported or stored again does not count twice.
 */
export class ToldSpend {
  readonly #known = new Map<string, KnownSum>();
  #askedAt = -Infinity;
  #settledUntil = -Infinity;

  /** Merges the sums of other processes that the store reports. */
  see(told: ReadonlyMap<string, NamedSpend>, { askedAt, answeredAt }: Exchange): void {
    for (const known of this.#known.values()) {
      known.toldMicroUsd = 0;
      known.toldOtherMicroUsd = 0;
    }
    for (const [id, { microUsd, otherKeysMicroUsd: otherMicroUsd, ageMs, spanMs }] of told) {
      const known = this.#known.get(id);
      const startedAt = askedAt - ageMs - spanMs - DELAY_MS;
      if (known === undefined || microUsd > known.microUsd) {
        // The last report lacked this value, so the store received it later, whatever the store's clock says.
        const isAgePlausible = answeredAt - ageMs >= this.#askedAt;
        this.#known.set(id, {
          at: Math.max(known?.at ?? -Infinity, isAgePlausible ? answeredAt - ageMs : answeredAt),
          startedAt: Math.min(known?.startedAt ?? Infinity, startedAt),
          seenAt: answeredAt,
          microUsd,
          otherMicroUsd: Math.max(known?.otherMicroUsd ?? 0, otherMicroUsd),
          toldMicroUsd: microUsd,
          toldOtherMicroUsd: otherMicroUsd,
        });
        continue;
      }
      known.otherMicroUsd = Math.max(known.otherMicroUsd, otherMicroUsd);
      // Another process may have corrected the time in the store, and the store's clock may have been set back.
      known.at = Math.max(known.at, Math.min(answeredAt - ageMs, known.seenAt));
      const isTooOld = ageMs > answeredAt - known.at + AGE_TOLERANCE_MS;
      known.toldMicroUsd = isTooOld ? 0 : microUsd;
      known.toldOtherMicroUsd = isTooOld ? 0 : otherMicroUsd;
    }
    this.#askedAt = askedAt;
  }

  /** Adopts a sum of this process that `OwnSpend` no longer keeps. */
  adopt(id: string, sum: Pick<KnownSum, 'at' | 'startedAt' | 'microUsd' | 'otherMicroUsd'>): void {
    const { at, startedAt, microUsd, otherMicroUsd } = sum;
    this.#known.set(id, {
      at,
      startedAt,
      seenAt: at,
      microUsd,
      otherMicroUsd,
      toldMicroUsd: microUsd,
      toldOtherMicroUsd: otherMicroUsd,
    });
  }

  /** Counts all sums as spent with the account's own key. */
  countForKey(): void {
    for (const known of this.#known.values()) {
      known.otherMicroUsd = 0;
      known.toldOtherMicroUsd = 0;
    }
  }

  /** Stops counting everything recorded no later than a moment. */
  settleUntil(moment: number): void {
    this.#settledUntil = Math.max(this.#settledUntil, moment);
    for (const [id, { at, toldMicroUsd }] of this.#known) {
      if (at < this.#settledUntil - REMEMBERED_MS && toldMicroUsd === 0) {
        this.#known.delete(id);
      }
    }
  }

  /** The sums that still count and that the store has lost, wholly or in part. */
  lost(now: number): NamedSpend[] {
    const lost: NamedSpend[] = [];
    for (const [id, known] of this.#known) {
      const isMissing = known.toldMicroUsd < known.microUsd || known.toldOtherMicroUsd < known.otherMicroUsd;
      // A sum that is about to be settled may be missing because the store has already dropped it as settled.
      if (isMissing && known.at > this.#settledUntil + DELAY_MS) {
        lost.push({
          id,
          microUsd: known.microUsd,
          otherKeysMicroUsd: known.otherMicroUsd,
          ageMs: Math.max(0, now - known.at),
          spanMs: known.at - known.startedAt,
        });
      }
    }
    return lost;
  }

  /** Notes that the store has a sum. */
  stored({ id, microUsd, otherKeysMicroUsd }: NamedSpend): void {
    const known = this.#known.get(id);
    if (known !== undefined) {
      known.toldMicroUsd = Math.max(known.toldMicroUsd, microUsd);
      known.toldOtherMicroUsd = Math.max(known.toldOtherMicroUsd, otherKeysMicroUsd);
    }
  }

  /** Adds the spend that may have been recorded after a moment to `total`. */
  addSince(moment: number, total: SpendSum): void {
    const from = Math.max(moment, this.#settledUntil);
    for (const { at, microUsd, otherMicroUsd } of this.#known.values()) {
      if (at > from) {
        total.addMicro(microUsd, otherMicroUsd);
      }
    }
  }
}
