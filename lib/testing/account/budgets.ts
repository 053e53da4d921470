import { randomUUID } from 'node:crypto';
import { PERIODS, type Period } from './periods.js';
import { type UsageMeter, createUsageMeter } from './usage-meter.js';

/** The broadest first. */
export const INTERVALS = ['lifetime', ...[...PERIODS].reverse()] as const;

export type BudgetInterval = 'lifetime' | Period;

export interface Budget {
  readonly id: string;
  readonly interval: BudgetInterval;
  readonly limitUsd: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** The budgets of one workspace, and its spend. */
export interface BudgetBook {
  /** Counts for all intervals of the workspace. */
  includeByok: boolean;
  readonly usage: UsageMeter;
  readonly byokUsage: UsageMeter;
  get(interval: BudgetInterval): Budget | undefined;
  /** The broadest interval first. */
  list(): Budget[];
  set(interval: BudgetInterval, limitUsd: number): Budget;
  delete(interval: BudgetInterval): void;
}

export function createBudgetBook(): BudgetBook {
  const budgets = new Map<BudgetInterval, Budget>();
  return {
    includeByok: false,
    usage: createUsageMeter(),
    byokUsage: createUsageMeter(),
    get: (interval) => budgets.get(interval),
    list: () => INTERVALS.flatMap((interval) => budgets.get(interval) ?? []),
    set: (interval, limitUsd) => {
      const now = new Date();
      const { id = randomUUID(), createdAt = now } = budgets.get(interval) ?? {};
      const budget = { id, interval, limitUsd, createdAt, updatedAt: now };
      budgets.set(interval, budget);
      return budget;
    },
    delete: (interval) => {
      budgets.delete(interval);
    },
  };
}

/** The reason to refuse a limit, if there is one: a shorter interval needs a lower limit. */
export function orderProblem(
  book: BudgetBook,
  interval: BudgetInterval,
  limitUsd: number,
): string | undefined {
  const rank = INTERVALS.indexOf(interval);
  for (const other of book.list()) {
    const otherRank = INTERVALS.indexOf(other.interval);
    const isBroken =
      otherRank < rank ? other.limitUsd <= limitUsd : otherRank > rank && other.limitUsd >= limitUsd;
    if (!isBroken) continue;
    const relation = otherRank < rank ? 'less' : 'greater';
    return `limit_usd must be ${relation} than the ${other.interval} budget of ${dollars(other.limitUsd)}: limits are ordered ${INTERVALS.join(' > ')}`;
  }
  return undefined;
}

/** `$500.00`. */
export function dollars(usd: number): string {
  return `$${usd.toFixed(2)}`;
}
