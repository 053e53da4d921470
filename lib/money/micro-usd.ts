import Big from 'big.js';

const MICRO = 1_000_000;

/** A sum of US dollars that stays exact, whatever is added to it. */
export class UsdSum {
  #sum = new Big(0);

  /** Adds an amount of US dollars. */
  add(usd: number): void {
    this.#sum = this.#sum.plus(usd);
  }

  /** Adds another sum. */
  addSum({ exact }: UsdSum): void {
    this.#sum = this.#sum.plus(exact);
  }

  /** The sum in US dollars, exactly. */
  get exact(): Big {
    return this.#sum;
  }

  /** The sum in US dollars, rounded once. */
  get usd(): number {
    return this.#sum.toNumber();
  }

  /** Takes the whole millionths of a dollar out of the sum, and leaves what is smaller. */
  takeMicroUsd(): number {
    const whole = this.#sum.times(MICRO).round(0, Big.roundDown);
    this.#sum = this.#sum.minus(whole.div(MICRO));
    return whole.toNumber();
  }
}

/** Millionths of a US dollar as US dollars. */
export function microToUsd(microUsd: number): number {
  return new Big(microUsd).div(MICRO).toNumber();
}
