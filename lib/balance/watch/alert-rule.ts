import type { BalanceView } from '../reading/balance-view.js';
import {
  type AlertEvidence,
  type AlertNews,
  type AlertState,
  alertStateText,
  evidenceOf,
} from './alert-state.js';

/** What follows from evidence for a state: the next one, and what to tell. */
export interface AlertVerdict {
  readonly state: AlertState;
  readonly news: AlertNews | undefined;
}

/** Decides what evidence means for a state. */
export type AlertRule = (before: AlertState, evidence: AlertEvidence) => AlertVerdict;

/**
 * A rule that is evaluated once for each question. A crossing puts the same one twice, for the state that this process
 * has noticed and for the state in the store, which are mostly the same.
 */
export class MemoizedRule {
  readonly #rule: AlertRule;
  #evidence: AlertEvidence | undefined;
  readonly #verdicts = new Map<string, AlertVerdict>();

  constructor(rule: AlertRule) {
    this.#rule = rule;
  }

  /**
   * What a view means for a state.
   *
   * @param isOwn - Whether the state is what this process itself has told, so that every reading is newer.
   */
  evaluate(view: BalanceView, before: AlertState, isOwn: boolean): AlertVerdict {
    const evidence = evidenceOf(view, isOwn || before.failedAt === undefined);
    if (evidence === undefined) {
      return { state: before, news: undefined };
    }
    if (!isSame(evidence, this.#evidence)) {
      this.#evidence = evidence;
      this.#verdicts.clear();
    }
    const question = alertStateText(before);
    let verdict = this.#verdicts.get(question);
    if (verdict === undefined) {
      verdict = this.#rule(before, evidence);
      this.#verdicts.set(question, verdict);
      // A state that follows from evidence says nothing new by the same evidence.
      this.#verdicts.set(alertStateText(verdict.state), { state: verdict.state, news: undefined });
    }
    return verdict;
  }
}

function isSame(one: AlertEvidence, other: AlertEvidence | undefined): boolean {
  return (
    one.spendable === other?.spendable &&
    one.leastSpendable === other?.leastSpendable &&
    one.sequence === other?.sequence
  );
}
