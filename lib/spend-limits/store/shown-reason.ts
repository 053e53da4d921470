import { OpenRouterSpendStoreException } from '../../errors/spend.exceptions.js';
import { peek } from '../../untrusted/peek.js';

/** A code such as `ECONNREFUSED`, or the name of a class of errors: neither contains a password. */
const WORD_RULE = /^[A-Z]\w{2,39}$/;

/**
 * Why a store has failed, if it says so in an `OpenRouterSpendStoreException`, whose message is made to be shown. Any other
 * error may contain a password.
 */
export function shownReason(error: unknown): string | undefined {
  return error instanceof OpenRouterSpendStoreException ? error.message : undefined;
}

/** What may be logged of the failure of a store: its reason, or what kind of error it is. */
export function loggedReason(error: unknown): string {
  const word = wordOf(peek(error, 'code')) ?? wordOf(peek(error, 'name'));
  return shownReason(error) ?? (word === undefined ? 'it has failed' : `it has failed (${word})`);
}

function wordOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== 'Error' && WORD_RULE.test(value) ? value : undefined;
}
