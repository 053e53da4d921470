import Big from 'big.js';

const NANO = 1_000_000_000;

/** The greatest amount that is counted in nano-dollars, in US dollars: up to here every sum is a safe integer. */
export const MAX_COUNTED_USD = 9_000_000;

/**
 * US dollars as whole nano-dollars, rounded half up (away from 0), in decimal.
 *
 * @throws `RangeError` for what is not a finite number, or beyond ± 9 000 000.
 */
export function toNanoUsd(usd: number): number {
  if (!Number.isFinite(usd) || Math.abs(usd) > MAX_COUNTED_USD) {
    throw new RangeError(`An amount must be within ± ${MAX_COUNTED_USD} US dollars.`);
  }
  const nano = new Big(usd).times(NANO).round(0, Big.roundHalfUp).toNumber();
  return nano === 0 ? 0 : nano;
}

/**
 * Nano-dollars as US dollars: the nearest `number`. Up to a million dollars it has all nine decimals, so that it comes
 * back as the same whole number.
 */
export function nanoToUsd(nanoUsd: number): number {
  return nanoUsd / NANO;
}

/** A sum of nano-dollars of any size as US dollars, rounded once. */
export function nanoSumToUsd(nanoUsd: bigint): number {
  return new Big(nanoUsd.toString()).div(NANO).toNumber();
}
