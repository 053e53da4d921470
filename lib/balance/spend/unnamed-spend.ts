import { microToUsd } from '../../money/micro-usd.js';

/** The maximum difference between the times of one amount on this process's clock and on the store's. */
const TOLERANCE_MS = 1_000;

/** Own amounts recorded within this time are kept as one. */
const SPAN_MS = 1_000;

/** Bounds the stored amounts if the store is never read. */
const MAX_UNASKED = 1_000;

/** An amount, with its time on this process's clock. */
interface Amount {
  at: number;
  microUsd: number;
}

/** An own amount that the store has. */
interface StoredAmount extends Amount {
  /** When the store confirmed it. */
  storedAt: number;
}

/** The amounts that a store has reported, and those among them that are this process's own. */
interface Answer {
  readonly told: readonly Amount[];
  readonly own: readonly Amount[];
}

const NOTHING: Answer = { told: [], own: [] };

/**
 * Spend of other processes, from a store that only adds amounts up, so that its total includes this process's own
 * spend. Amounts cannot be told apart. A loss shows only if the store reports less than before: then what it reported
 * before still counts, in addition to what it reports from then on.
 */
export class UnnamedSpend {
  #stored: StoredAmount[] = [];
  #own: Amount[] = [];
  #answer = NOTHING;
  /** What the store reported before each loss. */
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

  /** Merges the amounts that the store reports; it was asked at `askedAt`. */
  see(told: readonly Amount[], askedAt: number): void {
    const hasLost =
      sumSince(told, this.#settledUntil - TOLERANCE_MS) <
      sumSince(this.#answer.told, this.#settledUntil + TOLERANCE_MS);
    if (hasLost) {
      this.#before.push(this.#answer);
      // Whether the store still has them is unknown: they may count twice, which is better than not at all.
      this.#own = [];
      this.#stored = [];
    }
    const certain = this.#stored.filter(({ storedAt }) => storedAt <= askedAt);
    this.#stored = this.#stored.filter(({ storedAt }) => storedAt > askedAt);
    this.#own = [...this.#own, ...certain].reduce<Amount[]>(merge, []);
    this.#answer = { told, own: this.#own };
  }

  /** Stops counting everything recorded no later than a moment. */
  settleUntil(moment: number): void {
    this.#settledUntil = Math.max(this.#settledUntil, moment);
    const isOpen = ({ at }: Amount): boolean => at > this.#settledUntil;
    this.#own = this.#own.filter(isOpen);
    this.#stored = this.#stored.filter(isOpen);
    this.#answer = { told: this.#answer.told.filter(isOpen), own: this.#own };
    this.#before = this.#before.filter((answer) => othersSince(answer, this.#settledUntil) > 0);
  }

  /** The spend that other processes recorded after a moment, in US dollars. */
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
