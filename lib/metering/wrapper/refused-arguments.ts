import { peek } from '../../untrusted/peek.js';
import type { FetchInit } from './sent-request.js';

/**
 * Whether `fetch` has refused its arguments, for example a header with a line break, so that nothing was sent. A `Request`
 * with the same arguments is refused in the same words.
 *
 * @param reason - What `fetch` threw.
 */
export function areRefused(reason: unknown, url: string, init: FetchInit): boolean {
  // A failed connection has a cause or a code.
  if (peek(reason, 'cause') !== undefined || peek(reason, 'code') !== undefined) {
    return false;
  }
  try {
    requestOf(url, init);
    return false;
  } catch (error) {
    return peek(error, 'message') === peek(reason, 'message');
  }
}

/** The body may be used up by now, and the signal must not be listened to again. */
function requestOf(url: string, init: FetchInit): Request {
  const { signal: _signal, ...rest } = init ?? {};
  const isStream = typeof init?.body === 'object' && init.body !== null && Symbol.asyncIterator in init.body;
  return new Request(url, { ...rest, body: isStream ? new ReadableStream() : null });
}
