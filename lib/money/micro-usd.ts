import Big from 'big.js';

const MICRO = 1_000_000;

/** Amounts of up to a thousand dollars with up to twelve decimals are whole numbers of units, and add up exactly. */
const UNITS_PER_USD = 1e12;
const UNITS_PER_MICRO = UNITS_PER_USD / MICRO;
const EXACT_UNITS = 1e15;

/** A sum of US dollars that stays exact whatever is added to it. */
export class UsdSum {
  #units = 0;
  /** The part that units cannot hold exactly. */
  #rest: Big | undefined;

  /** Adds an amount of US dollars. */
  add(usd: number): void {
    const units = Math.round(usd * UNITS_PER_USD);
    // No two decimals of up to 15 digits have the same double, so `units` is exact if it gives the same double back.
    if (Math.abs(units) < EXACT_UNITS && units / UNITS_PER_USD === usd) {
      this.#addUnits(units);
    } else {
      this.#rest = (this.#rest ?? new Big(0)).plus(usd);
    }
  }

  /** Adds another sum. */
  addSum(other: UsdSum): void {
    this.#addUnits(other.#units);
    if (other.#rest !== undefined) {
      this.#rest = (this.#rest ?? new Big(0)).plus(other.#rest);
    }
  }

  /** The sum in US dollars, rounded once. */
  get usd(): number {
    return this.#rest === undefined
      ? this.#units / UNITS_PER_USD
      : this.#rest.plus(`${this.#units}e-12`).toNumber();
  }

  /** Removes the whole millionths of a dollar from the sum and returns them; smaller fractions stay. */
  takeMicroUsd(): number {
    if (this.#rest === undefined) {
      const left = this.#units % UNITS_PER_MICRO;
      const micro = (this.#units - left) / UNITS_PER_MICRO;
      this.#units = left;
      return micro;
    }
    const exact = this.#rest.plus(`${this.#units}e-12`);
    const micro = exact.times(MICRO).round(0, Big.roundDown);
    this.#units = 0;
    this.#rest = exact.minus(micro.div(MICRO));
    return micro.toNumber();
  }

  #addUnits(units: number): void {
    this.#units += units;
    if (Math.abs(this.#units) >= EXACT_UNITS) {
      this.#rest = (this.#rest ?? new Big(0)).plus(`${this.#units}e-12`);
      this.#units = 0;
    }
  }
}

/** Millionths of a US dollar as US dollars. */
export function microToUsd(microUsd: number): number {
  return microUsd / MICRO;
}
