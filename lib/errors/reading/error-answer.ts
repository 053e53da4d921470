import type { Scrub } from '../../secret/scrub.js';
import { limitSourceOf } from '../limit-source.js';
import { type ErrorAnswer, messageOfAnswer } from './error-message.js';
import { headerReader } from './header-reader.js';
import { peek } from './peek.js';
import { parseRetryAfter } from './retry-after.js';

/** What an error answer says, scrubbed. */
export interface ErrorReading {
  readonly message: string;
  readonly limitSource: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly resetsAt: Date | undefined;
  readonly affordableTokens: number | undefined;
}

/** A number below is no point in time but a duration; from here to {@link FIRST_MILLISECONDS} it counts seconds. */
const FIRST_SECONDS = 1e9;
const FIRST_MILLISECONDS = 1e11;

/** Reads an error answer of OpenRouter's, the one that this package has got or one that another client hands on. */
export function readErrorAnswer(answer: ErrorAnswer, scrub: Scrub): ErrorReading {
  const { status, header } = answer;
  const metadata = metadataIn(answer.content);
  const copied = headerReader(peek(metadata, 'headers'));
  const message = messageOfAnswer(answer, scrub);
  const retryAfterMs = parseRetryAfter(
    header('retry-after') ?? copied('retry-after') ?? secondsIn(metadata),
    header('date'),
    Date.now(),
  );
  const limitSource = limitSourceOf({ status, message, metadata, retryAfterMs });
  return {
    message,
    limitSource: limitSource === undefined ? undefined : scrub(limitSource),
    retryAfterMs,
    resetsAt:
      dateOf(peek(metadata, 'resets_at')) ??
      (status === 429 ? dateOf(header('x-ratelimit-reset') ?? copied('x-ratelimit-reset')) : undefined),
    affordableTokens: affordableTokensIn(message),
  };
}

/** `error.metadata` of content, as it came. */
export function metadataIn(content: unknown): unknown {
  return peek(peek(content, 'error'), 'metadata');
}

/** The status of an error that came without one of its own, as inside a success: its `code`. */
export function statusIn(content: unknown): number | undefined {
  const error = peek(content, 'error');
  return [peek(error, 'code'), peek(error, 'http_status')].map(errorStatusOf).find((status) => status);
}

/** A status of 400 to 599; gateways in front of OpenRouter make a text of it. */
export function errorStatusOf(value: unknown): number | undefined {
  const status = typeof value === 'string' && /^\d{3}$/.test(value) ? Number(value) : value;
  return typeof status === 'number' && Number.isInteger(status) && status >= 400 && status <= 599
    ? status
    : undefined;
}

/** How many tokens of output the credits left would pay, where a message tells it. */
export function affordableTokensIn(message: string): number | undefined {
  const [, minus, digits] =
    /\bcan only afford (-?)(\d{1,3}(?:[,._'’\u00a0\u202f ]\d{3})+(?!\d)|\d+)/i.exec(message) ?? [];
  const tokens = Number(digits?.replace(/\D/g, '') ?? NaN);
  // An overdrawn account affords none.
  return Number.isSafeInteger(tokens) ? (minus === '-' ? 0 : tokens) : undefined;
}

/** Where a proxy has dropped the header, its copies in the metadata are left. */
function secondsIn(metadata: unknown): string | undefined {
  const seconds = peek(metadata, 'retry_after_seconds');
  return typeof seconds === 'number' ? String(Math.ceil(seconds)) : undefined;
}

/** A point in time as text, or in milliseconds or seconds since 1970, which headers write as text. */
function dateOf(value: unknown): Date | undefined {
  const isText = typeof value === 'string' && !/^\d+$/.test(value.trim());
  const date = new Date(isText ? value : millisecondsOf(value));
  return Number.isNaN(date.getTime()) ? undefined : date;
}

function millisecondsOf(value: unknown): number {
  const count = typeof value === 'string' || typeof value === 'number' ? Number(value) : NaN;
  if (count < FIRST_SECONDS) {
    return NaN;
  }
  return count < FIRST_MILLISECONDS ? count * 1_000 : count;
}
