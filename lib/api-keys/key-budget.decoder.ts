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
 * The budgets in the answer of `GET /key`; `undefined` if it has no list, as with older servers. A budget that cannot
 * be read stays in the list, without members: it must not look like no budget.
 */
export function decodeKeyBudgets(data: WireRecord, name: string): KeyBudget[] | undefined {
  const value = ownMember(data.members, name);
  if (value === undefined || value === null) {
    return undefined;
  }
  return (Array.isArray(value) ? value : [value]).map(toKeyBudget);
}

/** One budget in the answer of `GET /key`; `null` means that there is none, `undefined` that it is not known. */
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

/** OpenRouter defines what is left as this difference. */
function difference(limitUsd: number | undefined, spendUsd: number | undefined): number | undefined {
  if (limitUsd === undefined || spendUsd === undefined) {
    return undefined;
  }
  const left = subtractUsd(limitUsd, spendUsd);
  return Number.isFinite(left) ? left : undefined;
}
