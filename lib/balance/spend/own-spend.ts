import { UsdSum } from '../../money/micro-usd.js';
import { SpendSum } from './recorded-spend.js';

/** A sum of amounts that this process has recorded. Its id is unique to the process, so no other process adds to it. */
export interface OwnSum {
  readonly id: string;
  /** When its earliest amount was spent. */
  readonly startedAt: number;
  /** When its latest amount was spent. */
  at: number;
  /** Whether it takes no further amounts. */
  isCut: boolean;
  readonly exact: SpendSum;
  /** Whole millionths of a dollar. Smaller fractions go into a later sum. */
  microUsd: number;
  /** The part of `microUsd` that was spent with other keys. */
  otherMicroUsd: number;
  /** What the store has of the sum, as far as this process knows. */
  storedMicroUsd: number;
  storedOtherMicroUsd: number;
  /** When the store last confirmed that it has the sum. */
  storedAt: number;
  /** The total ever sent as an increment, to a store that only adds amounts. */
  addedMicroUsd: number;
}

/** The exact spend that this process has recorded, in sums that can be sent to the store repeatedly. */
export class OwnSpend {
  readonly #writer: string;
  readonly #spanMs: number;
  #count = 0;
  #sums: OwnSum[] = [];
  /** The sum that took the latest amount. */
  #current: OwnSum | undefined;
  /** Amounts that are not in the millionths of any sum yet. */
  readonly #rest = { account: new UsdSum(), other: new UsdSum() };

  /**
   * @param writer - Name of this process, which no other process ever has.
   * @param spanMs - Amounts spent within this time are kept as one sum.
   */
  constructor(writer: string, spanMs: number) {
    this.#writer = writer;
    this.#spanMs = spanMs;
  }

  /** The kept sums, in the order in which they began to be recorded. */
  get sums(): readonly OwnSum[] {
    return this.#sums;
  }

  /** When the latest amount was spent; `-Infinity` if there is none. */
  get lastAt(): number {
    return this.#sums.reduce((latest, { at }) => Math.max(latest, at), -Infinity);
  }

  /** @param at - When the amount was spent. */
  record(usd: number, isOtherKey: boolean, at: number): void {
    const sum = this.#sumAt(at);
    sum.at = Math.max(sum.at, at);
    sum.exact.add(usd, isOtherKey);
    this.#rest.account.add(usd);
    if (isOtherKey) {
      this.#rest.other.add(usd);
    }
  }

  /** Counts all spend as spent with the account's own key. */
  countForKey(): void {
    this.settleMicro();
    for (const sum of this.#sums) {
      sum.exact.countForKey();
      sum.otherMicroUsd = 0;
      sum.storedOtherMicroUsd = 0;
    }
    // Later spend with another key must not be mixed with these sums.
    this.cut();
  }

  /** Begins a new sum with the next amount, to keep later amounts apart from earlier ones. */
  cut(): void {
    for (const sum of this.#sums) {
      sum.isCut = true;
    }
  }

  /** Moves the recorded amounts into the millionths of the sum that took them. */
  settleMicro(): void {
    const sum = this.#current;
    if (sum !== undefined) {
      sum.microUsd += this.#rest.account.takeMicroUsd();
      const otherMicroUsd = sum.otherMicroUsd + this.#rest.other.takeMicroUsd();
      // The two are rounded separately, but a part must not exceed the whole.
      sum.otherMicroUsd = Math.min(sum.microUsd, otherMicroUsd);
    }
  }

  /** Removes and returns the sums whose latest amount was spent at a given moment or before. */
  takeUntil(moment: number): readonly OwnSum[] {
    if (this.#sums.every(({ at }) => at > moment)) {
      return [];
    }
    this.settleMicro();
    const taken = this.#sums.filter(({ at }) => at <= moment);
    this.#sums = this.#sums.filter(({ at }) => at > moment);
    if (this.#current !== undefined && this.#current.at <= moment) {
      this.#current = undefined;
    }
    return taken;
  }

  #sumAt(at: number): OwnSum {
    const fits = ({ isCut, startedAt }: OwnSum): boolean =>
      !isCut && at >= startedAt && at - startedAt < this.#spanMs;
    const sum = this.#sums.findLast(fits) ?? this.#newSum(at);
    if (sum !== this.#current) {
      this.settleMicro();
      this.#current = sum;
    }
    return sum;
  }

  #newSum(at: number): OwnSum {
    this.#count += 1;
    const sum: OwnSum = {
      id: `${this.#writer}.${this.#count}`,
      startedAt: at,
      at,
      isCut: false,
      exact: new SpendSum(),
      microUsd: 0,
      otherMicroUsd: 0,
      storedMicroUsd: 0,
      storedOtherMicroUsd: 0,
      storedAt: -Infinity,
      addedMicroUsd: 0,
    };
    this.#sums.push(sum);
    return sum;
  }
}
