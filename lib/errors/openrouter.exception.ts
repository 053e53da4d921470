import { scrubShapes } from '../secret/scrub.js';
import { scrubBounded } from '../untrusted/bounded-text.js';
import { brandException, isInstanceOfBranded } from './exception-brand.js';

/**
 * The parent of every error of this package.
 *
 * `instanceof` works across the CommonJS and the ES module copy of the package in one process, for this class and
 * for each of its subclasses. No exception holds a key: its strings are scrubbed when it is made, and its `cause`
 * is never the HTTP library's own error.
 */
export class OpenRouterException extends Error {
  static {
    brandException(this, 'OpenRouterException');
  }

  /** Stable identifier of the kind of error, for example `OPENROUTER_TIMEOUT`. */
  readonly code: string;

  /**
   * @param code - Stable identifier of the kind of error.
   * @param message - What happened and what to do about it. Anything shaped like a key is removed; of a very long
   *   message only the beginning is kept.
   * @param options - `cause`: what led to it. Pass only what may be logged.
   */
  constructor(code: string, message: string, options?: { cause?: unknown }) {
    super(
      scrubBounded(message, scrubShapes),
      options?.cause === undefined ? undefined : { cause: options.cause },
    );
    this.code = code;
  }

  /** @internal */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return isInstanceOfBranded(this, value);
  }

  /** The exception's own fields with `name` and `message`; neither `stack` nor `cause`. */
  toJSON(): Record<string, unknown> {
    return Object.assign<Record<string, unknown>, object>({ name: this.name, message: this.message }, this);
  }
}

/**
 * Whether a value is an exception of this package, of this copy or of another one in the same process.
 *
 * @param value - Anything, for example what a `catch` has caught.
 */
export function isOpenRouterException(value: unknown): value is OpenRouterException {
  return isInstanceOfBranded(OpenRouterException, value);
}
