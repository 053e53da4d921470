import type { SpendUsage } from '../../contracts/spend-usage.js';
import { sumUsd } from '../../money/usd.js';

/** What an account has booked since some moment. */
export interface BookedSpend {
  /** Names the window; sums of another one cannot be compared. */
  readonly window: string;
  /** What was billed, in US dollars. */
  readonly settledUsd: number;
  /** The same, with what is held and unsettled. */
  readonly countedUsd: number;
}

/** What a rule that counts everything in a fixed window says of it; `undefined` if there is none. */
export function bookedOf(usages: readonly SpendUsage[]): BookedSpend | undefined {
  const usage = usages.find(
    ({ period, subject }) => Object.keys(subject).length === 0 && typeof period === 'string',
  );
  if (usage === undefined) {
    return undefined;
  }
  const { from, heldUsd, rule, spentUsd, unsettledUsd } = usage;
  return {
    window: `${rule} ${from.getTime()}`,
    settledUsd: spentUsd,
    countedUsd: sumUsd([spentUsd, heldUsd, unsettledUsd]),
  };
}
