import type { BalanceSnapshot } from '../../contracts/balance-snapshot.models.js';
import { saysTheSame } from './balance-snapshot.js';

/** How the last attempt to ask OpenRouter ended. */
export interface ReadOutcome {
  readonly failed: boolean;
  /** The attempt's number in the shared store; `undefined` if it has none. */
  readonly sequence: number | undefined;
}

/** The alert state in the shared store. */
export interface StoredAlert {
  /** `undefined` if the store has none. */
  readonly alertState: string | undefined;
}

/** Everything that is known of a balance at one moment. A change is announced by the view after it. */
export interface BalanceView {
  /** The snapshot that may be served. */
  readonly snapshot: BalanceSnapshot | undefined;
  /** `spendable` as the reading alone says it, before recorded spend is taken off. */
  readonly spendableAsRead: number | null;
  /**
   * `undefined` before the first attempt, and once a limit has started anew since the reading: nobody is alerted of an
   * assumption.
   */
  readonly outcome: ReadOutcome | undefined;
  /** What the store said last; `undefined` if it did not answer then, was never asked, or is not shared. */
  readonly stored: StoredAlert | undefined;
  /** Whether the reading was made while the store did not answer, so that the other processes do not have it. */
  readonly isUnshared: boolean;
}

/** Whether two views are the same in everything but the time. */
export function isSameView(one: BalanceView, other: BalanceView): boolean {
  return (
    isSameSnapshot(one.snapshot, other.snapshot) &&
    one.spendableAsRead === other.spendableAsRead &&
    one.outcome?.failed === other.outcome?.failed &&
    one.outcome?.sequence === other.outcome?.sequence &&
    (one.stored === undefined) === (other.stored === undefined) &&
    one.stored?.alertState === other.stored?.alertState &&
    one.isUnshared === other.isUnshared
  );
}

function isSameSnapshot(one: BalanceSnapshot | undefined, other: BalanceSnapshot | undefined): boolean {
  return one === other || (one !== undefined && other !== undefined && saysTheSame(one, other));
}
