import { peek, nonBlankString } from '../untrusted/peek.js';

/** Known to both the CommonJS and the ES module copy of the package. */
const NOT_OPENROUTERS = Symbol.for('nestjs-openrouter/not-openrouters-envelope');

/**
 * Whether an error answer is in OpenRouter's own envelope, `{ error: { code, message } }` with the status as its code.
 * A firewall, a proxy or a gateway that refuses a request by itself answers with a page, or with JSON of another shape.
 */
export function isOwnEnvelope(content: unknown, status: number): boolean {
  const error = peek(content, 'error');
  return peek(error, 'code') === status && nonBlankString(peek(error, 'message')) !== undefined;
}

/** Marks an exception whose answer is not in OpenRouter's own envelope. */
export function markOtherOrigin<T extends object>(exception: T): T {
  // Not enumerable: neither logs nor filters have a use for it.
  return Object.defineProperty(exception, NOT_OPENROUTERS, { value: true });
}

/**
 * Whether an exception may stand for OpenRouter's own refusal rather than the answer of a proxy or a firewall. One that
 * an application has made by hand may.
 */
export function isOfOpenRouter(exception: unknown): boolean {
  return peek(exception, NOT_OPENROUTERS) !== true;
}
