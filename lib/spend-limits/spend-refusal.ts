import { OpenRouterSpendLimitException } from '../errors/spend.exceptions.js';
import { sumUsd } from '../money/usd.js';
import type { SpendUsage } from '../contracts/spend-usage.js';

/** When to ask again for what completions under way hold: the next of them may end at any moment. */
const HELD_RETRY_MS = 1_000;

/** One nano-dollar. */
const LEAST_USD = 1e-9;

/** Until when an amount cannot be reserved. */
export interface RefusalEnd {
  /** How long to wait, in milliseconds, where only what is held is in the way; `undefined` otherwise. */
  readonly retryAfterMs: number | undefined;
  /** The next moment at which something stops counting, where what was spent is in the way; `null` otherwise. */
  readonly resetsAt: Date | null;
}

/**
 * Tells whether to wait for completions under way, or for the window, or whether no waiting helps.
 *
 * @param requiredUsd - `undefined` if no amount in particular was to be reserved.
 */
export function refusalEnd(usage: SpendUsage, requiredUsd: number | undefined): RefusalEnd {
  const { limitUsd, spentUsd, resetsAt } = usage;
  if (limitUsd !== null && sumUsd([spentUsd, requiredUsd ?? LEAST_USD]) <= limitUsd) {
    return { retryAfterMs: HELD_RETRY_MS, resetsAt: null };
  }
  return { retryAfterMs: undefined, resetsAt: isAboveLimit(usage, requiredUsd) ? null : resetsAt };
}

/** Whether an amount fits into no window, however little was spent in it. */
function isAboveLimit({ limitUsd }: SpendUsage, requiredUsd = LEAST_USD): boolean {
  return limitUsd !== null && requiredUsd > limitUsd;
}

/** Why an amount cannot be reserved, for people. */
export function refusalText(usage: SpendUsage, requiredUsd: number | undefined): string {
  const { rule, limitUsd, remainingUsd } = usage;
  const room = `${shownUsd(remainingUsd ?? 0)} of ${shownUsd(limitUsd ?? 0)}`;
  const need = requiredUsd === undefined ? '' : `, and ${shownUsd(requiredUsd)} is needed`;
  return (
    `The spend limit '${rule}' of this application has ${room} left${need}.${remedyText(usage, requiredUsd)} ` +
    'Nothing was sent to OpenRouter.'
  );
}

function remedyText(usage: SpendUsage, requiredUsd: number | undefined): string {
  const { heldUsd, unsettledUsd } = usage;
  const { retryAfterMs, resetsAt } = refusalEnd(usage, requiredUsd);
  if (retryAfterMs !== undefined) {
    const held = shownUsd(sumUsd([heldUsd, unsettledUsd]));
    return ` Completions under way hold ${held}: try again once some of them have ended.`;
  }
  if (requiredUsd !== undefined && isAboveLimit(usage, requiredUsd)) {
    return ' That is more than the whole limit.';
  }
  return resetsAt === null ? '' : ` More may be spent from ${resetsAt.toISOString()} on.`;
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
  const { rule, subject, period, limitUsd, heldUsd } = usage;
  return new OpenRouterSpendLimitException({
    message: refusalText(usage, requiredUsd),
    rule,
    subject,
    period,
    limitUsd: limitUsd ?? 0,
    spentUsd: countedUsd(usage),
    heldUsd,
    requiredUsd: requiredUsd ?? 0,
    ...refusalEnd(usage, requiredUsd),
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
