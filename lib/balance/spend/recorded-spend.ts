import { microToUsd, UsdSum } from '../../money/micro-usd.js';

/** Recorded spend in US dollars, by what it is subtracted from. */
export interface RecordedSpend {
  /** Subtracted from the account's balance: all spend. */
  readonly accountUsd: number;
  /** Subtracted from the limits of the account's own `apiKey`: all spend except that with other keys. */
  readonly keyUsd: number;
}

export const NOTHING_SPENT: RecordedSpend = Object.freeze({ accountUsd: 0, keyUsd: 0 });

/** An exact sum of recorded spend. */
export class SpendSum {
  readonly #account = new UsdSum();
  #key = new UsdSum();

  /** Adds an amount of US dollars. */
  add(usd: number, isOtherKey: boolean): void {
    this.#account.add(usd);
    if (!isOtherKey) {
      this.#key.add(usd);
    }
  }

  /** Adds millionths of a US dollar, of which `otherMicroUsd` were spent with other keys. */
  addMicro(microUsd: number, otherMicroUsd: number): void {
    this.#account.add(microToUsd(microUsd));
    this.#key.add(microToUsd(Math.max(0, microUsd - otherMicroUsd)));
  }

  /** Counts the whole sum as spent with the account's own key. */
  countForKey(): void {
    this.#key = new UsdSum();
    this.#key.addSum(this.#account);
  }

  /** Adds another sum. */
  addSum(other: SpendSum): void {
    this.#account.addSum(other.#account);
    this.#key.addSum(other.#key);
  }

  /** The sum, rounded once. */
  get spend(): RecordedSpend {
    return { accountUsd: this.#account.usd, keyUsd: this.#key.usd };
  }
}
