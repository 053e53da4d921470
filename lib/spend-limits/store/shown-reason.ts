import { OpenRouterSpendStoreException } from '../../errors/spend.exceptions.js';

/**
 * Why a store has failed, if it says so in an `OpenRouterSpendStoreException`, whose message is made to be shown. Any other
 * error may contain a password.
 */
export function shownReason(error: unknown): string | undefined {
  return error instanceof OpenRouterSpendStoreException ? error.message : undefined;
}
