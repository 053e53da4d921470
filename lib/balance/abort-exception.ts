import { OpenRouterAbortException } from '../errors/client.exceptions.js';
import { safeCause } from '../errors/safe-cause.js';
import { scrubShapes } from '../secret/scrub.js';

/** What a caller gets whose signal has fired. */
export function abortException(
  operation: string,
  { reason }: AbortSignal,
  delivery: 'not-sent' | 'unknown',
): OpenRouterAbortException {
  const what = delivery === 'not-sent' ? 'was not sent' : 'was ended';
  return new OpenRouterAbortException({
    message: `${operation} ${what}: the caller's signal has fired.`,
    delivery,
    cause: reason === undefined ? undefined : safeCause(reason, scrubShapes),
  });
}
