import { subtractUsd } from '../money/usd.js';
import { isRecord, ownMember } from '../untrusted/is-record.js';
import {
  optionalBoolean,
  optionalDate,
  optionalNumber,
  optionalString,
  orNull,
  type WireRecord,
  withoutUndefined,
} from '../wire/wire-record.js';
import type { KeyBudget } from './key-budget.model.js';

/**
 * The budgets of an answer of `GET /key`; `undefined` where it has none to tell, as older servers do. One that cannot be
 * read stays in the list, without members: nobody must take it for no budget.
 */
export function decodeKeyBudgets(data: WireRecord, name: string): KeyBudget[] | undefined {
  const value = ownMember(data.members, name);
  if (value === undefined || value === null) {
    return undefined;
  }
  return (Array.isArray(value) ? value : [value]).map(toKeyBudget);
}

/** One budget of an answer of `GET /key`; `null` is none, which is more than `undefined`: nothing was told. */
export function decodeKeyBudget(data: WireRecord, name: string): KeyBudget | null | undefined {
  const value = ownMember(data.members, name);
  return value === undefined || value === null ? value : toKeyBudget(value);
}

function toKeyBudget(value: unknown): KeyBudget {
  const budget: WireRecord = { members: isRecord(value) ? value : {}, path: '' };
  const limitUsd = optionalNumber(budget, 'limit_usd');
  const spendUsd = optionalNumber(budget, 'spend_usd');
  return withoutUndefined({
    budgetId: orNull(budget, 'budget_id', optionalString),
    guardrailId: orNull(budget, 'guardrail_id', optionalString),
    scope: optionalString(budget, 'scope'),
    limitUsd,
    spendUsd,
    remainingUsd: optionalNumber(budget, 'remaining_usd') ?? difference(limitUsd, spendUsd),
    resetInterval: orNull(budget, 'reset_interval', optionalString),
    resetsAt: orNull(budget, 'resets_at', optionalDate),
    includeByok: optionalBoolean(budget, 'include_byok'),
  });
}

/** What is left is the difference by definition. */
function difference(limitUsd: number | undefined, spendUsd: number | undefined): number | undefined {
  if (limitUsd === undefined || spendUsd === undefined) {
    return undefined;
  }
  const left = subtractUsd(limitUsd, spendUsd);
  return Number.isFinite(left) ? left : undefined;
}
