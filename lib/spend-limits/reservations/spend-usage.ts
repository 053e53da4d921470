import type { SpendFigureLists, SpendFigures } from '../../contracts/spend-store.js';
import { nanoToUsd } from '../../money/nano-usd.js';
import { type AppliedRule, ruleNumbers } from '../rules/rule-book.js';
import type { SpendUsage } from '../../contracts/spend-usage.js';

/** The figures of one rule, with what they are compared with. */
export interface RuleFigures {
  readonly applied: AppliedRule;
  readonly limitNanoUsd: number | null;
  readonly figures: SpendFigures;
}

/** The amount that a rule has refused. */
export interface RefusedAmount {
  readonly applied: AppliedRule;
  readonly nanoUsd: number;
}

/** The figures of rules that apply to a scope, in the order of the list; those that the store has not told are missing. */
export function ruleFigures(
  applied: readonly AppliedRule[],
  limits: readonly (number | null)[],
  lists: SpendFigureLists,
): readonly RuleFigures[] {
  return ruleNumbers(applied).flatMap((numbers, subject) =>
    numbers.flatMap((number, window) => {
      const figures = lists[subject]?.[window];
      const one = applied[number];
      return figures === undefined || one === undefined
        ? []
        : [{ applied: one, limitNanoUsd: limits[number] ?? null, figures }];
    }),
  );
}

/** What counts against a limit, as users see it. */
export function usageOf({ applied, limitNanoUsd, figures }: RuleFigures): SpendUsage {
  const { rule, subject } = applied;
  const { from, to, settledNanoUsd, heldNanoUsd, unsettledNanoUsd } = figures;
  const counted = settledNanoUsd + heldNanoUsd + unsettledNanoUsd;
  return Object.freeze({
    rule: rule.name,
    subject,
    period: rule.period,
    from: new Date(from),
    resetsAt: to === null ? null : new Date(to),
    limitUsd: limitNanoUsd === null ? null : nanoToUsd(limitNanoUsd),
    spentUsd: nanoToUsd(settledNanoUsd),
    heldUsd: nanoToUsd(heldNanoUsd),
    unsettledUsd: nanoToUsd(unsettledNanoUsd),
    remainingUsd: limitNanoUsd === null ? null : nanoToUsd(Math.max(0, limitNanoUsd - counted)),
  });
}
