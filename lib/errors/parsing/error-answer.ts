import type { Scrub } from '../../secret/scrub.js';
import { isObject, peek, nonBlankString, wireMember } from '../../untrusted/peek.js';
import { isDailyLimit, LIMIT_SOURCES, limitSourceOf } from '../limit-source.js';
import { type ErrorAnswer, messageOfAnswer } from './error-message.js';
import { weighStatus } from './error-status.js';
import { headerReader, type HeaderReader } from './header-reader.js';
import { withReason } from './relayed-error.js';
import { parseHttpDate, parseRetryAfter } from './retry-after.js';
import { errorInContent, errorStatusOf, quotedErrorIn, type WireError } from './wire-error.js';

/** The facts of an error answer, scrubbed. */
export interface ErrorReading {
  /** `error.metadata`, as it came. */
  readonly metadata: unknown;
  /** What happened, with the provider's reason if there is one. */
  readonly message: string;
  /** What OpenRouter itself has said. */
  readonly said: string;
  /** The deciding status: the HTTP status, or a more exact one. */
  readonly status: number | undefined;
  readonly limitSource: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly resetsAt: Date | undefined;
  readonly affordableTokens: number | undefined;
  readonly errorType: string | undefined;
  readonly retryable: boolean | undefined;
  readonly isDailyLimit: boolean;
}

/** Smaller numbers are durations; from here to {@link FIRST_MILLISECONDS} they count seconds since 1970. */
const FIRST_SECONDS = 1e9;
const FIRST_MILLISECONDS = 1e11;
const MAX_DATE_LENGTH = 64;

/** The statuses whose `X-RateLimit-Reset` says when the limit resets. */
const STATUSES_OF_RATES: readonly (number | undefined)[] = [429, 503];

/** Reads an error answer of OpenRouter, received by this package or by another client. */
export function readErrorAnswer(answer: ErrorAnswer, scrub: Scrub): ErrorReading {
  const { header, error = errorInContent(answer.content) ?? quotedErrorIn(answer.text ?? '') } = answer;
  const metadata = metadataOf(error);
  const copied = headerReader(peek(metadata, 'headers'));
  const said = messageOfAnswer({ ...answer, error }, scrub);
  const status = statusOf(error, answer.status);
  const availability = availabilityOf(error);
  const retryable = peek(availability, 'retryable');
  const waits = [
    waitOf(wireMember(availability, 'retry_after')),
    header('retry-after'),
    copied('retry-after'),
    secondsOf(peek(metadata, 'retry_after_seconds')),
  ];
  // A malformed value must not hide a good one.
  const retryAfterMs = waits
    .map((wait) => parseRetryAfter(wait, header('date'), Date.now()))
    .find((wait) => wait !== undefined);
  const reset = STATUSES_OF_RATES.includes(status)
    ? (header('x-ratelimit-reset') ?? copied('x-ratelimit-reset'))
    : undefined;
  const limitSource = limitSourceOf({
    statuses: [status, answer.status, ...codesOf(error)],
    message: said,
    metadata,
    retryAfterMs,
    retryable,
    isQuoted: error?.isQuoted,
    source: answer.source,
  });
  const type = wordsOf(error)[0];
  const isForTheDay = isDailyLimit(status, said);
  const resetAt = dateOf(reset);
  return {
    metadata,
    message: withReason(said, metadata, scrub),
    said,
    status,
    limitSource: limitSource === undefined ? undefined : scrub(limitSource),
    // Nobody waits for a day within a call.
    retryAfterMs:
      retryAfterMs ??
      (resetAt === undefined || isForTheDay || limitSource === LIMIT_SOURCES.freeTierDaily
        ? undefined
        : untilReset(resetAt, header)),
    resetsAt: dateOf(wireMember(metadata, 'resets_at')) ?? resetAt,
    affordableTokens: answer.source === 'elsewhere' ? undefined : affordableTokensIn(said),
    errorType: type === undefined ? undefined : scrub(type),
    retryable: typeof retryable === 'boolean' ? retryable : undefined,
    isDailyLimit: isForTheDay,
  };
}

