import type { BalanceSnapshot } from '../contracts/balance-snapshot.models.js';
import { isOpenRouterException } from '../errors/openrouter.exception.js';

/** The result of a health check. */
export interface HealthReport {
  readonly isUp: boolean;
  readonly details: Readonly<Record<string, unknown>>;
}

/** The report on an account whose figures are known. */
export function reportOf(figures: BalanceSnapshot, minimumSpendable: number | undefined): HealthReport {
  const { balance, spendable, limitedBy, resetsAt, keyLimitRemaining, stale, fetchedAt } = figures;
  const problem = problemOf(spendable, minimumSpendable);
  return {
    isUp: problem === undefined,
    details: {
      balance,
      spendable,
      limitedBy,
      // A test double of the service may leave it out.
      ...(resetsAt && { resetsAt: resetsAt.toISOString() }),
      keyLimitRemaining,
      stale,
      fetchedAt: fetchedAt.toISOString(),
      ...(minimumSpendable !== undefined && { minimumSpendable }),
      ...(problem !== undefined && { message: problem }),
    },
  };
}

/** The report on an account whose first reading takes too long. */
export function lateReport(timeoutMs: number): HealthReport {
  return {
    isUp: false,
    details: { message: `The balance could not be read within ${timeoutMs} ms.` },
  };
}

/** The report on an account whose figures cannot be read. */
export function failureReport(error: unknown): HealthReport {
  const details = isOpenRouterException(error)
    ? { message: error.message, code: error.code }
    : { message: 'The balance could not be read.' };
  return { isUp: false, details };
}

function problemOf(spendable: number | null, minimum: number | undefined): string | undefined {
  if (minimum === undefined) {
    return undefined;
  }
  if (spendable === null) {
    return 'OpenRouter does not show this key the spendable amount.';
  }
  return spendable < minimum ? 'The spendable amount is below the minimum.' : undefined;
}
