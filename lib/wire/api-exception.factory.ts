import { STATUS_CODES } from 'node:http';
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
import type { Scrub } from '../secret/scrub.js';
import { tryParseJson } from './json.js';
import { parseRetryAfter } from './retry-after.js';
import { isJsonObject, ownMember } from './wire-record.js';

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

const REASONS: Readonly<Record<number, string>> = { 524: 'A Timeout Occurred', 529: 'Provider Overloaded' };

const LONGEST_MESSAGE = 1_000;
const LONGEST_READ = 10_000;
const LONGEST_EXCERPT = 200;
const DEEPEST_METADATA = 6;

/** Makes the exception of an error answer, whatever its content type and shape. */
export function createApiException(answer: ErrorAnswer): OpenRouterApiException {
  const { status, header, operation, delivery } = answer;
  const body = tryParseJson(answer.body ?? '');
  const metadata = readMetadata(body, answer.scrub);
  const init: OpenRouterStatusExceptionInit = {
    message: printable(answer.scrub(readMessage(answer, body))).slice(0, LONGEST_MESSAGE),
    delivery,
    operation,
    metadata,
    limitSource: textOf(metadata?.['limit_source']),
    resetsAt: dateOf(metadata?.['resets_at']),
    retryAfterMs: parseRetryAfter(
      header('retry-after') ?? retryAfterOfMetadata(metadata),
      header('date'),
      Date.now(),
    ),
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

/** The server's own message from the shapes that OpenRouter and the proxies in front of it are known to send. */
function readMessage({ status, header, body: whole, scrub }: ErrorAnswer, body: unknown): string {
  if (isJsonObject(body)) {
    const error = ownMember(body, 'error');
    const message = [
      messageOf(error),
      textOf(error),
      messageOf(body),
      textOf(ownMember(body, 'detail')),
      textOf(ownMember(body, 'title')),
    ].find((candidate) => candidate !== undefined);
    if (message !== undefined) {
      return message;
    }
  }
  const answered = `OpenRouter answered ${describeStatus(status)}`;
  if (status >= 300 && status < 400) {
    return `${answered}; redirects are not followed, since they could carry the key elsewhere. Check \`baseUrl\`.`;
  }
  if (whole === undefined) {
    return `${answered}, and its body could not be read.`;
  }
  if (whole.trim() === '') {
    return `${answered} with an empty body.`;
  }
  if (body !== undefined) {
    return `${answered} without a message.`;
  }
  if (/^\s*[[{]/.test(whole)) {
    return messageOfBrokenJson(whole) ?? `${answered} with JSON that is cut short.`;
  }
  // Scrubbed before it is cut to an excerpt: half a key is a leak that no pattern finds any more.
  const text = scrub(whole).slice(0, LONGEST_READ);
  if (/^\s*</.test(text) || header('content-type')?.includes('html') === true) {
    const title = /<title[^>]*>([^<]*)/i.exec(text)?.[1];
    return `${answered} with a page instead of JSON${title === undefined ? '.' : `: ${excerpt(title)}`}`;
  }
  return `${answered}: ${excerpt(text)}`;
}

/** The first message in JSON that is cut short; nothing else of it is shown, since it may hold the account's id. */
function messageOfBrokenJson(text: string): string | undefined {
  const literal = /"message"\s*:\s*("(?:[^"\\]|\\.)*")/.exec(text)?.[1];
  return literal === undefined ? undefined : textOf(tryParseJson(literal));
}

function messageOf(value: unknown): string | undefined {
  if (!isJsonObject(value)) {
    return undefined;
  }
  const message = textOf(ownMember(value, 'message'));
  return message === undefined ? undefined : (summaryOfIssues(message) ?? message);
}

/** Some routes send Zod's list of issues as JSON inside the message. */
function summaryOfIssues(message: string): string | undefined {
  const issues = message.startsWith('[') ? tryParseJson(message) : undefined;
  if (!Array.isArray(issues)) {
    return undefined;
  }
  const summary = issues.filter(isJsonObject).flatMap((issue) => {
    const text = textOf(ownMember(issue, 'message'));
    const path = ownMember(issue, 'path');
    const where = Array.isArray(path) ? path.filter((step) => typeof step !== 'object').join('.') : '';
    return text === undefined ? [] : [where === '' ? text : `${where}: ${text}`];
  });
  return summary.length === 0 ? undefined : summary.join('; ');
}

function readMetadata(body: unknown, scrub: Scrub): Readonly<Record<string, unknown>> | undefined {
  const error = isJsonObject(body) ? ownMember(body, 'error') : undefined;
  const metadata = isJsonObject(error) ? ownMember(error, 'metadata') : undefined;
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

/** Where a proxy has dropped the header, its copy in the metadata is left. */
function retryAfterOfMetadata(metadata: Readonly<Record<string, unknown>> | undefined): string | undefined {
  const headers = metadata?.['headers'];
  const seconds = metadata?.['retry_after_seconds'];
  return (
    (isJsonObject(headers) ? textOf(headers['Retry-After']) : undefined) ??
    (typeof seconds === 'number' ? String(Math.ceil(seconds)) : undefined)
  );
}

function describeStatus(status: number): string {
  const reason = STATUS_CODES[status] ?? REASONS[status];
  return reason === undefined ? String(status) : `${status} (${reason})`;
}

/** A text that says something. */
function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}

function dateOf(value: unknown): Date | undefined {
  const date = new Date(typeof value === 'string' || typeof value === 'number' ? value : NaN);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** Without the control characters by which a message could rewrite a log or a terminal. */
function printable(text: string): string {
  return text.replace(/[^\P{Cc}\n\t]/gu, ' ');
}

function excerpt(text: string): string {
  const line = text.trim().replace(/\s+/g, ' ');
  return line.length > LONGEST_EXCERPT ? `${line.slice(0, LONGEST_EXCERPT)}…` : line;
}
