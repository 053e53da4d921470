import type { OpenRouterInsufficientCreditsException } from '../errors/client.exceptions.js';
import { brandException } from '../errors/exception-brand.js';
import { HttpRefusal, type PublicAnswer } from './http-refusal.js';

/**
 * A refusal of the guard as an `HttpException`. Its brands make it an `OpenRouterInsufficientCreditsException` too, in
 * every copy of the package, so filters for that class catch it.
 */
export class InsufficientCreditsHttpException extends HttpRefusal {
  static {
    brandException(this, 'OpenRouterInsufficientCreditsException');
  }

  readonly required: number;
  readonly spendable: number | null;

  /** @param refusal - The refusal with the figures of the account, for the log. */
  constructor(refusal: OpenRouterInsufficientCreditsException, answer: PublicAnswer) {
    super(refusal, refusal.status, answer);
    this.required = refusal.required;
    this.spendable = refusal.spendable;
  }

  /** The public part, as in the body. */
  toJSON(): Record<string, unknown> {
    const { name, message, code, required } = this;
    return { name, message, code, required, status: this.getStatus() };
  }
}
