import { count, date, flag, openApi, optional, text } from '../openapi/open-api.js';

/** The interval after which a budget starts anew; a `lifetime` budget never does. */
export type BudgetInterval = 'daily' | 'weekly' | 'monthly' | 'lifetime';

/** What a workspace may spend in an interval. OpenRouter does not say what it has spent so far. */
export class Budget {
  /** Id of the budget. */
  id!: string;
  /** Id of the workspace. */
  workspaceId?: string;
  /** What may be spent in the interval, in US dollars. */
  limitUsd!: number;
  /**
   * The interval: days, weeks and months of UTC, or `lifetime`, which the API spells `reset_interval: null`. New values
   * pass through.
   */
  interval?: BudgetInterval | (string & Record<never, never>);
  /**
   * Whether spend with your own keys at providers (BYOK) counts as well. A setting of the workspace, the same for all
   * of its budgets.
   */
  includeByokInBudgets?: boolean;
  /** When it was created. */
  createdAt?: Date;
  /** When it was last changed. */
  updatedAt?: Date;

  /** @internal */
  static _OPENAPI_METADATA_FACTORY(): Record<string, object> {
    return openApi<Budget>({
      id: text(),
      workspaceId: optional(text()),
      limitUsd: count('What may be spent, in USD', { example: 100 }),
      interval: optional(
        text('daily, weekly, monthly or lifetime; there may be others', { example: 'monthly' }),
      ),
      includeByokInBudgets: optional(
        flag('Whether spend with own keys at providers counts; the same for all budgets of a workspace'),
      ),
      createdAt: optional(date()),
      updatedAt: optional(date()),
    });
  }
}
