import { inspect } from 'node:util';
import { REDACTED } from './scrub.js';

const BRAND = Symbol.for('nestjs-openrouter/SecretString');

/**
 * A string that does not show itself: printed, inspected, serialised or interpolated it is `[redacted]`.
 *
 * @example
 * ```ts
 * const key = new SecretString(config.getOrThrow('OPENROUTER_API_KEY'));
 * `${key}`; // '[redacted]'
 * key.reveal(); // the key
 * ```
 */
export class SecretString {
  /** Returns the secret. Review every call of it. */
  declare readonly reveal: () => string;

  /**
   * @param secret - The secret.
   * @throws `TypeError` if `secret` is not a string.
   */
  constructor(secret: string) {
    if (typeof secret !== 'string') {
      throw new TypeError('SecretString: the secret must be a string.');
    }
    // A closure holds it, since inspect({ showHidden: true }) prints every property, enumerable or not.
    Object.defineProperty(this, 'reveal', { value: () => secret });
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
 * Whether a value is a `SecretString` of any copy of the package in this process.
 *
 * @internal
 */
export function isSecretString(value: unknown): value is SecretString {
  return typeof value === 'object' && value !== null && BRAND in value;
}
