import { HttpException } from '@nestjs/common';
import type { OpenRouterInsufficientCreditsException } from '../errors/client.exceptions.js';
import { brandException } from '../errors/exception-brand.js';

class OpenRouterHttpException extends HttpException {
  static {
    brandException(this, 'OpenRouterException');
  }
}

/**
 * A refusal of the guard as an exception of Nest's, which answers it by itself. By their brands, it and its parent count
 * as ours too, in each copy of the package: filters that catch an `OpenRouterInsufficientCreditsException` catch it.
 */
export class InsufficientCreditsHttpException extends OpenRouterHttpException {
  static {
    brandException(this, 'OpenRouterInsufficientCreditsException');
  }

  readonly code: string;
  readonly required: number;
  readonly spendable: number | null;
  /** What a GraphQL server passes on to the client. */
  declare readonly extensions?: Readonly<Record<string, unknown>>;

  /**
   * @param refusal - What there is to tell, to whoever may know it.
   * @param response - What anybody may know: the body of the answer.
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

  /** Nest would name it after the class, which nobody can look up; the brand has named it. */
  override initName(): void {
    return;
  }

  /** What anybody may know, as the body has it. */
  toJSON(): Record<string, unknown> {
    const { name, message, code, required } = this;
    return { name, message, code, required, status: this.getStatus() };
  }
}
