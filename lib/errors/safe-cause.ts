import type { Scrub } from '../secret/scrub.js';
import { scrubBounded } from '../untrusted/bounded-text.js';
import { peek } from '../untrusted/peek.js';

const MAX_MESSAGE_LENGTH = 500;

/**
 * A fresh error with what an operator needs of another one: `name`, `code`, `syscall` and a scrubbed message. The
 * original is not kept: the errors of the HTTP library hold the request, and with it the key.
 */
export function safeCause(error: unknown, scrub: Scrub): Error {
  const text = peek(error, 'message');
  const cause = new Error(
    typeof text === 'string' ? scrubBounded(text, scrub).slice(0, MAX_MESSAGE_LENGTH) : '',
  );
  // Its stack would show where the copy was made, not where the fault was.
  delete cause.stack;
  for (const field of ['name', 'code', 'syscall'] as const) {
    const value = peek(error, field);
    if (typeof value === 'string') {
      const descriptor: PropertyDescriptor = {
        value: scrubBounded(value, scrub).slice(0, MAX_MESSAGE_LENGTH),
        enumerable: field !== 'name',
        configurable: true,
        writable: true,
      };
      // Without a prototype: an inherited getter would make the descriptor invalid.
      Object.defineProperty(cause, field, Object.setPrototypeOf(descriptor, null) as PropertyDescriptor);
    }
  }
  return cause;
}
