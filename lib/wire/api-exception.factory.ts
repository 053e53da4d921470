import {
  OpenRouterApiException,
  OpenRouterBadGatewayException,
  OpenRouterBadRequestException,
  OpenRouterConflictException,
  OpenRouterEdgeNetworkTimeoutException,
  OpenRouterForbiddenException,
  OpenRouterGatewayTimeoutException,
  OpenRouterGoneException,
  OpenRouterInternalServerException,
  OpenRouterNotFoundException,
  OpenRouterPayloadTooLargeException,
  OpenRouterPaymentRequiredException,
  OpenRouterProviderOverloadedException,
  OpenRouterRequestTimeoutException,
  OpenRouterServiceUnavailableException,
  OpenRouterTooManyRequestsException,
  OpenRouterUnauthorizedException,
  OpenRouterUnprocessableEntityException,
  type OpenRouterStatusExceptionInit,
} from '../errors/api.exceptions.js';
import { type KeyInUse, keyHint, withHint } from '../errors/key-hint.js';
import { metadataIn, readErrorAnswer } from '../errors/reading/error-answer.js';
import { excerpt } from '../errors/reading/error-message.js';
import type { HeaderReader } from '../errors/reading/header-reader.js';
import { tryParseJson } from '../errors/reading/json.js';
import type { Scrub } from '../secret/scrub.js';
import { isJsonObject } from './wire-record.js';

/** A call that OpenRouter has refused: the answer as it came, and what was asked for. */
export interface RefusedCall {
  readonly status: number;
  readonly header: HeaderReader;
  /** The body as text; `undefined` if it could not be read. */
  readonly body: string | undefined;
  readonly operation: string;
  readonly scrub: Scrub;
  /** The key that the call was made with, for the hint what to do about it. */
  readonly key?: KeyInUse | undefined;
  readonly gone?: GoneNotice | undefined;
}

/** What a 410 of an operation means to the caller. */
export interface GoneNotice {
  readonly notice: string;
  readonly purchaseUrl: string;
}

type StatusException = new (init: OpenRouterStatusExceptionInit) => OpenRouterApiException;

const EXCEPTION_OF_STATUS: Readonly<Record<number, StatusException>> = {
  400: OpenRouterBadRequestException,
  401: OpenRouterUnauthorizedException,
  402: OpenRouterPaymentRequiredException,
  403: OpenRouterForbiddenException,
  404: OpenRouterNotFoundException,
  408: OpenRouterRequestTimeoutException,
  409: OpenRouterConflictException,
  413: OpenRouterPayloadTooLargeException,
  422: OpenRouterUnprocessableEntityException,
  429: OpenRouterTooManyRequestsException,
  500: OpenRouterInternalServerException,
  502: OpenRouterBadGatewayException,
  503: OpenRouterServiceUnavailableException,
  504: OpenRouterGatewayTimeoutException,
  524: OpenRouterEdgeNetworkTimeoutException,
  529: OpenRouterProviderOverloadedException,
};

const DEEPEST_METADATA = 6;

/** Makes the exception of an error answer, whatever its content type and shape. */
export function createApiException(call: RefusedCall): OpenRouterApiException {
  const { status, header, body: text, operation, scrub } = call;
  const content = tryParseJson(text ?? '');
  const reading = readErrorAnswer({ status, header, text, content }, scrub);
  const init: OpenRouterStatusExceptionInit = {
    ...reading,
    message: withHint(reading.message, keyHint(status, reading.message, call.key)),
    operation,
    metadata: copyMetadata(metadataIn(content), scrub),
    requestId: readRequestId(call),
  };
  return status === 410 ? goneException(init, call.gone) : apiExceptionOf(status, init);
}

/** The exception of the class that a status has. */
export function apiExceptionOf(status: number, init: OpenRouterStatusExceptionInit): OpenRouterApiException {
  const Exception = status === 410 ? OpenRouterGoneException : EXCEPTION_OF_STATUS[status];
  return Exception === undefined ? new OpenRouterApiException({ ...init, status }) : new Exception(init);
}

function goneException(
  init: OpenRouterStatusExceptionInit,
  gone: GoneNotice | undefined,
): OpenRouterGoneException {
  return gone === undefined
    ? new OpenRouterGoneException(init)
    : new OpenRouterGoneException({
        ...init,
        message: `${gone.notice} OpenRouter's own words: ${init.message}`,
        purchaseUrl: gone.purchaseUrl,
      });
}

/** The id of a request that OpenRouter's support asks for. */
export function readRequestId({ header, scrub }: Pick<RefusedCall, 'header' | 'scrub'>): string | undefined {
  const id = header('request-id') ?? header('x-request-id') ?? header('cf-ray');
  return id === undefined ? undefined : excerpt(scrub(id));
}

/** `error.metadata` as an exception may keep it. */
export function copyMetadata(metadata: unknown, scrub: Scrub): Readonly<Record<string, unknown>> | undefined {
  return isJsonObject(metadata)
    ? (cleanCopy(metadata, scrub, 0) as Readonly<Record<string, unknown>>)
    : undefined;
}

/** A copy without secrets and account ids, of bounded depth: untrusted JSON may nest deeper than a stack. */
function cleanCopy(value: unknown, scrub: Scrub, depth: number): unknown {
  if (typeof value === 'string') {
    return scrub(value);
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  if (depth === DEEPEST_METADATA) {
    return '[nested too deep]';
  }
  if (Array.isArray(value)) {
    return value.map((item) => cleanCopy(item, scrub, depth + 1));
  }
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => name !== 'user_id' && name !== '__proto__')
      .map(([name, member]) => [scrub(name), cleanCopy(member, scrub, depth + 1)]),
  );
}
