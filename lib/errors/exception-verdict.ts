import { scrubShapes } from '../secret/scrub.js';
import { peek, nonBlankString, wireMember } from '../untrusted/peek.js';
import { isOfOpenRouter } from './answer-origin.js';
import { type OpenRouterErrorVerdict, verdictOfAnswer } from './answer-verdict.js';
import { OpenRouterApiException } from './api.exception.js';
import {
  OpenRouterAbortException,
  OpenRouterConfigException,
  OpenRouterConnectionException,
  OpenRouterInsufficientCreditsException,
  OpenRouterResponseException,
  OpenRouterTimeoutException,
  OpenRouterValidationException,
} from './client.exceptions.js';
import type { OpenRouterErrorKind } from './error-kind.js';
import { isDailyLimit, LIMIT_SOURCES, limitSourceOf } from './limit-source.js';
import type { OpenRouterException } from './openrouter.exception.js';
import { OpenRouterSpendLimitException, OpenRouterSpendStoreException } from './spend.exceptions.js';
import { affordableTokensIn } from './parsing/error-answer.js';
import { showable } from './parsing/error-message.js';
import { weighStatus } from './parsing/error-status.js';
import { isGeneric } from './parsing/relayed-error.js';
import { isTransientLoss, transportVerdictOf } from './transport-verdict.js';

/** The verdict on an exception of this package; `undefined` for a kind that only the application knows. */
export function verdictOfException(exception: OpenRouterException): OpenRouterErrorVerdict | undefined {
  const message = showable(exception.message, scrubShapes);
  const told = (kind: OpenRouterErrorKind, transient = false): OpenRouterErrorVerdict =>
    Object.freeze({ kind, message, isTransient: transient });
  if (exception instanceof OpenRouterApiException) return verdictOfApiException(exception, message);
  const { cause } = exception;
  if (exception instanceof OpenRouterConnectionException) {
    return told('connection', isTransientLoss(exception.phase, peek(cause, 'code')));
  }
  if (exception instanceof OpenRouterResponseException) {
    return told('bad-response', transportVerdictOf(cause)?.isTransient ?? false);
  }
  if (exception instanceof OpenRouterTimeoutException) return told('timeout', true);
  if (exception instanceof OpenRouterAbortException) return told('aborted');
  if (exception instanceof OpenRouterValidationException) return told('bad-request');
  if (exception instanceof OpenRouterSpendLimitException) {
    const { resetsAt, retryAfterMs } = exception;
    return Object.freeze({
      ...told('spend-limit', retryAfterMs !== undefined),
      limitSource: LIMIT_SOURCES.spendLimit,
      ...(retryAfterMs !== undefined && { retryAfterMs }),
      ...(resetsAt !== null && { resetsAt }),
    });
  }
  if (exception instanceof OpenRouterSpendStoreException) {
    return Object.freeze({ ...told('spend-store', true), limitSource: LIMIT_SOURCES.spendStore });
  }
  // The guard refused, not OpenRouter; the status is that of the answer to the application's own client.
  if (exception instanceof OpenRouterInsufficientCreditsException) return told('unknown');
  return exception instanceof OpenRouterConfigException ? told('config') : undefined;
}

/** An exception that an application has made by hand may lack all fields: its message is read instead. */
function verdictOfApiException(exception: OpenRouterApiException, message: string): OpenRouterErrorVerdict {
  const { metadata, retryAfterMs, resetsAt, retryable, errorType } = exception;
  const words = [errorType ?? nonBlankString(wireMember(metadata, 'error_type'))].filter(
    (word) => word !== undefined,
  );
  const status =
    exception.errorStatus ?? weighStatus({ http: exception.status, codes: [], words, isQuoted: false });
  // Such a message is followed by a provider's own words.
  const said = isGeneric(message) ? '' : message;
  const {
    limitSource = limitSourceOf({
      statuses: [status, exception.status],
      message,
      metadata,
      retryAfterMs,
      retryable,
      source: isOfOpenRouter(exception) ? 'openrouter' : 'unknown',
    }),
    affordableTokens = affordableTokensIn(said),
  } = exception;
  return verdictOfAnswer({
    status,
    message,
    limitSource,
    retryAfterMs,
    resetsAt,
    affordableTokens,
    retryable,
    isDailyLimit: isDailyLimit(status, said),
  });
}
