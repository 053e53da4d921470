import { microToUsd } from '../../money/micro-usd.js';

/** Amounts of one message of the store are at most this far apart on this process's clock and on the store's. */
const TOLERANCE_MS = 1_000;

/** Own amounts that were recorded within this time are kept as one. */
const SPAN_MS = 1_000;

/** A store that is never asked must not make them pile up. */
const MAX_UNASKED = 1_000;

/** An amount on this process's clock. */
interface Amount {
  at: number;
  microUsd: number;
}

/** An own amount that is in the store. */
interface StoredAmount extends Amount {
  /** Since when that is certain. */
  storedAt: number;
}

/** What a store has told, and what of it is this process's own. */
interface Answer {
  readonly told: readonly Amount[];
  readonly own: readonly Amount[];
}

const NOTHING: Answer = { told: [], own: [] };

/**
 * Spend of others as told by a store that only adds up, so that this process's own is in it. Nothing tells one amount
 * from another: after a loss that shows, because the store tells less than before, what it told before counts on
 * beside what it tells from then on.
 */
export class UnnamedSpend {
  #stored: StoredAmount[] = [];
  #own: Amount[] = [];
  #answer = NOTHING;
  /** What was told before the store has lost data. */
  #before: Answer[] = [];
  #settledUntil = -Infinity;

  /** Notes that the store has an amount of this process. */
  stored(amount: Readonly<StoredAmount>): void {
    const last = this.#stored.at(-1);
    if (last !== undefined && this.#stored.length >= MAX_UNASKED) {
      last.at = amount.at;
      last.storedAt = amount.storedAt;
      last.microUsd += amount.microUsd;
    } else {
      this.#stored.push({ ...amount });
    }
  }

  /** Takes over what the store tells. `askedAt`: when it was asked. */
  see(told: readonly Amount[], askedAt: number): void {
    const hasLost =
      sumSince(told, this.#settledUntil - TOLERANCE_MS) <
      sumSince(this.#answer.told, this.#settledUntil + TOLERANCE_MS);
    if (hasLost) {
      this.#before.push(this.#answer);
      // Whether the store still has them is not known: better twice than not at all.
      this.#own = [];
      this.#stored = [];
    }
    const certain = this.#stored.filter(({ storedAt }) => storedAt <= askedAt);
    this.#stored = this.#stored.filter(({ storedAt }) => storedAt > askedAt);
    this.#own = [...this.#own, ...certain].reduce<Amount[]>(merge, []);
    this.#answer = { told, own: this.#own };
  }

  /** Counts nothing any more that was recorded until then. */
  settleUntil(moment: number): void {
    this.#settledUntil = Math.max(this.#settledUntil, moment);
    const isOpen = ({ at }: Amount): boolean => at > this.#settledUntil;
    this.#own = this.#own.filter(isOpen);
    this.#stored = this.#stored.filter(isOpen);
    this.#answer = { told: this.#answer.told.filter(isOpen), own: this.#own };
    this.#before = this.#before.filter((answer) => othersSince(answer, this.#settledUntil) > 0);
  }

  /** What others have recorded after a moment, in US dollars. */
  usdSince(moment: number): number {
    const from = Math.max(moment, this.#settledUntil);
    return microToUsd(
      [...this.#before, this.#answer].reduce((sum, answer) => sum + othersSince(answer, from), 0),
    );
  }
}

function othersSince({ told, own }: Answer, moment: number): number {
  return Math.max(0, sumSince(told, moment) - sumSince(own, moment));
}

function sumSince(amounts: readonly Amount[], moment: number): number {
  return amounts.reduce((sum, { at, microUsd }) => (at > moment ? sum + microUsd : sum), 0);
}

function merge(merged: Amount[], { at, microUsd }: Amount): Amount[] {
  const last = merged.at(-1);
  if (last !== undefined && Math.floor(at / SPAN_MS) === Math.floor(last.at / SPAN_MS)) {
    merged[merged.length - 1] = { at: Math.max(at, last.at), microUsd: last.microUsd + microUsd };
  } else {
    merged.push({ at, microUsd });
  }
  return merged;
}
