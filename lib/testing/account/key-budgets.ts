import type { Account } from './account.js';
import { type GuardrailScope, countsTogether, isAbout } from './guardrails.js';
import { type AccountKey, spentIn } from './keys.js';
import { type Period, endOf } from './periods.js';
import { toUnits } from './usd.js';

/** A budget that is enforced on a key, and the spend that counts for it. Money in exact units. */
export interface KeyBudget {
  readonly scope: GuardrailScope | 'workspace' | 'key_limit';
  /** `null` unless the budget belongs to a workspace. */
  readonly budgetId: string | null;
  /** `null` unless the budget belongs to a guardrail. */
  readonly guardrailId: string | null;
  readonly includeByok: boolean;
  readonly limit: bigint;
  readonly spent: bigint;
  readonly resetInterval: Period | null;
  readonly resetsAt: Date | null;
}

/** Every budget of a key, in the order in which they are enforced. */
export function budgetsOf(account: Account, key: AccountKey, now: Date): KeyBudget[] {
  return [...ofGuardrails(account, key, now), ...ofWorkspace(account, key, now), ...ofKey(key, now)];
}

export function isSpent({ limit, spent }: KeyBudget): boolean {
  return spent >= limit;
}

/** The first budget that refuses, otherwise the one with the least left. */
export function effectiveBudget(budgets: readonly KeyBudget[]): KeyBudget | undefined {
  const left = ({ limit, spent }: KeyBudget): bigint => limit - spent;
  return (
    budgets.find(isSpent) ??
    budgets.reduce<KeyBudget | undefined>(
      (least, budget) => (least === undefined || left(budget) < left(least) ? budget : least),
      undefined,
    )
  );
}

function ofGuardrails({ guardrails, keys, userId, workspaces }: Account, key: AccountKey, now: Date) {
  const owner = { userId, workspaceId: workspaces.default.id };
  return guardrails
    .list()
    .filter((guardrail) => isAbout(guardrail, key, owner))
    .map(({ id, scope, limitUsd, resetInterval, includeByok }): KeyBudget => {
      const counted = [...keys.all()].filter((other) => countsTogether(scope, key, other));
      return {
        scope,
        budgetId: null,
        guardrailId: id,
        includeByok,
        limit: toUnits(limitUsd),
        spent: counted.reduce((sum, other) => sum + spentIn(other, resetInterval, includeByok, now), 0n),
        ...periodOf(resetInterval, now),
      };
    });
}

function ofWorkspace({ workspaces }: Account, key: AccountKey, now: Date): KeyBudget[] {
  const book = workspaces.find(key.workspaceId)?.budgets;
  return (book?.list() ?? []).map(({ id, interval, limitUsd }) => {
    const period = interval === 'lifetime' ? null : interval;
    const includeByok = book?.includeByok ?? false;
    return {
      scope: 'workspace',
      budgetId: id,
      guardrailId: null,
      includeByok,
      limit: toUnits(limitUsd),
      spent: book === undefined ? 0n : spentIn(book, period, includeByok, now),
      ...periodOf(period, now),
    };
  });
}

function ofKey(key: AccountKey, now: Date): KeyBudget[] {
  const { limit, limitReset, includeByokInLimit } = key;
  return limit === null
    ? []
    : [
        {
          scope: 'key_limit',
          budgetId: null,
          guardrailId: null,
          includeByok: includeByokInLimit,
          limit: toUnits(limit),
          spent: spentIn(key, limitReset, includeByokInLimit, now),
          ...periodOf(limitReset, now),
        },
      ];
}

function periodOf(period: Period | null, now: Date): Pick<KeyBudget, 'resetInterval' | 'resetsAt'> {
  return { resetInterval: period, resetsAt: period === null ? null : endOf(period, now) };
}
