import type { BalanceView } from '../reading/balance-view.js';
import {
  type AlertEvidence,
  type AlertNews,
  type AlertState,
  alertStateText,
  evidenceOf,
} from './alert-state.js';

/** What follows from a state and the evidence: the next state, and the alert to emit. */
export interface AlertVerdict {
  readonly state: AlertState;
  readonly news: AlertNews | undefined;
}

/** Decides what follows from a state and the evidence. */
export type AlertRule = (before: AlertState, evidence: AlertEvidence) => AlertVerdict;

/**
 * Evaluates a rule once for each pair of state and evidence. When a threshold is crossed, the rule is needed for the
 * state that this process knows and for the state in the store, which are usually the same.
 */
export class MemoizedRule {
  readonly #rule: AlertRule;
  #evidence: AlertEvidence | undefined;
  readonly #verdicts = new Map<string, AlertVerdict>();

  constructor(rule: AlertRule) {
    this.#rule = rule;
  }

  /**
   * The verdict on a state by the evidence in a view.
   *
   * @param isOwn - Whether this process itself emitted the state, so that every reading is newer than the state.
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
      // For the next state, the same evidence causes no further alert.
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