/** The status of an error inside a success. */
export function statusIn(content: unknown): number | undefined {
  return statusOf(errorInContent(content), undefined);
}

function statusOf(error: WireError | undefined, http: number | undefined): number | undefined {
  const words = [...wordsOf(error), ...namesOf(error)];
  return weighStatus({ http, codes: codesOf(error), words, isQuoted: error?.isQuoted ?? false });
}

/** The statuses named by an error and by those that quote it, the innermost first. */
function codesOf(error: WireError | undefined): number[] {
  return (error?.errors ?? [])
    .flatMap((each) => [peek(each, 'code'), wireMember(each, 'http_status')])
    .map(errorStatusOf)
    .filter((status) => status !== undefined);
}

/** Every `error_type` of an error, the nearest first. */
function wordsOf(error: WireError | undefined): string[] {
  return placesOf(error)
    .map((place) => nonBlankString(wireMember(place, 'error_type')))
    .filter((word) => word !== undefined);
}

/** Other words that name the error. */
function namesOf(error: WireError | undefined): string[] {
  return (error?.errors ?? [])
    .flatMap((each) => [nonBlankString(peek(each, 'code')), nonBlankString(peek(each, 'type'))])
    .filter((word) => word !== undefined);
}

function availabilityOf(error: WireError | undefined): unknown {
  return placesOf(error)
    .map((place) => peek(place, 'availability'))
    .find(isObject);
}

/** Where the facts of an error are: in its metadata, in itself, beside it. */
function placesOf(error: WireError | undefined): unknown[] {
  const { errors = [], around = [] } = error ?? {};
  return [...errors.flatMap((each) => [peek(each, 'metadata'), each]), ...around];
}

function metadataOf(error: WireError | undefined): unknown {
  return (error?.errors ?? []).map((each) => peek(each, 'metadata')).find((metadata) => isObject(metadata));
}

/** How many tokens of output the remaining credits would pay for, if a message says so. */
export function affordableTokensIn(message: string): number | undefined {
  const [, minus, digits] =
    /\bcan only afford (-?)(\d{1,3}(?:[,._'’\u00a0\u202f ]\d{3})+(?!\d)|\d+)/i.exec(message) ?? [];
  const tokens = Number(digits?.replace(/\D/g, '') ?? NaN);
  // An overdrawn account affords none.
  return Number.isSafeInteger(tokens) ? (minus === '-' ? 0 : tokens) : undefined;
}

/** Measured from the answer's own clock: the clocks of server and client may differ by minutes. */
function untilReset(resetAt: Date, header: HeaderReader): number {
  const now = Date.now();
  const answeredAt = parseHttpDate(header('date')?.trim() ?? '', now) ?? now;
  return Math.max(0, resetAt.getTime() - answeredAt);
}

/** A number of seconds in the form of a header. */
function secondsOf(seconds: unknown): string | undefined {
  return typeof seconds === 'number' ? String(Math.ceil(seconds)) : undefined;
}

/** A wait in the body: a number of seconds, or a string in the form of the header. */
function waitOf(wait: unknown): string | undefined {
  return secondsOf(wait) ?? nonBlankString(wait);
}

/** A point in time: a date string, or milliseconds or seconds since 1970, as a number or a string. */
function dateOf(value: unknown): Date | undefined {
  const told = typeof value === 'string' ? value.slice(0, MAX_DATE_LENGTH).trim() : value;
  const isText = typeof told === 'string' && !/^\d+$/.test(told);
  const date = new Date(isText ? told : millisecondsOf(told));
  return Number.isNaN(date.getTime()) ? undefined : date;
}

function millisecondsOf(value: unknown): number {
  const count = typeof value === 'string' || typeof value === 'number' ? Number(value) : NaN;
  if (count < FIRST_SECONDS) {
    return NaN;
  }
  return count < FIRST_MILLISECONDS ? count * 1_000 : count;
}
