import Big from 'big.js';

/** `augend + addend` in US dollars, computed in decimal and rounded once. */
export function addUsd(augend: number, addend: number): number {
  return new Big(augend).plus(addend).toNumber();
}

/** `usd × factor`, computed in decimal and rounded once. */
export function multiplyUsd(usd: number, factor: number): number {
  return new Big(usd).times(factor).toNumber();
}

/** `dividend ÷ divisor`, computed in decimal to 20 places. */
export function divideUsd(dividend: number, divisor: number): number {
  return new Big(dividend).div(divisor).toNumber();
}
