import type { NamedSpend } from '../../contracts/balance-store.js';
import { SpendSum } from './recorded-spend.js';

/** A message to or from the store may take this long. */
const DELAY_MS = 1_000;

/** A store whose clock jumps tells ages that are wrong by more than a slow answer can make them. */
export const AGE_TOLERANCE_MS = 2_000;

/** For how long it is remembered that a sum is settled, so that whoever sends it again does not make it count again. */
const REMEMBERED_MS = 300_000;

/** A sum that this process knows from the store. All times are those of its own clock, on which they do not change. */
interface KnownSum {
  /** No earlier than its youngest amount was recorded. */
  at: number;
  /** No later than its oldest amount was recorded. */
  startedAt: number;
  /** When it was first told as it is: it was recorded before. */
  seenAt: number;
  microUsd: number;
  otherMicroUsd: number;
  /** What the store told of it last; 0 if nothing. */
  toldMicroUsd: number;
  toldOtherMicroUsd: number;
}

/** When the store was asked, and when it had answered. */
export interface Exchange {
  readonly askedAt: number;
  readonly answeredAt: number;
}

/**
 * What the store has told of sums by their names.
 *
 * A sum only grows, so that what is known and what is told are joined by the greater of the two: neither a store that
 * has lost a sum makes it smaller, nor does a sum count twice that is sent, told or stored again.
 */
export class ToldSpend {
  readonly #known = new Map<string, KnownSum>();
  #askedAt = -Infinity;
  #settledUntil = -Infinity;

  /** Takes over what the store tells of the sums of others. */
  see(told: ReadonlyMap<string, NamedSpend>, { askedAt, answeredAt }: Exchange): void {
    for (const known of this.#known.values()) {
      known.toldMicroUsd = 0;
      known.toldOtherMicroUsd = 0;
    }
    for (const [id, { microUsd, otherKeysMicroUsd: otherMicroUsd, ageMs, spanMs }] of told) {
      const known = this.#known.get(id);
      const startedAt = askedAt - ageMs - spanMs - DELAY_MS;
      if (known === undefined || microUsd > known.microUsd) {
        // What the store had not told before it has got since, whatever its clock says.
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
      // One who knows better may have put the store right, and its clock may have been put back.
      known.at = Math.max(known.at, Math.min(answeredAt - ageMs, known.seenAt));
      const isTooOld = ageMs > answeredAt - known.at + AGE_TOLERANCE_MS;
      known.toldMicroUsd = isTooOld ? 0 : microUsd;
      known.toldOtherMicroUsd = isTooOld ? 0 : otherMicroUsd;
    }
    this.#askedAt = askedAt;
  }

  /** Takes over a sum of this process that it no longer keeps by itself. */
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

  /** Counts all of it as spent with the account's own key. */
  countForKey(): void {
    for (const known of this.#known.values()) {
      known.otherMicroUsd = 0;
      known.toldOtherMicroUsd = 0;
    }
  }

  /** Counts nothing any more that was recorded until then. */
  settleUntil(moment: number): void {
    this.#settledUntil = Math.max(this.#settledUntil, moment);
    for (const [id, { at, toldMicroUsd }] of this.#known) {
      if (at < this.#settledUntil - REMEMBERED_MS && toldMicroUsd === 0) {
        this.#known.delete(id);
      }
    }
  }

  /** What the store has lost of it, as far as it still counts. */
  lost(now: number): NamedSpend[] {
    const lost: NamedSpend[] = [];
    for (const [id, known] of this.#known) {
      const isMissing = known.toldMicroUsd < known.microUsd || known.toldOtherMicroUsd < known.otherMicroUsd;
      // Of what is about to be settled, the store may have been told so before.
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

  /** Adds to a sum what may have been recorded after a moment. */
  addSince(moment: number, total: SpendSum): void {
    const from = Math.max(moment, this.#settledUntil);
    for (const { at, microUsd, otherMicroUsd } of this.#known.values()) {
      if (at > from) {
        total.addMicro(microUsd, otherMicroUsd);
      }
    }
  }
}
