import { type Observable, Subject } from 'rxjs';
import type { Clock } from '../../async/clock.js';
import type { SpendStoreAlert } from '../../contracts/spend-usage.js';
import type { SpendStoreFailure } from '../../options/spend-limits-options.js';
import { logWarning } from '../../untrusted/log-warning.js';

/**
 * For how long a store must answer every call before its outage is over. A busy one answers some calls in time and others
 * not: that is one outage, which is told once, and in which each process has one allowance.
 */
export const STEADY_MS = 5_000;

export interface StoreWatchParts {
  readonly onStoreFailure: SpendStoreFailure;
  readonly clock: Clock;
  /** Takes out of a reason what may be a key. */
  readonly scrub: (text: string) => string;
  readonly onAlert: (alert: SpendStoreAlert) => void;
  /** Called when an outage is over. */
  readonly onSteady: () => void;
}

/** Announces what happens to the store of an account: in the log, to the instrumentation and to subscribers. */
export class StoreWatch {
  readonly alerts$: Observable<SpendStoreAlert>;

  readonly #parts: StoreWatchParts;
  readonly #alerts = new Subject<SpendStoreAlert>();
  #isAway = false;
  #steadying: NodeJS.Timeout | undefined;

  constructor(parts: StoreWatchParts) {
    this.#parts = parts;
    this.alerts$ = this.#alerts.asObservable();
  }

  /** Whether there is an outage. */
  get isAway(): boolean {
    return this.#isAway;
  }

  /**
   * The store has stopped or resumed answering.
   *
   * @param reason - Why it has stopped.
   */
  changed(isUp: boolean, reason: string): void {
    clearTimeout(this.#steadying);
    if (isUp) {
      this.#steadying = setTimeout(() => this.#end(), STEADY_MS).unref();
    } else if (!this.#isAway) {
      this.#isAway = true;
      const { onStoreFailure, scrub } = this.#parts;
      this.#announce(
        'unavailable',
        `the store does not answer; ${consequenceOf(onStoreFailure)} (\`onStoreFailure\`). Reason: ${sentenceOf(scrub(reason))}`,
      );
    }
  }

  /** The store may have lost something. */
  lost(): void {
    this.#announce(
      'data-loss',
      'the store may have lost what was spent, after a restart or a failover. The sums that this process knows are ' +
        'restored; what other processes have spent since they last told it may be missing.',
    );
  }

  close(): void {
    clearTimeout(this.#steadying);
    this.#alerts.complete();
  }

  #end(): void {
    this.#isAway = false;
    this.#parts.onSteady();
    this.#announce('recovered', 'the store answers again.');
  }

  #announce(type: SpendStoreAlert['type'], message: string): void {
    const { clock, onAlert } = this.#parts;
    logWarning(`spendLimits: ${message}`);
    const alert = Object.freeze({ type, at: new Date(clock.wallNow()) });
    onAlert(alert);
    this.#alerts.next(alert);
  }
}

function consequenceOf(onStoreFailure: SpendStoreFailure): string {
  switch (onStoreFailure) {
    case 'refuse':
      return 'completions are refused';
    case 'allow':
      return 'completions are allowed without a limit';
    default:
      return `completions are allowed up to $${onStoreFailure.allowUsd} in this process`;
  }
}

function sentenceOf(reason: string): string {
  return reason.endsWith('.') ? reason : `${reason}.`;
}
