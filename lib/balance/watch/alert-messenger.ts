import type { BalanceView } from '../reading/balance-view.js';
import {
  type AlertMemory,
  type AlertPlan,
  FIRST_ALERT_MEMORY,
  planAlert,
  rememberAlert,
} from './alert-plan.js';
import type { MemoizedRule } from './alert-rule.js';
import { type AlertNews, alertStateText } from './alert-state.js';

/** How many claims in a row may be lost to other processes. */
const MAX_TRIES = 5;

/** The alert state that several processes share. */
export interface SharedAlerts {
  /** Asks the store; gives the view after that, or `undefined` if the store does not answer. */
  look(): Promise<BalanceView | undefined>;
  /** Changes the state in the store; `false` if it is not what was expected, `undefined` if the store does not answer. */
  claimAlert(expected: string | undefined, next: string): Promise<boolean | undefined>;
  /** Has a new reading made, which the store gets if it answers. */
  renew(): Promise<void>;
}

/**
 * Decides what to alert of, and makes sure that one of all processes does. Where the store does not answer, each of them
 * does: an alert twice is better than none. What it has told alone it writes to the store once that answers.
 */
export class AlertMessenger {
  readonly #rule: MemoizedRule;
  readonly #shared: SharedAlerts | undefined;
  readonly #tell: (news: AlertNews, view: BalanceView) => void;
  #memory: AlertMemory = FIRST_ALERT_MEMORY;
  /** What the store said last. */
  #stored: string | undefined;
  /** The last view, and the last one that everything was done for. */
  #latest: BalanceView | undefined;
  #settled: BalanceView | undefined;
  #settling: Promise<void> | undefined;

  /** @param shared - `undefined` where no other process shares the balance. */
  constructor(
    rule: MemoizedRule,
    shared: SharedAlerts | undefined,
    tell: (news: AlertNews, view: BalanceView) => void,
  ) {
    this.#rule = rule;
    this.#shared = shared;
    this.#tell = tell;
  }

  /** Whether it has told something that the store does not know yet. */
  get hasToldAlone(): boolean {
    return this.#memory.alone !== undefined;
  }

  /**
   * Tells what is new in a view.
   *
   * @returns A promise that settles once nothing is left to do for this view or a later one.
   */
  async consider(view: BalanceView): Promise<void> {
    if (this.#shared === undefined) {
      const { state, news } = this.#rule.evaluate(view, this.#memory.known, true);
      this.#memory = { known: state, alone: undefined };
      this.#tellNews(news, view);
      return;
    }
    this.#latest = view;
    this.#settling ??= this.#settleAll(this.#shared);
    await this.#settling;
  }

  async #settleAll(shared: SharedAlerts): Promise<void> {
    try {
      do {
        await this.#settle(shared);
      } while (this.#latest !== this.#settled);
    } finally {
      this.#settling = undefined;
    }
  }

  /** Claims by the state that was seen last. Only where another process was quicker, the store is asked first. */
  async #settle(shared: SharedAlerts): Promise<void> {
    let isRenewed = false;
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      let plan = this.#plan();
      if (plan === undefined) {
        return;
      }
      let isAnswering = true;
      if (this.hasToldAlone || this.#settled?.isUnshared === true) {
        isAnswering = await this.#look(shared);
        if (isAnswering && this.#latest?.isUnshared === true && !isRenewed) {
          // By the older reading in the store, the others would take back what this one makes known.
          isRenewed = true;
          await shared.renew();
          continue;
        }
        plan = this.#plan();
        if (plan === undefined) {
          return;
        }
      }
      const claimed = isAnswering ? await this.#claim(shared, plan) : undefined;
      if (claimed !== false) {
        this.#memory = rememberAlert(this.#memory, plan, { isStored: claimed === true, base: this.#stored });
        this.#tellNews(plan.news, plan.view);
        return;
      }
      await this.#look(shared);
    }
    // Others go on telling: whatever is left, a later view brings up again.
    this.#settled = this.#latest;
  }

  /** What to do for the last view; `undefined` for nothing. */
  #plan(): (AlertPlan & { readonly view: BalanceView }) | undefined {
    const view = this.#latest;
    this.#settled = view;
    if (view === undefined) {
      return undefined;
    }
    const { stored } = view;
    const plan = planAlert(stored?.alertState, this.#memory, (before, isOwn) =>
      this.#rule.evaluate(view, before, isOwn),
    );
    if (stored !== undefined) {
      this.#stored = stored.alertState;
      if (plan.news === undefined && plan.isOfStore) {
        this.#memory = rememberAlert(this.#memory, plan, { isStored: true, base: undefined });
      }
    }
    // A store that has not answered may have the state.
    const isOverdue = plan.isOverdue && stored !== undefined;
    return plan.news !== undefined || isOverdue || this.hasToldAlone
      ? { ...plan, isOverdue, view }
      : undefined;
  }

  async #look(shared: SharedAlerts): Promise<boolean> {
    const view = await shared.look();
    this.#latest = view ?? (this.#latest && { ...this.#latest, stored: undefined });
    return view !== undefined;
  }

  /** Whether the store has the state; `false` if another process has changed it, `undefined` if it does not answer. */
  async #claim(
    shared: SharedAlerts,
    { state, news, isOverdue, view }: AlertPlan & { readonly view: BalanceView },
  ): Promise<boolean | undefined> {
    return news === undefined && !isOverdue
      ? true
      : shared.claimAlert(view.stored?.alertState, alertStateText(state));
  }

  #tellNews(news: AlertNews | undefined, view: BalanceView): void {
    if (news !== undefined) {
      this.#tell(news, view);
    }
  }
}
