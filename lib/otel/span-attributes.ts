import { type Attributes, type SpanStatus, SpanStatusCode } from '@opentelemetry/api';
import type { OpenRouterAttempt, OpenRouterAttemptFailure } from '../contracts/instrumentation.js';

/** The attributes and the status with which a span ends. */
export interface SpanEnd {
  readonly attributes: Attributes;
  readonly status: SpanStatus;
}

const HTTP_METHOD = 'http.request.method';
const HTTP_STATUS = 'http.response.status_code';
const HTTP_RESENDS = 'http.request.resend_count';
const SERVER_ADDRESS = 'server.address';
const SERVER_PORT = 'server.port';
const URL_TEMPLATE = 'url.template';
export const ERROR_TYPE = 'error.type';
const OPERATION = 'openrouter.operation';
export const ACCOUNT = 'openrouter.account';

/** `{method} {template}`, the name that the conventions give to a client span. */
export function spanName({ method, urlTemplate }: OpenRouterAttempt): string {
  return `${method} ${urlTemplate}`;
}

/** The attributes known before an attempt. `url.full` is left out: a real URL may contain the hash of a key. */
export function startAttributes(attempt: OpenRouterAttempt): Attributes {
  const resends = attempt.attempt - 1;
  return {
    [HTTP_METHOD]: attempt.method,
    [URL_TEMPLATE]: attempt.urlTemplate,
    [SERVER_ADDRESS]: attempt.serverAddress,
    [SERVER_PORT]: attempt.serverPort,
    ...(resends > 0 && { [HTTP_RESENDS]: resends }),
    [OPERATION]: attempt.operation,
    [ACCOUNT]: attempt.account,
  };
}

/** The end of a successful attempt. Its status stays unset, as the conventions require. */
export function successEnd(status: number): SpanEnd {
  return { attributes: { [HTTP_STATUS]: status }, status: { code: SpanStatusCode.UNSET } };
}

/**
 * The end of a failed attempt. `error.type` is the error status, or the exception's `code` without one. A message of the
 * server is left out, since it may contain a hash.
 */
export function failureEnd({ error, status }: OpenRouterAttemptFailure): SpanEnd {
  const isErrorStatus = status !== undefined && status >= 400;
  return {
    attributes: {
      ...(status !== undefined && { [HTTP_STATUS]: status }),
      [ERROR_TYPE]: isErrorStatus ? String(status) : error.code,
    },
    status: { code: SpanStatusCode.ERROR, ...(status === undefined && { message: error.message }) },
  };
}
