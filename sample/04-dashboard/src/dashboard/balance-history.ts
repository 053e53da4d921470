import type { BalancePoint } from '../../shared/dashboard.js';

const POINTS_KEPT = 300;

/** With readings every second, the history covers a quarter of an hour. With rarer readings it covers more. */
const MIN_STEP_MS = 4_000;

/** Adds a point to the history. `spendable` is `null` if it is not known. */
export function withPoint(
  history: readonly BalancePoint[],
  at: number,
  spendable: number | null,
): readonly BalancePoint[] {
  const [previous, last] = [history.at(-2), history.at(-1)];
  // A gap is one point, and the history does not begin with one.
  if (spendable === null && !isKnown(last)) return history;
  // The newest figure is always kept, and so are the figures on both sides of a gap.
  const isBetweenSteps =
    spendable !== null && isKnown(last) && isKnown(previous) && at - previous.at < MIN_STEP_MS;
  const before = isBetweenSteps ? history.slice(0, -1) : history;
  return [...before, { at, spendable }].slice(-POINTS_KEPT);
}

function isKnown(point: BalancePoint | undefined): point is BalancePoint {
  return point !== undefined && point.spendable !== null;
}
