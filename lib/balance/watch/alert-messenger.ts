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

/** The number of claims in a row that may be lost to other processes. */
const MAX_TRIES = 5;

/** Access to the alert state that several processes share. */
export interface SharedAlerts {
  /** Reads the store. Returns the view after that, or `undefined` if the store does not answer. */
  look(): Promise<BalanceView | undefined>;
  /**
   * Changes the state in the store. Returns `false` if the store has another state than `expected`, and `undefined` if
   * the store does not answer.
   */
  claimAlert(expected: string | undefined, next: string): Promise<boolean | undefined>;
  /** Makes a new reading, and writes it to the store if the store answers. */
  renew(): Promise<void>;
}

/**
 * Decides which alerts to emit, and ensures that only one of all processes emits each of them. If the store does not
 * answer, every process emits the alert, since two are better than none. The state that a process has reached in this
 * way is written to the store once the store answers.
 */
export class AlertMessenger {
  readonly #rule: MemoizedRule;
  readonly #shared: SharedAlerts | undefined;
  readonly #tell: (news: AlertNews, view: BalanceView) => void;
  #memory: AlertMemory = FIRST_ALERT_MEMORY;
  /** The state in the store, by its last answer. */
  #stored: string | undefined;
  /** The last view. */
  #latest: BalanceView | undefined;
  /** The last view that was handled. */
  #settled: BalanceView | undefined;
  #settling: Promise<void> | undefined;

  /** @param shared - `undefined` if no other process shares the balance. */
  constructor(
    rule: MemoizedRule,
    shared: SharedAlerts | undefined,
    tell: (news: AlertNews, view: BalanceView) => void,
  ) {
    this.#rule = rule;
    this.#shared = shared;
    this.#tell = tell;
  }

  /** Whether an alert was emitted whose state the store does not have yet. */
  get hasToldAlone(): boolean {
    return this.#memory.alone !== undefined;
  }

  /**
   * Emits the alert that a view gives rise to, if there is one.
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

  /**
   * Claims a change of the state that was last seen in the store. The store is read first only after a lost claim, or
   * if it may lack an alert or a reading of this process.
   */
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
          // Other processes would judge by the older reading in the store, and take this alert back.
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
    // Other processes keep changing the state, so they emit alerts. A later view brings up what is left.
    this.#settled = this.#latest;
  }

  /** The plan for the last view; `undefined` if there is nothing to do. */
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
    // A store that has not answered may have the state already.
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

  /** Whether the store has the state: `false` if another process has changed it, `undefined` without an answer. */
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
