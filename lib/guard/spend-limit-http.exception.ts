import type { ExecutionContext } from '@nestjs/common';
import { brandException } from '../errors/exception-brand.js';
import { spendLimitSentence } from '../errors/spend-limit-sentence.js';
import type { OpenRouterSpendLimitException } from '../errors/spend.exceptions.js';
import { HttpRefusal, publicAnswer, type PublicAnswer } from './http-refusal.js';

const STATUS = 402;

/**
 * A reached spend limit as an `HttpException`. Its brands make it an `OpenRouterSpendLimitException` too, in every copy
 * of the package, so filters for that class catch it.
 */
class SpendLimitHttpException extends HttpRefusal {
  static {
    brandException(this, 'OpenRouterSpendLimitException');
  }

  declare readonly rule: OpenRouterSpendLimitException['rule'];
  declare readonly subject: OpenRouterSpendLimitException['subject'];
  declare readonly period: OpenRouterSpendLimitException['period'];
  declare readonly limitUsd: number;
  declare readonly spentUsd: number;
  declare readonly heldUsd: number;
  declare readonly requiredUsd: number;
  declare readonly resetsAt: Date | null;
  declare readonly retryAfterMs: number | undefined;

  constructor(refusal: OpenRouterSpendLimitException, answer: PublicAnswer) {
    super(refusal, STATUS, answer);
    const { rule, subject, period, limitUsd, spentUsd, heldUsd, requiredUsd, resetsAt, retryAfterMs } =
      refusal;
    Object.assign(this, {
      rule,
      subject,
      period,
      limitUsd,
      spentUsd,
      heldUsd,
      requiredUsd,
      resetsAt,
      retryAfterMs,
    });
  }

  /** The public part, as in the body. */
  toJSON(): Record<string, unknown> {
    const { name, message, code } = this;
    return { name, message, code, status: STATUS };
  }
}

/** The exception to throw for a reached limit: over HTTP and in GraphQL an `HttpException`, which needs no filter. */
export function limitRefusalFor(context: ExecutionContext, refusal: OpenRouterSpendLimitException): Error {
  const answer = publicAnswer(context, STATUS, {
    message: spendLimitSentence(refusal),
    code: refusal.code,
  });
  return answer === undefined ? refusal : new SpendLimitHttpException(refusal, answer);
}
