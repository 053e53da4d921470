import type { ApiKey, Budget as WorkspaceBudget } from 'nestjs-openrouter';
import type { Budget } from '../../shared/dashboard.js';
import { sumUsd } from './usd.js';

type Counter = keyof ApiKey & (`usage${string}` | `byokUsage${string}`);

/** The counters of a key for the interval of a budget: credits, and spend with the user's own provider keys (BYOK). */
const COUNTERS: Readonly<Record<string, readonly [Counter, Counter]>> = {
  daily: ['usageDaily', 'byokUsageDaily'],
  weekly: ['usageWeekly', 'byokUsageWeekly'],
  monthly: ['usageMonthly', 'byokUsageMonthly'],
  lifetime: ['usage', 'byokUsage'],
};

/** The budgets of a workspace. OpenRouter does not show what was spent of a budget, but the counters of the keys do. */
export function budgetsOf(
  workspace: string,
  budgets: readonly WorkspaceBudget[],
  keys: readonly ApiKey[] | undefined,
): Budget[] {
  return budgets.map((budget) => ({
    workspace,
    interval: budget.interval ?? 'unknown',
    limit: budget.limitUsd,
    spent: spentOf(budget, keys ?? []),
  }));
}

function spentOf(budget: WorkspaceBudget, keys: readonly ApiKey[]): number | null {
  const { interval = '', workspaceId, includeByokInBudgets = false } = budget;
  const counters = COUNTERS[interval];
  const counted = keys.filter((key) => key.workspaceId === workspaceId);
  if (counters === undefined || counted.length === 0) return null;
  const [credits, byok] = counters;
  return sumUsd(counted.flatMap((key) => [key[credits], includeByokInBudgets ? key[byok] : 0]));
}
