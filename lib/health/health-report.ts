import type { BalanceSnapshot } from '../balance/balance.models.js';
import { isOpenRouterException } from '../errors/openrouter.exception.js';

/** What a health check tells. */
export interface HealthReport {
  readonly isUp: boolean;
  readonly details: Readonly<Record<string, unknown>>;
}

/** Judges an account by its figures. */
export function reportOf(figures: BalanceSnapshot, minimumSpendable: number | undefined): HealthReport {
  const { balance, spendable, limitedBy, resetsAt, keyLimitRemaining, stale, fetchedAt } = figures;
  const problem = problemOf(spendable, minimumSpendable);
  return {
    isUp: problem === undefined,
    details: {
      balance,
      spendable,
      limitedBy,
      // What stands in for the service in a test need not say it.
      ...(resetsAt && { resetsAt: resetsAt.toISOString() }),
      keyLimitRemaining,
      stale,
      fetchedAt: fetchedAt.toISOString(),
      ...(minimumSpendable !== undefined && { minimumSpendable }),
      ...(problem !== undefined && { message: problem }),
    },
  };
}

/** Of an account of which nothing is known yet. */
export function lateReport(timeoutMs: number): HealthReport {
  return {
    isUp: false,
    details: { message: `OpenRouter has not told the balance within ${timeoutMs} ms.` },
  };
}

/** Why there are no figures. */
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
    return 'OpenRouter does not tell this key what can be spent.';
  }
  return spendable < minimum ? 'Less than the minimum can be spent.' : undefined;
}
