import type { OpenRouterSpendLimitException } from './spend.exceptions.js';

/** What the public may know of a refusal by a spend limit: neither an amount nor a name. */
export function spendLimitSentence({
  retryAfterMs,
}: Pick<Partial<OpenRouterSpendLimitException>, 'retryAfterMs'>): string {
  return retryAfterMs === undefined
    ? 'The spend limit is reached.'
    : 'Too much is under way for the spend limit. Try again shortly.';
}
