/** Finer than any price of OpenRouter, and coarse enough to remove the error of binary fractions from a sum. */
const PARTS_OF_A_DOLLAR = 1e9;

export function sumUsd(amounts: readonly number[]): number {
  const sum = amounts.reduce((total, amount) => total + amount, 0);
  return Math.round(sum * PARTS_OF_A_DOLLAR) / PARTS_OF_A_DOLLAR;
}
