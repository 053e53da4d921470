import { OpenRouterAbortException } from './client.exceptions.js';
import { safeCause } from './safe-cause.js';
import { type Scrub, scrubShapes } from '../secret/scrub.js';
import { peek } from '../untrusted/peek.js';

/**
 * Makes the exception for a caller whose signal was aborted.
 *
 * @param scrub - Removes the account's secrets from the signal's reason, which may be anything.
 */
export function abortException(
  operation: string,
  signal: AbortSignal,
  delivery: 'not-sent' | 'unknown',
  scrub: Scrub = scrubShapes,
): OpenRouterAbortException {
  const reason = peek(signal, 'reason');
  const what = delivery === 'not-sent' ? 'was not sent' : 'was ended';
  return new OpenRouterAbortException({
    message: `${operation} ${what}: the caller's signal was aborted.`,
    delivery,
    cause: reason === undefined ? undefined : safeCause(reason, scrub),
  });
}

/** Makes the exception for a call after the end of its account. */
export function closedException(operation: string): OpenRouterAbortException {
  return new OpenRouterAbortException({
    message: `${operation} was not sent: the OpenRouter client is closed.`,
    delivery: 'not-sent',
  });
}
