import { type Attributes, type SpanStatus, SpanStatusCode } from '@opentelemetry/api';
import type { OpenRouterAttempt, OpenRouterAttemptFailure } from '../contracts/instrumentation.js';

/** What a span ends with. */
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
const ERROR_TYPE = 'error.type';
const OPERATION = 'openrouter.operation';
const ACCOUNT = 'openrouter.account';

/** `{method} {template}`, as the conventions name a client's span. */
export function spanName({ method, urlTemplate }: OpenRouterAttempt): string {
  return `${method} ${urlTemplate}`;
}

/** What is known of an attempt before it is made. There is no `url.full`: a real URL may hold the hash of a key. */
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

/** The end of an attempt that went well: its status stays unset, as the conventions want it. */
export function successEnd(status: number): SpanEnd {
  return { attributes: { [HTTP_STATUS]: status }, status: { code: SpanStatusCode.UNSET } };
}

/**
 * The end of an attempt that failed. An error status speaks for itself, anything else by the exception's `code`. The
 * message is left out where it is the server's own, which may name a hash.
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
