import { BadGatewayException, HttpException, HttpStatus } from '@nestjs/common';
import { classifyOpenRouterError } from 'nestjs-openrouter';
import type { Refusal } from '../../shared/dashboard.js';

/** What the caller of a completion is told when it has failed. */
export function failureOf(error: unknown): HttpException {
  const { kind, message, limitSource } = classifyOpenRouterError(error);
  if (kind === 'spend-limit') {
    return refusal(HttpStatus.PAYMENT_REQUIRED, 'SPEND_LIMIT', message);
  }
  if (limitSource === 'application_spend_store') {
    return refusal(HttpStatus.SERVICE_UNAVAILABLE, 'SPEND_STORE', message);
  }
  const status: unknown = error instanceof Error && 'status' in error ? error.status : undefined;
  const reason =
    typeof status === 'number' ? `OpenRouter answered ${status}` : 'OpenRouter cannot be reached';
  return new BadGatewayException(`The completion failed: ${reason}.`);
}

function refusal(statusCode: HttpStatus, code: string, message: string): HttpException {
  const body: Refusal = { statusCode, message, code };
  return new HttpException(body, statusCode);
}
