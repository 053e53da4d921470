import { Logger } from '@nestjs/common';
import { type Observable, Subject } from 'rxjs';
import type { Clock } from '../../async/clock.js';
import type { SpendStoreAlert } from '../../contracts/spend-usage.js';
import type { SpendStoreFailure } from '../../options/spend-limits-options.js';

export interface StoreWatchParts {
  readonly onStoreFailure: SpendStoreFailure;
  readonly clock: Clock;
  readonly onAlert: (alert: SpendStoreAlert) => void;
}

/** Announces what happens to the store of an account: in the log, to the instrumentation and to subscribers. */
export class StoreWatch {
  readonly alerts$: Observable<SpendStoreAlert>;

  readonly #parts: StoreWatchParts;
  readonly #alerts = new Subject<SpendStoreAlert>();
  readonly #logger = new Logger('OpenRouter');

  constructor(parts: StoreWatchParts) {
    this.#parts = parts;
    this.alerts$ = this.#alerts.asObservable();
  }

  /** The store has stopped or resumed answering. */
  changed(isUp: boolean): void {
    if (isUp) {
      this.#announce('recovered', 'the store answers again.');
    } else {
      this.#announce(
        'unavailable',
        `the store does not answer; ${consequenceOf(this.#parts.onStoreFailure)} (\`onStoreFailure\`).`,
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
    this.#alerts.complete();
  }

  #announce(type: SpendStoreAlert['type'], message: string): void {
    const { clock, onAlert } = this.#parts;
    this.#logger.warn(`spendLimits: ${message}`);
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
