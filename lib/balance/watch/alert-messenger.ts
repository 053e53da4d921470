import type { SharedBalance } from '../../contracts/balance-store.js';
import {
  type AlertJudge,
  type AlertMemory,
  type AlertPlan,
  FIRST_ALERT_MEMORY,
  planAlert,
  rememberAlert,
} from './alert-plan.js';
import {
  type AlertNews,
  alertStateText,
  type AlertThresholds,
  evidenceOf,
  type EvidenceSource,
  nextAlert,
} from './alert-state.js';
import type { BoundedStore } from '../store/bounded-store.js';

/** Long enough for a threshold that was crossed and told to stay told over a holiday. */
const STATE_KEPT_MS = 30 * 86_400_000;

/** How often another process may be quicker before this one lets it be. */
const MAX_TRIES = 5;

/** What there is to judge, and its surroundings. */
export interface AlertSubject extends EvidenceSource {
  /** The state as the store has told it, if it has told it when it was asked last. */
  readonly alertState: string | undefined;
  /** Whether the reading at hand was made without the store, so that the others do not have it. */
  readonly isReadingApart: boolean;
  /** Asks the store for everything. */
  compare(): Promise<SharedBalance | undefined>;
  /** Has a new reading made, which the store gets if it answers. */
  renew(): Promise<void>;
}

/**
 * Decides what to alert of, and sees to it that of all processes one does. Where the store does not answer each of
 * them does: an alert twice is better than none. What it has told by itself it writes to the store before it judges
 * by the store again.
 */
export class AlertMessenger {
  readonly #subject: AlertSubject;
  readonly #store: Pick<BoundedStore, 'claimAlert'>;
  readonly #thresholds: AlertThresholds;
  readonly #tell: (news: AlertNews) => void;
  #memory: AlertMemory = FIRST_ALERT_MEMORY;
  /** The state in the store when it was told last. */
  #stored: string | undefined;
  #isBusy = false;
  #isAskedAgain = false;

  constructor(
    subject: AlertSubject,
    store: Pick<BoundedStore, 'claimAlert'>,
    thresholds: AlertThresholds,
    tell: (news: AlertNews) => void,
  ) {
    this.#subject = subject;
    this.#store = store;
    this.#thresholds = thresholds;
    this.#tell = tell;
  }

  /** Whether it has told something of which the store does not know yet. */
  get hasToldAlone(): boolean {
    return this.#memory.alone !== undefined;
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
    let isRenewed = false;
    for (let tries = 0; tries < MAX_TRIES && this.#isDue(this.#subject.alertState); tries += 1) {
      const shared = await this.#subject.compare();
      if (shared !== undefined && this.#subject.isReadingApart && !isRenewed) {
        // Judged by the older one in the store, the others would take back what this one makes known.
        isRenewed = true;
        await this.#subject.renew();
        continue;
      }
      if (shared !== undefined) {
        this.#stored = shared.alertState;
      }
      const plan = planAlert(shared?.alertState, this.#memory, this.#judge);
      const claimed = shared && (await this.#claim(shared.alertState, plan));
      if (claimed !== false) {
        this.#memory = rememberAlert(this.#memory, plan, { isStored: claimed === true, base: this.#stored });
        if (plan.news !== undefined) {
          this.#tell(plan.news);
        }
        return;
      }
    }
  }

  /** Whether the store has the state; `false` if another process has changed it, `undefined` if it does not answer. */
  async #claim(
    stored: string | undefined,
    { state, news, isOverdue }: AlertPlan,
  ): Promise<boolean | undefined> {
    return news === undefined && !isOverdue
      ? true
      : this.#store.claimAlert(stored, alertStateText(state), STATE_KEPT_MS);
  }

  /** Whether there is something to tell, or to let the store know. */
  #isDue(stored: string | undefined): boolean {
    const plan = planAlert(stored, this.#memory, this.#judge);
    if (stored !== undefined) {
      this.#stored = stored;
      if (plan.news === undefined && plan.isOfStore) {
        this.#memory = rememberAlert(this.#memory, plan, { isStored: true, base: undefined });
      }
    }
    return plan.news !== undefined || plan.isOverdue || this.hasToldAlone;
  }

  readonly #judge: AlertJudge = (before, isOwn) => {
    // To what this process has told itself, a reading of its own is always new.
    const evidence = evidenceOf(this.#subject, ({ failed, sequence = 0 }) =>
      isOwn && !failed ? Infinity : sequence,
    );
    return evidence === undefined
      ? { state: before, news: undefined }
      : nextAlert(before, evidence, this.#thresholds);
  };
}
