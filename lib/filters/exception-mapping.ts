import { OpenRouterApiException } from '../errors/api.exception.js';
import { BadScopeException } from '../errors/bad-scope.exception.js';
import { hasOwnClass } from '../errors/api-exception.factory.js';
import { OpenRouterGoneException } from '../errors/status.exceptions.js';
import {
  OpenRouterAbortException,
  OpenRouterConfigException,
  OpenRouterConnectionException,
  OpenRouterInsufficientCreditsException,
  OpenRouterResponseException,
  OpenRouterTimeoutException,
  OpenRouterValidationException,
} from '../errors/client.exceptions.js';
import { LIMIT_SOURCES } from '../errors/limit-source.js';
import type { OpenRouterException } from '../errors/openrouter.exception.js';
import { excerpt, showable } from '../errors/parsing/error-message.js';
import { OpenRouterSpendLimitException, OpenRouterSpendStoreException } from '../errors/spend.exceptions.js';
import { spendLimitSentence } from '../errors/spend-limit-sentence.js';
import { scrubShapes } from '../secret/scrub.js';
import { peek, nonBlankString } from '../untrusted/peek.js';
import type {
  OpenRouterExceptionMapper,
  OpenRouterExceptionMapping,
} from './openrouter-exception-filter.options.js';
import { isDuration, type OpenRouterHttpError, readHttpError } from './openrouter-http-error.js';

/** The status that proxies log for a caller that hung up. No client receives it. */
export const CLIENT_CLOSED_REQUEST = 499;

/** The two predefined answers to one exception. */
type HttpErrors = Parameters<OpenRouterExceptionMapper>[1];

interface Answer {
  readonly status: number;
  /** A fixed sentence that replaces the exception's own message. */
  readonly says?: string;
}

interface Row {
  readonly mirror: Answer;
  readonly gateway: Answer;
  /** Of a refusal that has a class of its own, the code of that class. */
  readonly code?: string;
}

type ExceptionClass = abstract new (...args: never[]) => OpenRouterException;

const REFUSED = 'An upstream service refused the request.';
const DENIED = 'An upstream service denied access.';
const FAILED = 'An upstream service failed.';
const UNAVAILABLE = 'An upstream service is unavailable at the moment.';
const BUSY = 'An upstream service is busy. Try again later.';
const SHORT = 'There are not enough credits left.';
const NOT_KNOWN_TO_BE_ENOUGH = 'It is not known whether there are enough credits.';
const NOT_KNOWN_TO_BE_ALLOWED = 'Spending cannot be checked at the moment.';
const TOO_SLOW = 'An upstream service took too long to answer.';
const UNREACHABLE = 'An upstream service could not be reached.';
const UNUSABLE = 'An upstream service gave an unusable answer.';
const REMOVED = 'An upstream service has removed this operation.';
const MISCONFIGURED = 'The server is not configured correctly.';
const MISTAKEN = 'The server failed to handle the request.';
const CANCELLED = 'The request was cancelled.';

/** Both mappings pass on the status and the exception's own message: the client can act on them. */
const verbatim = (status: number): Row => ({ mirror: { status }, gateway: { status } });

/** `mirror` passes on the exception's own message; `gateway` replaces it with a fixed sentence. */
const gatewaySentence = (mirror: number, gateway: number, says: string): Row => ({
  mirror: { status: mirror },
  gateway: { status: gateway, says },
});

/** Both mappings replace the exception's own message with a fixed sentence. */
const hidden = (status: number, says: string): Row => ({
  mirror: { status, says },
  gateway: { status, says },
});

/** Statuses that only networks and OpenRouter use, and the standard ones that mean the same. */
const STANDARD_STATUS: Readonly<Record<number, number>> = { 524: 504, 529: 503 };

