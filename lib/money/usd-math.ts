import Big from 'big.js';

/** `usd × factor`, computed in decimal and rounded once. */
export function multiplyUsd(usd: number, factor: number): number {
  return new Big(usd).times(factor).toNumber();
}

/** `dividend ÷ divisor`, computed in decimal to 20 places. */
export function divideUsd(dividend: number, divisor: number): number {
  return new Big(dividend).div(divisor).toNumber();
}
