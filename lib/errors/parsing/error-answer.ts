import type { Scrub } from '../../secret/scrub.js';
import { isObject, peek, textOf, wireMember } from '../../untrusted/peek.js';
import { isDailyLimit, LIMIT_SOURCES, limitSourceOf } from '../limit-source.js';
import { type ErrorAnswer, messageOfAnswer } from './error-message.js';
import { weighStatus } from './error-status.js';
import { headerReader, type HeaderReader } from './header-reader.js';
import { withReason } from './relayed-error.js';
import { parseHttpDate, parseRetryAfter } from './retry-after.js';
import { errorInContent, errorStatusOf, quotedErrorIn, type WireError } from './wire-error.js';

/** What an error answer says, scrubbed. */
export interface ErrorReading {
  /** `error.metadata`, as it came. */
  readonly metadata: unknown;
  /** What happened, with a provider's own reason where there is one. */
  readonly message: string;
  /** What OpenRouter itself has said. */
  readonly said: string;
  /** The status that counts, which is more exact than that of HTTP where that is vague. */
  readonly status: number | undefined;
  readonly limitSource: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly resetsAt: Date | undefined;
  readonly affordableTokens: number | undefined;
  readonly errorType: string | undefined;
  readonly retryable: boolean | undefined;
  readonly isDailyLimit: boolean;
}

/** A number below is no point in time but a duration; from here to {@link FIRST_MILLISECONDS} it counts seconds. */
const FIRST_SECONDS = 1e9;
const FIRST_MILLISECONDS = 1e11;
const MAX_DATE_LENGTH = 64;

/** What says when a limit of requests resets comes with these alone. */
const STATUSES_OF_RATES: readonly (number | undefined)[] = [429, 503];

/** Reads an error answer of OpenRouter's, the one that this package has got or one that another client hands on. */
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
  // One that is malformed hides none of the others.
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
    // A day's limit is nothing to wait for.
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

/** The status of an error that came without one of its own, as inside a success. */
export function statusIn(content: unknown): number | undefined {
  return statusOf(errorInContent(content), undefined);
}

function statusOf(error: WireError | undefined, http: number | undefined): number | undefined {
  const words = [...wordsOf(error), ...namesOf(error)];
  return weighStatus({ http, codes: codesOf(error), words, isQuoted: error?.isQuoted ?? false });
}

/** The statuses that an error and those that quote it name, the innermost first. */
function codesOf(error: WireError | undefined): number[] {
  return (error?.errors ?? [])
    .flatMap((each) => [peek(each, 'code'), wireMember(each, 'http_status')])
    .map(errorStatusOf)
    .filter((status) => status !== undefined);
}

/** The `error_type` in each of the places where it may stand, the nearest first. */
function wordsOf(error: WireError | undefined): string[] {
  return placesOf(error)
    .map((place) => textOf(wireMember(place, 'error_type')))
    .filter((word) => word !== undefined);
}

/** Other words by which an error may be called. */
function namesOf(error: WireError | undefined): string[] {
  return (error?.errors ?? [])
    .flatMap((each) => [textOf(peek(each, 'code')), textOf(peek(each, 'type'))])
    .filter((word) => word !== undefined);
}

function availabilityOf(error: WireError | undefined): unknown {
  return placesOf(error)
    .map((place) => peek(place, 'availability'))
    .find(isObject);
}

/** Where facts of an error stand: in its metadata, in itself, beside it. */
function placesOf(error: WireError | undefined): unknown[] {
  const { errors = [], around = [] } = error ?? {};
  return [...errors.flatMap((each) => [peek(each, 'metadata'), each]), ...around];
}

function metadataOf(error: WireError | undefined): unknown {
  return (error?.errors ?? []).map((each) => peek(each, 'metadata')).find((metadata) => isObject(metadata));
}

/** How many tokens of output the credits left would pay, where a message tells it. */
export function affordableTokensIn(message: string): number | undefined {
  const [, minus, digits] =
    /\bcan only afford (-?)(\d{1,3}(?:[,._'’\u00a0\u202f ]\d{3})+(?!\d)|\d+)/i.exec(message) ?? [];
  const tokens = Number(digits?.replace(/\D/g, '') ?? NaN);
  // An overdrawn account affords none.
  return Number.isSafeInteger(tokens) ? (minus === '-' ? 0 : tokens) : undefined;
}

/** Measured from the answer's own clock, since the two may differ by minutes. */
function untilReset(resetAt: Date, header: HeaderReader): number {
  const now = Date.now();
  const answeredAt = parseHttpDate(header('date')?.trim() ?? '', now) ?? now;
  return Math.max(0, resetAt.getTime() - answeredAt);
}

/** A number of seconds in an error, as a header has it. */
function secondsOf(seconds: unknown): string | undefined {
  return typeof seconds === 'number' ? String(Math.ceil(seconds)) : undefined;
}

/** A wait as it is told without a header: a number of seconds, or what the header would be. */
function waitOf(wait: unknown): string | undefined {
  return secondsOf(wait) ?? textOf(wait);
}

/** A point in time as text, or in milliseconds or seconds since 1970, which headers write as text. */
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
