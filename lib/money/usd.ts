import Big from 'big.js';
import { UsdSum } from './micro-usd.js';

/**
 * `minuend − subtrahend` in US dollars, computed in decimal and rounded once, back to a `number`.
 *
 * OpenRouter sends money as JSON doubles. Every double of up to 15 significant digits has one shortest decimal
 * spelling, so decimal arithmetic on that spelling is exact where binary arithmetic is not: `100 − 99.99` is `0.01`.
 *
 * @internal
 */
export function subtractUsd(minuend: number, subtrahend: number): number {
  return new Big(minuend).minus(subtrahend).toNumber();
}

/**
 * The sum of amounts of US dollars, computed in decimal and rounded once, back to a `number`. The order does not
 * matter.
 *
 * @returns 0 for no amounts; an infinity for a sum too large for a `number`.
 *
 * @internal
 */
export function sumUsd(amounts: Iterable<number>): number {
  const sum = new UsdSum();
  for (const amount of amounts) {
    sum.add(amount);
  }
  return sum.usd;
}

/**
 * Formats an amount of US dollars for people to read: `formatUsd(74.759)` is `'$74.75'`.
 *
 * Rounds down (towards minus infinity) to whole cents, so that a balance is never overstated and a debt never
 * understated. Calculate with the `number`, not with this string.
 *
 * @param amount - US dollars; may be negative.
 * @returns For example `'$1234.50'`, `'-$0.01'`.
 * @throws `RangeError` if `amount` is not a finite number.
 */
export function formatUsd(amount: number): string {
  if (typeof amount !== 'number' || !Number.isFinite(amount)) {
    throw new RangeError('formatUsd: the amount must be a finite number of US dollars.');
  }
  const exact = new Big(amount);
  const magnitude = exact.abs().toFixed(2, exact.lt(0) ? Big.roundUp : Big.roundDown);
  return Number(magnitude) !== 0 && exact.lt(0) ? `-$${magnitude}` : `$${magnitude}`;
}
