import { HttpException } from '@nestjs/common';
import type { OpenRouterInsufficientCreditsException } from '../errors/client.exceptions.js';
import { brandException } from '../errors/exception-brand.js';

class OpenRouterHttpException extends HttpException {
  static {
    brandException(this, 'OpenRouterException');
  }
}

/**
 * A refusal of the guard as an `HttpException`, which Nest answers without a filter. Its brands make it an
 * `OpenRouterInsufficientCreditsException` too, in every copy of the package, so filters for that class catch it.
 */
export class InsufficientCreditsHttpException extends OpenRouterHttpException {
  static {
    brandException(this, 'OpenRouterInsufficientCreditsException');
  }

  readonly code: string;
  readonly required: number;
  readonly spendable: number | null;
  /** The part that a GraphQL server sends to the client. */
  declare readonly extensions?: Readonly<Record<string, unknown>>;

  /**
   * @param refusal - The refusal with the figures of the account, for the log.
   * @param response - The body of the answer, without figures.
   * @param extensions - The same for GraphQL.
   */
  constructor(
    refusal: OpenRouterInsufficientCreditsException,
    response: Readonly<Record<string, unknown>>,
    extensions?: Readonly<Record<string, unknown>>,
  ) {
    super(response, refusal.status, { cause: refusal });
    this.code = refusal.code;
    this.required = refusal.required;
    this.spendable = refusal.spendable;
    if (extensions !== undefined) {
      this.extensions = extensions;
    }
  }

  /** Keeps the name that the brand has set. Nest would use the name of this class, which is not public. */
  override initName(): void {
    return;
  }

  /** The public part, as in the body. */
  toJSON(): Record<string, unknown> {
    const { name, message, code, required } = this;
    return { name, message, code, required, status: this.getStatus() };
  }
}
