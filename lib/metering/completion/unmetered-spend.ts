import type { BalanceSnapshot } from '../../contracts/balance-snapshot.models.js';
import type { BookedSpend } from '../../spend-limits/watch/booked-spend.js';

export interface UnmeteredSpendParts {
  /** The balance in memory: nothing is asked for it. */
  readonly peek: () => Pick<BalanceSnapshot, 'totalUsage' | 'fetchedAt'> | undefined;
  /** What all processes have booked; `undefined` if it is not known. */
  readonly booked: () => Promise<BookedSpend | undefined>;
  readonly wallNow: () => number;
  /** The usage of the account has grown by more than what was booked. Called once. */
  readonly onFound: (grownUsd: number, bookedUsd: number) => void;
}

/** OpenRouter's figures may be that old. */
const LAG_MS = 60_000;

/** What bills may be above holds, and what the application spends in other ways knowingly. */
const TOLERATED_USD = 1;
const TOLERATED_SHARE = 0.2;

interface Baseline {
  readonly window: string;
  readonly settledUsd: number;
  readonly at: number;
  /** The usage in the first reading that contains all that was settled. */
  usageUsd?: number;
  /** When the reading was made that first showed too much. */
  suspectedAt?: number;
}

/** Notices that the account spends more than what is reserved, by comparing the growth of both. */
export class UnmeteredSpend {
  readonly #parts: UnmeteredSpendParts;
  #baseline: Baseline | undefined;
  #isFound = false;

  constructor(parts: UnmeteredSpendParts) {
    this.#parts = parts;
  }

  /** Compares what is known at present. Never rejects. */
  async look(): Promise<void> {
    const { booked: askBooked, onFound, peek, wallNow } = this.#parts;
    const reading = peek();
    const usageUsd = reading?.totalUsage ?? undefined;
    if (this.#isFound || reading === undefined || usageUsd === undefined) {
      return;
    }
    const booked = await askBooked();
    if (booked === undefined) {
      return;
    }
    const base = this.#baseline;
    if (base?.window !== booked.window) {
      this.#baseline = { window: booked.window, settledUsd: booked.settledUsd, at: wallNow() };
      return;
    }
    const readAt = reading.fetchedAt.getTime();
    if (base.usageUsd === undefined) {
      if (readAt >= base.at + LAG_MS) {
        base.usageUsd = usageUsd;
      }
      return;
    }
    const grownUsd = usageUsd - base.usageUsd;
    const bookedUsd = booked.countedUsd - base.settledUsd;
    if (grownUsd - bookedUsd <= Math.max(TOLERATED_USD, bookedUsd * TOLERATED_SHARE)) {
      delete base.suspectedAt;
      return;
    }
    base.suspectedAt ??= readAt;
    // One reading may be ahead of the bills that are on their way to the store.
    if (readAt >= base.suspectedAt + LAG_MS) {
      this.#isFound = true;
      onFound(grownUsd, Math.max(0, bookedUsd));
    }
  }
}
