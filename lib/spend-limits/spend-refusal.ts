import { OpenRouterSpendLimitException } from '../errors/spend.exceptions.js';
import { sumUsd } from '../money/usd.js';
import type { SpendUsage } from '../contracts/spend-usage.js';

/** Why an amount cannot be reserved, for people. */
export function refusalText(
  { rule, limitUsd, remainingUsd, resetsAt }: SpendUsage,
  requiredUsd: number | undefined,
): string {
  const room = `${shownUsd(remainingUsd ?? 0)} of ${shownUsd(limitUsd ?? 0)}`;
  const isAboveLimit = limitUsd !== null && requiredUsd !== undefined && requiredUsd > limitUsd;
  const reset = resetsAt === null ? '' : ` More may be spent from ${resetsAt.toISOString()} on.`;
  const end = isAboveLimit ? ' That is more than the whole limit.' : reset;
  const need = requiredUsd === undefined ? '' : `, and ${shownUsd(requiredUsd)} is needed`;
  return (
    `The spend limit '${rule}' of this application has ${room} left${need}.${end} ` +
    'Nothing was sent to OpenRouter.'
  );
}

/**
 * The exception for an amount that cannot be reserved.
 *
 * @param requiredUsd - `undefined` if no amount in particular was to be reserved.
 */
export function spendLimitException(
  usage: SpendUsage,
  requiredUsd: number | undefined,
): OpenRouterSpendLimitException {
  const { rule, subject, period, limitUsd, heldUsd, resetsAt } = usage;
  return new OpenRouterSpendLimitException({
    message: refusalText(usage, requiredUsd),
    rule,
    subject,
    period,
    limitUsd: limitUsd ?? 0,
    spentUsd: countedUsd(usage),
    heldUsd,
    requiredUsd: requiredUsd ?? 0,
    resetsAt,
  });
}

/** What was spent, with what lost processes had reserved. */
export function countedUsd({ spentUsd, unsettledUsd }: SpendUsage): number {
  return sumUsd([spentUsd, unsettledUsd]);
}

/** Exact, with at least two decimals: a completion may cost less than a cent. */
function shownUsd(usd: number): string {
  const [whole = '0', decimals = ''] = usd
    .toFixed(9)
    .replace(/0{1,7}$/, '')
    .split('.');
  return `$${whole}.${decimals}`;
}
