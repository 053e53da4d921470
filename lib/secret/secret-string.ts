import { inspect } from 'node:util';
import { REDACTED } from './scrub.js';

const BRAND = Symbol.for('nestjs-openrouter/SecretString');

/**
 * A text that does not show itself: printed, inspected, serialised or interpolated it is `[redacted]`.
 *
 * @example
 * ```ts
 * const key = new SecretString(config.getOrThrow('OPENROUTER_API_KEY'));
 * `${key}`; // '[redacted]'
 * key.reveal(); // the text
 * ```
 */
export class SecretString {
  /** The text itself. Every call is a place to look at in a review. */
  declare readonly reveal: () => string;

  /**
   * @param text - The secret.
   * @throws `TypeError` if `text` is not a string.
   */
  constructor(text: string) {
    if (typeof text !== 'string') {
      throw new TypeError('SecretString: the secret must be a string.');
    }
    // In a closure, since inspect({ showHidden: true }) prints every property, enumerable or not.
    Object.defineProperty(this, 'reveal', { value: () => text });
  }

  /** Always `[redacted]`. */
  toString(): string {
    return REDACTED;
  }

  /** Always `[redacted]`. */
  toJSON(): string {
    return REDACTED;
  }

  /** @internal */
  static {
    Object.defineProperty(this.prototype, BRAND, { value: true });
  }

  /** @internal */
  [inspect.custom](): string {
    return REDACTED;
  }
}

/**
 * Whether a value is a `SecretString`, of this copy of the package or of another one in the same process.
 *
 * @internal
 */
export function isSecretString(value: unknown): value is SecretString {
  return typeof value === 'object' && value !== null && BRAND in value;
}
