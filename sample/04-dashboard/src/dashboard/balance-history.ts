import type { BalancePoint } from '../../shared/dashboard.js';

const POINTS_KEPT = 300;

/** With readings every second it makes a quarter of an hour in all; longer where they are rare. */
const LEAST_STEP_MS = 4_000;

/** The history with one more point; `spendable` is `null` where it is not known. */
export function withPoint(
  history: readonly BalancePoint[],
  at: number,
  spendable: number | null,
): readonly BalancePoint[] {
  const [previous, last] = [history.at(-2), history.at(-1)];
  // A gap is one point, and there is none before the first figure.
  if (spendable === null && !isKnown(last)) return history;
  // The newest figure is always there, and so are the last before a gap and the first after it.
  const isBetweenSteps =
    spendable !== null && isKnown(last) && isKnown(previous) && at - previous.at < LEAST_STEP_MS;
  const before = isBetweenSteps ? history.slice(0, -1) : history;
  return [...before, { at, spendable }].slice(-POINTS_KEPT);
}

function isKnown(point: BalancePoint | undefined): point is BalancePoint {
  return point !== undefined && point.spendable !== null;
}
