import { type ContextType, type ExecutionContext, HttpException } from '@nestjs/common';
import { brandException } from '../errors/exception-brand.js';
import type { OpenRouterSpendLimitException } from '../errors/spend.exceptions.js';

const STATUS = 402;

const SPENT = 'The spend limit is reached.';

class OpenRouterHttpException extends HttpException {
  static {
    brandException(this, 'OpenRouterException');
  }
}

/**
 * A reached spend limit as an `HttpException`, which Nest answers without a filter. Its brands make it an
 * `OpenRouterSpendLimitException` too, in every copy of the package, so filters for that class catch it.
 */
class SpendLimitHttpException extends OpenRouterHttpException {
  static {
    brandException(this, 'OpenRouterSpendLimitException');
  }

  readonly code: string;
  declare readonly rule: OpenRouterSpendLimitException['rule'];
  declare readonly subject: OpenRouterSpendLimitException['subject'];
  declare readonly period: OpenRouterSpendLimitException['period'];
  declare readonly limitUsd: number;
  declare readonly spentUsd: number;
  declare readonly heldUsd: number;
  declare readonly requiredUsd: number;
  declare readonly resetsAt: Date | null;
  /** The part that a GraphQL server sends to the client. */
  declare readonly extensions?: Readonly<Record<string, unknown>>;

  constructor(
    refusal: OpenRouterSpendLimitException,
    response: Readonly<Record<string, unknown>>,
    extensions?: Readonly<Record<string, unknown>>,
  ) {
    super(response, STATUS, { cause: refusal });
    this.code = refusal.code;
    const { rule, subject, period, limitUsd, spentUsd, heldUsd, requiredUsd, resetsAt } = refusal;
    Object.assign(this, { rule, subject, period, limitUsd, spentUsd, heldUsd, requiredUsd, resetsAt });
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
    const { name, message, code } = this;
    return { name, message, code, status: STATUS };
  }
}

/**
 * The exception to throw for a reached limit. Over HTTP and in GraphQL it is one of Nest's, so that it is answered even
 * without a filter; anybody may read that answer, so it contains no figures. Its cause has them.
 */
export function limitRefusalFor(context: ExecutionContext, refusal: OpenRouterSpendLimitException): Error {
  const body = { message: SPENT, error: 'Payment Required', code: refusal.code };
  switch (context.getType<ContextType | 'graphql'>()) {
    case 'http':
      return new SpendLimitHttpException(refusal, { statusCode: STATUS, ...body });
    case 'graphql': {
      // With a `statusCode` in the body, Nest's Apollo driver would replace `code` by its own.
      const originalError = { statusCode: STATUS, ...body };
      return new SpendLimitHttpException(refusal, body, {
        code: refusal.code,
        status: STATUS,
        originalError,
      });
    }
    default:
      return refusal;
  }
}
