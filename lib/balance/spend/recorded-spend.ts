import { microToUsd, UsdSum } from '../../money/micro-usd.js';

/** Recorded spend in US dollars, by what it is taken from. */
export interface RecordedSpend {
  /** Taken from the account's balance: all of it. */
  readonly accountUsd: number;
  /** Taken from the limits of the account's own `apiKey`: all but what was spent with other keys. */
  readonly keyUsd: number;
}

/** No spend at all. */
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

  /** Adds millionths of a US dollar. `otherMicroUsd`: how many of them were spent with other keys. */
  addMicro(microUsd: number, otherMicroUsd: number): void {
    this.#account.add(microToUsd(microUsd));
    this.#key.add(microToUsd(Math.max(0, microUsd - otherMicroUsd)));
  }

  /** Counts all of it as spent with the account's own key. */
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