/** What `gateway` answers to an API error. For other statuses, a 502 says whether the request was refused or failed. */
const GATEWAY_ANSWERS: Readonly<Record<number, readonly [status: number, says: string]>> = {
  401: [502, DENIED],
  402: [503, UNAVAILABLE],
  403: [502, DENIED],
  408: [504, TOO_SLOW],
  410: [410, REMOVED],
  429: [503, BUSY],
  503: [503, UNAVAILABLE],
  504: [504, TOO_SLOW],
  524: [504, TOO_SLOW],
  529: [503, UNAVAILABLE],
};

/** It is not known what a spend limit of the application's own leaves. */
const SPEND_STORE = gatewaySentence(503, 503, NOT_KNOWN_TO_BE_ALLOWED);

/** Of the limits that a 402 may name, those that are the application's own. */
const ROW_OF_LIMIT: ReadonlyMap<string | undefined, Row> = new Map([
  [LIMIT_SOURCES.spendStore, { ...SPEND_STORE, code: 'OPENROUTER_SPEND_STORE' }],
  // The application sets scopes; its client could not mend one.
  [LIMIT_SOURCES.unattributed, { ...hidden(500, MISTAKEN), code: 'OPENROUTER_UNATTRIBUTED' }],
]);

/** The exceptions that are not API errors. The first match counts, so a subclass belongs before its parent. */
const CLIENT_ROWS: readonly (readonly [ExceptionClass, Row])[] = [
  // The application sets scopes; its client could not mend one.
  [BadScopeException, hidden(500, MISTAKEN)],
  [OpenRouterValidationException, verbatim(400)],
  [OpenRouterTimeoutException, gatewaySentence(504, 504, TOO_SLOW)],
  [OpenRouterConnectionException, gatewaySentence(502, 502, UNREACHABLE)],
  [OpenRouterResponseException, gatewaySentence(502, 502, UNUSABLE)],
  [OpenRouterAbortException, gatewaySentence(CLIENT_CLOSED_REQUEST, CLIENT_CLOSED_REQUEST, CANCELLED)],
  [OpenRouterSpendStoreException, SPEND_STORE],
  [OpenRouterConfigException, hidden(500, MISCONFIGURED)],
];

/** Any other exception, for example a user's own subclass of the base class. */
const OTHER = gatewaySentence(502, 502, FAILED);

/** The statuses that may carry `Retry-After`. */
const STATUSES_TO_RETRY: readonly number[] = [402, 429, 503];

function rowOf(exception: OpenRouterException): Row {
  if (isOfOwnLimit(exception)) {
    return { ...gatewaySentence(402, 402, spendLimitSentence(exception)), code: 'OPENROUTER_SPEND_LIMIT' };
  }
  if (exception instanceof OpenRouterApiException) {
    return ROW_OF_LIMIT.get(exception.limitSource) ?? rowOfStatus(exception.status);
  }
  if (exception instanceof OpenRouterInsufficientCreditsException) {
    const { status, spendable } = exception;
    return gatewaySentence(status, status, spendable === null ? NOT_KNOWN_TO_BE_ENOUGH : SHORT);
  }
  return CLIENT_ROWS.find(([kind]) => exception instanceof kind)?.[1] ?? OTHER;
}

function rowOfStatus(status: number): Row {
  const isRefusal = Number.isInteger(status) && status >= 400 && status <= 499;
  const mirrored = isRefusal || hasOwnClass(status) ? (STANDARD_STATUS[status] ?? status) : 502;
  const [gateway, says] = GATEWAY_ANSWERS[status] ?? [502, isRefusal ? REFUSED : FAILED];
  return gatewaySentence(mirrored, gateway, says);
}

/** The answers of both predefined mappings to an exception. */
export function mapException(exception: OpenRouterException): HttpErrors {
  const { mirror, gateway, code = exception.code } = rowOf(exception);
  return { mirror: httpErrorOf(exception, mirror, code), gateway: httpErrorOf(exception, gateway, code) };
}

