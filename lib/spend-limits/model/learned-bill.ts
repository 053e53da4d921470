/** How many of the latest bills of a name are kept. */
export const BILLS_KEPT = 200;

const FEWEST_BILLS = 30;
const PERCENTILE = 0.95;

/** The bill that 95 of 100 do not exceed; `undefined` if there are too few to tell. */
export function learnedBill(bills: readonly number[]): number | undefined {
  if (bills.length < FEWEST_BILLS) {
    return undefined;
  }
  const sorted = bills.toSorted((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * PERCENTILE) - 1];
}
