import type { Account } from '../account/account.js';
import { type KeyBudget, budgetsOf, effectiveBudget } from '../account/key-budgets.js';
import { type AccountKey, limitRemaining } from '../account/keys.js';
import { toUsd } from '../account/usd.js';

/** A key as returned by `/keys`: the fields of the OpenAPI document, and `external_user`, which the SDK requires. */
export function keyBody(key: AccountKey): object {
  return {
    hash: key.hash,
    name: key.name,
    disabled: key.disabled,
    created_at: key.createdAt.toISOString(),
    updated_at: key.updatedAt?.toISOString() ?? null,
    external_user: null,
    ...spendingOf(key),
  };
}

/**
 * The answer of `GET /key` to a key or (`undefined`) the management key: the fields of the OpenAPI document, further ones
 * that the official SDK 1.3.19 requires, and the budgets of later SDKs.
 */
export function currentKeyBody(account: Account, key: AccountKey | undefined): object {
  const { totalCredits } = account.credits();
  const freeRequests = totalCredits < 10 ? 50 : 1000;
  const isManagement = key === undefined;
  const budgets = isManagement ? [] : budgetsOf(account, key, new Date());
  const effective = effectiveBudget(budgets);
  return {
    ...(isManagement ? managementSpending(account) : spendingOf(key)),
    is_free_tier: totalCredits === 0,
    is_management_key: isManagement,
    is_provisioning_key: isManagement,
    allowed_data_regions: ['global'],
    free_model_daily_requests: { limit: freeRequests, remaining: freeRequests, used: 0 },
    organization_id: null,
    budgets: budgets.map(keyBudgetBody),
    effective_budget: effective === undefined ? null : keyBudgetBody(effective),
    rate_limit: { requests: -1, interval: '10s', note: 'This field is deprecated and safe to ignore.' },
  };
}

/** A budget as `GET /key` shows it. */
export function keyBudgetBody({ limit, spent, resetInterval, resetsAt, ...budget }: KeyBudget) {
  return {
    budget_id: budget.budgetId,
    guardrail_id: budget.guardrailId,
    include_byok: budget.includeByok,
    limit_usd: toUsd(limit),
    spend_usd: toUsd(spent),
    remaining_usd: toUsd(limit - spent),
    reset_interval: resetInterval,
    resets_at: resetsAt?.toISOString() ?? null,
    scope: budget.scope,
  };
}

function spendingOf(key: AccountKey): object {
  const now = new Date();
  const remaining = limitRemaining(key, now);
  return {
    label: key.label,
    limit: key.limit,
    limit_remaining: remaining === null ? null : toUsd(remaining),
    limit_reset: key.limitReset,
    include_byok_in_limit: key.includeByokInLimit,
    usage: toUsd(key.usage.sum(null, now)),
    usage_daily: toUsd(key.usage.sum('daily', now)),
    usage_weekly: toUsd(key.usage.sum('weekly', now)),
    usage_monthly: toUsd(key.usage.sum('monthly', now)),
    byok_usage: toUsd(key.byokUsage.sum(null, now)),
    byok_usage_daily: toUsd(key.byokUsage.sum('daily', now)),
    byok_usage_weekly: toUsd(key.byokUsage.sum('weekly', now)),
    byok_usage_monthly: toUsd(key.byokUsage.sum('monthly', now)),
    creator_user_id: key.creatorUserId,
    expires_at: key.expiresAt?.toISOString() ?? null,
    workspace_id: key.workspaceId,
  };
}

/** A management key cannot spend, and has no limit. */
function managementSpending(account: Account): object {
  return {
    label: account.managementLabel,
    limit: null,
    limit_remaining: null,
    limit_reset: null,
    include_byok_in_limit: false,
    usage: 0,
    usage_daily: 0,
    usage_weekly: 0,
    usage_monthly: 0,
    byok_usage: 0,
    byok_usage_daily: 0,
    byok_usage_weekly: 0,
    byok_usage_monthly: 0,
    creator_user_id: account.userId,
    expires_at: null,
    workspace_id: account.workspaces.default.id,
  };
}
