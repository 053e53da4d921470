import type { Account } from '../account/account.js';
import { dollars } from '../account/budgets.js';
import { budgetsOf, isSpent } from '../account/key-budgets.js';
import type { AccountKey } from '../account/keys.js';
import { toUsd } from '../account/usd.js';
import { DEFAULT_CHUNKS } from '../sandbox-completions.js';
import { keyBudgetBody } from './key-bodies.js';
import { type SandboxRefusal, refusal } from './route.js';

/** The reason to refuse a completion for money, if there is one. Any amount left will do: it may be overdrawn. */
export function moneyRefusal(
  account: Account,
  key: AccountKey,
  keyLimitStatus: 402 | 403,
): SandboxRefusal | undefined {
  if (!account.hasCredits()) return refusal(402, undefined, { limit_source: 'openrouter_credits' });
  const spent = budgetsOf(account, key, new Date()).find(isSpent);
  if (spent === undefined) return undefined;
  if (spent.scope === 'key_limit') return keyLimitRefusal(key, keyLimitStatus);
  const { scope, limit, resetInterval } = spent;
  const isWorkspaces = scope === 'workspace';
  const message = isWorkspaces
    ? `Workspace ${resetInterval ?? 'lifetime'} budget of ${dollars(toUsd(limit))} exceeded. Contact your org admin.`
    : 'Budget limit exceeded';
  const { limit_usd, spend_usd, resets_at } = keyBudgetBody(spent);
  return refusal(403, message, {
    limit_source: isWorkspaces ? 'openrouter_workspace_budget' : 'openrouter_guardrail_budget',
    scope,
    limit_usd,
    spend_usd,
    resets_at,
  });
}

/** The live API has been seen to use both forms; the older one, 403, has no metadata. */
function keyLimitRefusal({ limitReset }: AccountKey, status: 402 | 403): SandboxRefusal {
  const limit = limitReset ?? 'total';
  return status === 403
    ? refusal(403, `Key limit exceeded (${limit} limit). Manage it using https://openrouter.ai/settings/keys`)
    : refusal(
        402,
        `This request requires more credits, or fewer max_tokens. You requested up to ${DEFAULT_CHUNKS} tokens, but can only afford 0. To increase, visit https://openrouter.ai/settings/keys and create a key with a higher ${limit} limit`,
        { limit_source: 'openrouter_key_limit' },
      );
}
