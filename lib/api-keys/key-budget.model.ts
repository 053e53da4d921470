import { date, flag, nullable, openApi, optional, text, usd } from '../openapi/open-api.js';

/** Whose spend a budget counts, in the order in which OpenRouter enforces budgets. */
export type KeyBudgetScope =
  'workspace_default_member' | 'workspace_default_key' | 'member' | 'api_key' | 'workspace' | 'key_limit';

/**
 * A budget that OpenRouter enforces on a key: one of a guardrail, of its workspace, or the key's own limit. Amounts are
 * US dollars. A member is absent if the answer does not have it, or has a value that cannot be read.
 *
 * As in `KeyBudget` of OpenRouter's API (`GET /key`).
 */
export class KeyBudget {
  /** Id of the budget; `null` unless it belongs to a workspace. */
  budgetId?: string | null;
  /** Id of the guardrail that it belongs to; `null` if it belongs to none. */
  guardrailId?: string | null;
  /** Whose spend counts; `key_limit` is the key's own limit. New values pass through. */
  scope?: KeyBudgetScope | (string & Record<never, never>);
  /** What may be spent in the interval, in US dollars. */
  limitUsd?: number;
  /** What was spent in the current interval, in US dollars. */
  spendUsd?: number;
  /** `limitUsd − spendUsd`, in US dollars. At 0 or less, OpenRouter refuses every completion with 403. */
  remainingUsd?: number;
  /** How often it resets: `daily`, `weekly`, `monthly`, in UTC; `null` for never. New values pass through. */
  resetInterval?: string | null;
  /** When it resets next; `null` for never. */
  resetsAt?: Date | null;
  /** Whether what providers charge to keys of your own (BYOK) counts. */
  includeByok?: boolean;

  /** @internal */
  static _OPENAPI_METADATA_FACTORY(): Record<string, object> {
    return openApi<KeyBudget>({
      budgetId: optional(nullable(text())),
      guardrailId: optional(nullable(text())),
      scope: optional(
        text('Whose spend counts: member, api_key, workspace, key_limit, and others', {
          example: 'workspace',
        }),
      ),
      limitUsd: optional(usd('What may be spent in the interval')),
      spendUsd: optional(usd('What was spent in the current interval')),
      remainingUsd: optional(usd('What is left', 'with 0 or less, every completion is refused')),
      resetInterval: optional(nullable(text('daily, weekly, monthly, or null for never'))),
      resetsAt: optional(nullable(date())),
      includeByok: optional(flag()),
    });
  }
}
