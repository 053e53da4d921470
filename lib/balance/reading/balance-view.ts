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

/** Everything that is known about a balance at one moment. Each change is announced with the view after it. */
export interface BalanceView {
  /** The snapshot to serve; `undefined` if none may be served. */
  readonly snapshot: BalanceSnapshot | undefined;
  /** `spendable` by the reading alone, before recorded spend is subtracted; `null` if it is not known. */
  readonly spendableAsRead: number | null;
  /**
   * `undefined` before the first attempt, and after a limit has reset since the reading: an assumption must not cause
   * an alert.
   */
  readonly outcome: ReadOutcome | undefined;
  /** The store's last answer; `undefined` if the last call got none, before the first call, and without a store. */
  readonly stored: StoredAlert | undefined;
  /** Whether the reading was made while the store did not answer, so that the other processes do not have it. */
  readonly isUnshared: boolean;
}

/** Whether two views have the same content, regardless of their time. */
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
