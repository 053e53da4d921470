import { STATUS_CODES } from 'node:http';
import type { OpenRouterException } from '../errors/openrouter.exception.js';
import { withoutUndefined } from '../wire/wire-record.js';
import type { OpenRouterHttpError } from './openrouter-http-error.js';

type Body = Record<string, unknown>;

/** The value of `Retry-After`: whole seconds, rounded up, at least 1. */
export function retryAfterSeconds({ retryAfterMs }: OpenRouterHttpError): number | undefined {
  return retryAfterMs === undefined ? undefined : Math.max(1, Math.ceil(retryAfterMs / 1000));
}

/** The body of Nest's own exceptions, with further details. */
export function nestBody(error: OpenRouterHttpError): Body {
  const reasons = error.errors?.flatMap((refused) => refused.reasons) ?? [];
  return {
    statusCode: error.status,
    message: reasons.length > 0 ? reasons : error.message,
    error: reasonPhrase(error.status),
    code: error.code,
    ...details(error),
  };
}

/** A problem of RFC 9457. */
export function problemBody(error: OpenRouterHttpError, instance: string): Body {
  return {
    type: 'about:blank',
    title: reasonPhrase(error.status),
    status: error.status,
    detail: error.message,
    instance,
    code: error.code,
    ...details(error),
  };
}

/** The payload for RPC and WebSocket clients, in the form of Nest's own filters for them. */
export function messagePayload(error: OpenRouterHttpError): Body {
  return {
    status: 'error',
    message: error.message,
    code: error.code,
    statusCode: error.status,
    ...details(error),
  };
}

/** An error whose `extensions` every GraphQL server sends to the client. */
export function graphqlError(error: OpenRouterHttpError, cause: OpenRouterException): Error {
  const { message, ...rest } = error;
  return Object.assign(new Error(message, { cause }), { extensions: withoutUndefined(rest) });
}

function details(error: OpenRouterHttpError): Body {
  return withoutUndefined({
    requestId: error.requestId,
    retryAfter: retryAfterSeconds(error),
    purchaseUrl: error.purchaseUrl,
    errors: error.errors,
  });
}

function reasonPhrase(status: number): string {
  return STATUS_CODES[status] ?? 'Error';
}