function httpErrorOf(
  exception: OpenRouterException,
  { status, says }: Answer,
  code: string,
): OpenRouterHttpError {
  const error: OpenRouterHttpError = { status, message: says ?? exception.message, code };
  if (exception instanceof OpenRouterApiException && exception.requestId !== undefined) {
    error.requestId = exception.requestId;
  }
  const retryAfterMs = retryAfterOf(exception);
  if (isDuration(retryAfterMs) && STATUSES_TO_RETRY.includes(status)) {
    error.retryAfterMs = retryAfterMs;
  }
  // A fixed sentence hides OpenRouter, so its address must not come with it.
  if (
    says === undefined &&
    exception instanceof OpenRouterGoneException &&
    exception.purchaseUrl !== undefined
  ) {
    error.purchaseUrl = exception.purchaseUrl;
  }
  if (says === undefined && exception instanceof OpenRouterValidationException) {
    error.errors = exception.errors.map(({ property, constraints }) => ({
      property,
      reasons: Object.values(constraints),
    }));
  }
  return error;
}

type OwnLimitException = OpenRouterSpendLimitException | OpenRouterApiException;

/** Whether a limit of the application's own was reached, as an exception or as an answer of the meter. */
function isOfOwnLimit(exception: OpenRouterException): exception is OwnLimitException {
  return exception instanceof OpenRouterApiException
    ? exception.limitSource === LIMIT_SOURCES.spendLimit
    : exception instanceof OpenRouterSpendLimitException;
}

/** How long the caller has to wait: as OpenRouter says, or until a limit of the application's own leaves more. */
function retryAfterOf(exception: OpenRouterException): number | undefined {
  if (isOfOwnLimit(exception)) {
    return exception.retryAfterMs ?? timeTo(exception.resetsAt);
  }
  return exception instanceof OpenRouterApiException ? exception.retryAfterMs : undefined;
}

function timeTo(at: Date | null | undefined): number | undefined {
  return at === null || at === undefined ? undefined : Math.max(0, at.getTime() - Date.now());
}

/** The answer to an exception, and the fault of a user's mapping function, if it had one. */
export function decide(
  exception: OpenRouterException,
  mapping: OpenRouterExceptionMapping,
): { error: OpenRouterHttpError; fault?: string } {
  const defaults = mapException(exception);
  return typeof mapping === 'function'
    ? decideBy(mapping, exception, defaults)
    : { error: defaults[mapping] };
}

function decideBy(
  mapper: OpenRouterExceptionMapper,
  exception: OpenRouterException,
  defaults: HttpErrors,
): { error: OpenRouterHttpError; fault?: string } {
  // The function may change the objects that it gets, so the fallback is a copy.
  const fallback = { ...defaults.gateway };
  try {
    const error = readHttpError(mapper(exception, defaults));
    return error === undefined ? { error: fallback, fault: 'returned no valid error' } : { error };
  } catch (thrown) {
    return { error: fallback, fault: `threw ${describeThrown(thrown)}` };
  }
}

/** Describes a thrown value for the log, for the author of the mapping function. */
function describeThrown(thrown: unknown): string {
  const name = nonBlankString(peek(thrown, 'name')) ?? typeof thrown;
  const message = nonBlankString(typeof thrown === 'string' ? thrown : peek(thrown, 'message'));
  return message === undefined ? name : `${name} (${excerpt(showable(message, scrubShapes))})`;
}

/** Describes for the log an exception whose message the client may not see. */
export function describeForLog(exception: OpenRouterException): string {
  const { name, message } = exception;
  // As the client has it, so that it is found.
  const { code = exception.code } = rowOf(exception);
  if (!(exception instanceof OpenRouterApiException)) {
    const { delivery, phase } = exception as { delivery?: string; phase?: string };
    const known = [delivery && `delivery ${delivery}`, phase && `phase ${phase}`].filter(Boolean).join(', ');
    return `${name} ${code}${known === '' ? '' : ` (${known})`}: ${message}`;
  }
  const request = exception.requestId === undefined ? '' : ` (request ${exception.requestId})`;
  return `${name} ${code} in ${exception.operation}${request}: ${message}`;
}
