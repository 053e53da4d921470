import {
  type AlertNews,
  alertStateText,
  type AlertState,
  type AlertThresholds,
  evidenceOf,
  type EvidenceSource,
  FIRST_ALERT_STATE,
  isFirst,
  nextAlert,
  parseAlertState,
} from './alert-state.js';
import type { SharedBalance } from '../contracts/balance-store.js';
import type { StoreAccess } from './store-access.js';

/** Long enough for a threshold that was crossed and told to stay told over a holiday. */
const STATE_KEPT_MS = 30 * 86_400_000;

/** How often another process may be quicker before this one lets it be. */
const MOST_TRIES = 5;

/** What there is to judge, and its surroundings. */
export interface AlertSubject extends EvidenceSource {
  /** The state as the store has told it, if it has told it when it was asked last. */
  readonly alertState: string | undefined;
  /** Asks the store for everything. */
  compare(): Promise<SharedBalance | undefined>;
}

/**
 * Decides what to alert of, and sees to it that of all processes one does. Where the store does not answer each of
 * them does: an alert twice is better than none.
 */
export class AlertMessenger {
  readonly #subject: AlertSubject;
  readonly #store: Pick<StoreAccess, 'claimAlert'>;
  readonly #thresholds: AlertThresholds;
  readonly #tell: (news: AlertNews) => void;
  /** The state that this process knows of. */
  #known = FIRST_ALERT_STATE;
  #isBusy = false;
  #isAskedAgain = false;

  constructor(
    subject: AlertSubject,
    store: Pick<StoreAccess, 'claimAlert'>,
    thresholds: AlertThresholds,
    tell: (news: AlertNews) => void,
  ) {
    this.#subject = subject;
    this.#store = store;
    this.#thresholds = thresholds;
    this.#tell = tell;
  }

  /** Has a look at the figures. */
  async consider(): Promise<void> {
    if (this.#isBusy) {
      this.#isAskedAgain = true;
      return;
    }
    this.#isBusy = true;
    await this.#settle();
    // Once more for what has come in meanwhile, and no more: the look itself may be what has brought it in.
    if (this.#isAskedAgain) {
      await this.#settle();
    }
    this.#isAskedAgain = false;
    this.#isBusy = false;
  }

  async #settle(): Promise<void> {
    for (let tries = 0; tries < MOST_TRIES && this.#isDue(this.#subject.alertState); tries += 1) {
      const shared = await this.#subject.compare();
      const { state, news } = this.#judge(shared?.alertState);
      const claimed =
        shared && (await this.#store.claimAlert(shared.alertState, alertStateText(state), STATE_KEPT_MS));
      if (claimed !== false) {
        this.#known = state;
        if (news !== undefined) {
          this.#tell(news);
        }
        return;
      }
    }
  }

  /** Whether there is something to tell, or to remind the store of. */
  #isDue(text: string | undefined): boolean {
    const before = parseAlertState(text);
    const { state, news } = this.#judge(text);
    if (news === undefined && before !== undefined) {
      this.#known = state;
    }
    return news !== undefined || (before === undefined && !isFirst(state));
  }

  #judge(text: string | undefined): { state: AlertState; news: AlertNews | undefined } {
    const told = parseAlertState(text);
    const before = told ?? this.#known;
    // Where the store knows nothing, a reading of this process's own is as good as any.
    const evidence = evidenceOf(this.#subject, ({ failed, sequence = 0 }) =>
      told === undefined && !failed ? Infinity : sequence,
    );
    return evidence === undefined
      ? { state: before, news: undefined }
      : nextAlert(before, evidence, this.#thresholds);
  }
}
