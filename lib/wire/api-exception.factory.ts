import type { OpenRouterDelivery } from '../contracts/delivery.js';
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
import { tryParseJson } from '../errors/reading/json.js';
import type { Scrub } from '../secret/scrub.js';
import { isJsonObject } from './wire-record.js';

/** An error answer as it came. */
export interface ErrorAnswer {
  readonly status: number;
  /** A header of the answer by its lower-case name. */
  readonly header: (name: string) => string | undefined;
  /** The body as text; `undefined` if it could not be read. */
  readonly body: string | undefined;
  readonly operation: string;
  readonly scrub: Scrub;
  /** What is known of the request's effect, where the status alone does not say it. */
  readonly delivery?: OpenRouterDelivery | undefined;
  /** The key that the call was made with, for the hint what to do about it. */
  readonly key?: KeyInUse | undefined;
  /** What a 410 of this operation means to the caller. */
  readonly gone?: { readonly notice: string; readonly purchaseUrl: string } | undefined;
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
export function createApiException(answer: ErrorAnswer): OpenRouterApiException {
  const { status, header, body: text, operation, delivery, scrub } = answer;
  const content = tryParseJson(text ?? '');
  const reading = readErrorAnswer({ status, header, text, content }, scrub);
  const init: OpenRouterStatusExceptionInit = {
    ...reading,
    message: withHint(reading.message, keyHint(status, reading.message, answer.key)),
    delivery,
    operation,
    metadata: copyMetadata(metadataIn(content), scrub),
    requestId: readRequestId(answer),
  };
  if (status === 410) {
    return goneException(init, answer.gone);
  }
  const Exception = EXCEPTION_OF_STATUS[status];
  return Exception === undefined ? new OpenRouterApiException({ ...init, status }) : new Exception(init);
}

function goneException(
  init: OpenRouterStatusExceptionInit,
  gone: ErrorAnswer['gone'],
): OpenRouterGoneException {
  return gone === undefined
    ? new OpenRouterGoneException(init)
    : new OpenRouterGoneException({
        ...init,
        message: `${gone.notice} OpenRouter's own words: ${init.message}`,
        purchaseUrl: gone.purchaseUrl,
      });
}

function readRequestId({ header, scrub }: ErrorAnswer): string | undefined {
  const id = header('request-id') ?? header('x-request-id') ?? header('cf-ray');
  return id === undefined ? undefined : excerpt(scrub(id));
}

function copyMetadata(metadata: unknown, scrub: Scrub): Readonly<Record<string, unknown>> | undefined {
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
