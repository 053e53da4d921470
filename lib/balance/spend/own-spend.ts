import { UsdSum } from '../../money/micro-usd.js';
import { SpendSum } from './recorded-spend.js';

/** Amounts that this process has recorded. Its name is the process's own, so that no other process adds to it. */
export interface OwnSum {
  readonly id: string;
  /** When the oldest of its amounts was recorded. */
  readonly startedAt: number;
  /** When the youngest of its amounts was recorded. */
  at: number;
  readonly exact: SpendSum;
  /** Whole millionths of a dollar. What is smaller goes into a later sum. */
  microUsd: number;
  /** How many of them were spent with other keys. */
  otherMicroUsd: number;
  /** What the store has of it, as far as is known. */
  storedMicroUsd: number;
  storedOtherMicroUsd: number;
  /** When it was last certain that the store has it. */
  storedAt: number;
  /** What was ever sent to a store that only adds up. */
  addedMicroUsd: number;
}

/** Spend that this process has recorded, exactly, in sums that the store can be sent again and again. */
export class OwnSpend {
  readonly #writer: string;
  readonly #spanMs: number;
  #count = 0;
  #sums: OwnSum[] = [];
  #isCut = true;
  /** What is not in the millionths of any sum yet. */
  readonly #rest = { account: new UsdSum(), other: new UsdSum() };

  /**
   * @param writer - Name of this process: of no other one, ever.
   * @param spanMs - Amounts recorded within this time are kept as one sum.
   */
  constructor(writer: string, spanMs: number) {
    this.#writer = writer;
    this.#spanMs = spanMs;
  }

  /** The sums that are kept, from the oldest to the youngest. */
  get sums(): readonly OwnSum[] {
    return this.#sums;
  }

  /** When an amount was recorded last. */
  get lastAt(): number {
    return this.#sums.at(-1)?.at ?? -Infinity;
  }

  record(usd: number, isOtherKey: boolean, now: number): void {
    const sum = this.#sumAt(now);
    sum.at = now;
    sum.exact.add(usd, isOtherKey);
    this.#rest.account.add(usd);
    if (isOtherKey) {
      this.#rest.other.add(usd);
    }
  }

  /** Counts all of it as spent with the account's own key. */
  countForKey(): void {
    this.settleMicro();
    for (const sum of this.#sums) {
      sum.exact.countForKey();
      sum.otherMicroUsd = 0;
      sum.storedOtherMicroUsd = 0;
    }
    // What comes is to be told apart from it.
    this.cut();
  }

  /** Begins a new sum with the next amount: what comes is to be told apart from what was before. */
  cut(): void {
    this.#isCut = true;
  }

  /** Takes what was recorded into the millionths of the youngest sum. */
  settleMicro(): void {
    const sum = this.#sums.at(-1);
    if (sum !== undefined) {
      sum.microUsd += this.#rest.account.takeMicroUsd();
      const otherMicroUsd = sum.otherMicroUsd + this.#rest.other.takeMicroUsd();
      // Each of the two is rounded by itself, and a part is not more than the whole.
      sum.otherMicroUsd = Math.min(sum.microUsd, otherMicroUsd);
    }
  }

  /** Takes out the sums whose youngest amount was recorded until then. */
  takeUntil(moment: number): readonly OwnSum[] {
    if ((this.#sums[0]?.at ?? Infinity) > moment) {
      return [];
    }
    this.settleMicro();
    const taken = this.#sums.filter(({ at }) => at <= moment);
    this.#sums = this.#sums.filter(({ at }) => at > moment);
    return taken;
  }

  #sumAt(now: number): OwnSum {
    const last = this.#sums.at(-1);
    if (last !== undefined && !this.#isCut && now - last.startedAt < this.#spanMs) {
      return last;
    }
    this.settleMicro();
    this.#isCut = false;
    this.#count += 1;
    const sum: OwnSum = {
      id: `${this.#writer}.${this.#count}`,
      startedAt: now,
      at: now,
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
