import { scrubShapes } from '../secret/scrub.js';
import { peek, textOf, wireMember } from '../untrusted/peek.js';
import { isOfOpenRouter } from './answer-origin.js';
import { OpenRouterApiException } from './api.exception.js';
import {
  OpenRouterAbortException,
  OpenRouterConfigException,
  OpenRouterConnectionException,
  OpenRouterInsufficientCreditsException,
  OpenRouterResponseException,
  OpenRouterTimeoutException,
  OpenRouterValidationException,
} from './client.exceptions.js';
import { kindOfStatus, type OpenRouterErrorKind } from './error-kind.js';
import { keyHint, withHint } from './key-hint.js';
import { isDailyLimit, isPassingRefusal, LIMIT_SOURCES, limitSourceOf } from './limit-source.js';
import { isOpenRouterException, type OpenRouterException } from './openrouter.exception.js';
import { affordableTokensIn, type ErrorReading, readErrorAnswer } from './parsing/error-answer.js';
import { excerpt, showable } from './parsing/error-message.js';
import { weighStatus } from './parsing/error-status.js';
import { type ForeignError, readForeignError, unwrapError } from './parsing/foreign-error.js';
import { isGeneric, isRelayed } from './parsing/relayed-error.js';
import { isTransientLoss, transportVerdictOf } from './transport-verdict.js';

/** What `classifyOpenRouterError` says of an error; a frozen plain object. */
export interface OpenRouterErrorVerdict {
  /** What kind of failure it is. */
  readonly kind: OpenRouterErrorKind;
  /**
   * OpenRouter's own message, or else the error's; of bearable length, and nothing shaped like a key in it. Where
   * OpenRouter only says that a provider has failed, with the provider's name and reason.
   */
  readonly message: string;
  /**
   * Whether the same request may well succeed if it is sent again in a moment, without anyone doing anything. Whether
   * sending it again does something twice is another question. `error.availability.retryable` decides where it is there.
   */
  readonly isTransient: boolean;
  /** HTTP status, or that of an error inside a success or a stream; what the error itself means where that is vague. */
  readonly status?: number;
  /** Which limit was hit, as `OpenRouterApiException.limitSource` has it. */
  readonly limitSource?: string;
  /**
   * How long OpenRouter asks to wait, in milliseconds: `error.availability.retry_after`, or `Retry-After`, or until
   * `X-RateLimit-Reset`.
   */
  readonly retryAfterMs?: number;
  /** When the limit resets. */
  readonly resetsAt?: Date;
  /** How many tokens of output the credits left would pay. */
  readonly affordableTokens?: number;
}

const UNKNOWN: OpenRouterErrorVerdict = Object.freeze({
  kind: 'unknown',
  message: 'An error that cannot be read.',
  isTransient: false,
});

const KIND_OF_LIMIT: ReadonlyMap<string | undefined, OpenRouterErrorKind> = new Map([
  [LIMIT_SOURCES.credits, 'out-of-credits'],
  [LIMIT_SOURCES.keyLimit, 'key-limit'],
  [LIMIT_SOURCES.inFlightBudget, 'in-flight-budget'],
  [LIMIT_SOURCES.guardrailBudget, 'budget'],
  [LIMIT_SOURCES.workspaceBudget, 'budget'],
  [LIMIT_SOURCES.freeTierDaily, 'free-tier-daily'],
  [LIMIT_SOURCES.sharedPool, 'rate-limit'],
]);

const TRANSIENT_KINDS: readonly OpenRouterErrorKind[] = ['rate-limit', 'upstream', 'timeout'];

/** Kinds of which the balance has to know. */
const SPENT_KINDS: readonly OpenRouterErrorKind[] = ['out-of-credits', 'key-limit', 'budget'];

/** A verdict, and whether it leaves open whose money is missing. */
interface Judgement {
  readonly verdict: OpenRouterErrorVerdict;
  readonly isUnclear?: boolean | undefined;
}

/** What a verdict on an answer is made of. */
type Answered = Omit<ErrorReading, 'said' | 'errorType' | 'metadata'>;

/**
 * Tells what an error says, whichever client of OpenRouter it comes from: an exception of this package, an error of
 * `@openrouter/sdk`, `openai`, the AI SDK, `@anthropic-ai/sdk`, LangChain, of axios or fetch, or what OpenRouter sends
 * inside a success or a stream: `{ error: { code, message, metadata } }`, that `error` alone, the error of a choice, an
 * event of the Responses or the Messages API. All of them get the same verdict for the same answer.
 *
 * Errors are read by their shape, through `cause` and the like, so that wrapped ones are recognised, and so are answers
 * that a gateway quotes in its own message. Of a fetch `Response` only the status and the headers can be read; pass
 * `{ status, headers, body }` with the `body` as text, as bytes or parsed for the whole verdict. An error of any size is
 * read in milliseconds: of a long text, the beginning counts.
 *
 * Other services answer with 402, too: one that nothing tells to be OpenRouter's is `payment-required`, without a
 * `limitSource`.
 *
 * @param error - Anything, for example what a `catch` has caught.
 * @returns the verdict; never throws.
 */
export function classifyOpenRouterError(error: unknown): OpenRouterErrorVerdict {
  return judge(error).verdict;
}

/** Whether an error says that nothing more can be spent, or may say so: not every client hands on what a 402 says. */
export function mayBeShortOfMoney(error: unknown): boolean {
  const { verdict, isUnclear } = judge(error);
  return SPENT_KINDS.includes(verdict.kind) || isUnclear === true;
}

/**
 * Whether an error says that the account's credits do not cover the request. Takes the errors that
 * {@link classifyOpenRouterError} takes, and never throws.
 */
export function isOutOfCredits(error: unknown): boolean {
  return classifyOpenRouterError(error).kind === 'out-of-credits';
}

/**
 * Whether an error says that the key has spent its own limit, be it told as 402 or as 403. Takes the errors that
 * {@link classifyOpenRouterError} takes, and never throws.
 */
export function isKeyLimitReached(error: unknown): boolean {
  return classifyOpenRouterError(error).kind === 'key-limit';
}

/**
 * Whether an error says that a budget of a workspace or a guardrail is spent. Takes the errors that
 * {@link classifyOpenRouterError} takes, and never throws.
 */
export function isBudgetExceeded(error: unknown): boolean {
  return classifyOpenRouterError(error).kind === 'budget';
}

/**
 * Whether the same request may well succeed if it is sent again in a moment, without anyone doing anything: faults of
 * the connection, timeouts, 429 (not a limit of the day), 5XX, and the 402 of requests that still run; or what
 * OpenRouter says of it in `error.availability`.
 * Takes the errors that {@link classifyOpenRouterError} takes, and never throws.
 *
 * Whether sending it again does something twice is another question: see `delivery` of this package's exceptions.
 */
export function isTransient(error: unknown): boolean {
  return classifyOpenRouterError(error).isTransient;
}

function judge(error: unknown): Judgement {
  try {
    const chain = unwrapError(error);
    const own = verdictOfOwn(chain);
    return own === undefined ? judgeForeign(chain.map(readForeignError)) : { verdict: own };
  } catch {
    return { verdict: UNKNOWN };
  }
}

function verdictOfOwn(chain: readonly unknown[]): OpenRouterErrorVerdict | undefined {
  for (const error of chain) {
    const verdict = isOpenRouterException(error) ? verdictOfException(error) : undefined;
    if (verdict !== undefined) {
      return verdict;
    }
  }
  return undefined;
}

function verdictOfException(exception: OpenRouterException): OpenRouterErrorVerdict | undefined {
  const message = showable(exception.message, scrubShapes);
  const told = (kind: OpenRouterErrorKind, transient = false): OpenRouterErrorVerdict =>
    Object.freeze({ kind, message, isTransient: transient });
  if (exception instanceof OpenRouterApiException) return verdictOfApiException(exception, message);
  const { cause } = exception;
  if (exception instanceof OpenRouterConnectionException) {
    return told('connection', isTransientLoss(exception.phase, peek(cause, 'code')));
  }
  if (exception instanceof OpenRouterResponseException) {
    return told('bad-response', transportVerdictOf(cause)?.isTransient ?? false);
  }
  if (exception instanceof OpenRouterTimeoutException) return told('timeout', true);
  if (exception instanceof OpenRouterAbortException) return told('aborted');
  if (exception instanceof OpenRouterValidationException) return told('bad-request');
  // OpenRouter has refused nothing; the status is that of the answer to the application's own caller.
  if (exception instanceof OpenRouterInsufficientCreditsException) return told('unknown');
  return exception instanceof OpenRouterConfigException ? told('config') : undefined;
}

/** What an application has made by hand is read by its message. */
function verdictOfApiException(exception: OpenRouterApiException, message: string): OpenRouterErrorVerdict {
  const { metadata, retryAfterMs, resetsAt, retryable, errorType } = exception;
  const words = [errorType ?? textOf(wireMember(metadata, 'error_type'))].filter(
    (word) => word !== undefined,
  );
  const status =
    exception.errorStatus ?? weighStatus({ http: exception.status, codes: [], words, isQuoted: false });
  // Behind such a message stands what a provider has said.
  const said = isGeneric(message) ? '' : message;
  const {
    limitSource = limitSourceOf({
      statuses: [status, exception.status],
      message,
      metadata,
      retryAfterMs,
      retryable,
      source: isOfOpenRouter(exception) ? 'openrouter' : 'unknown',
    }),
    affordableTokens = affordableTokensIn(said),
  } = exception;
  return verdictOfAnswer({
    status,
    message,
    limitSource,
    retryAfterMs,
    resetsAt,
    affordableTokens,
    retryable,
    isDailyLimit: isDailyLimit(status, said),
  });
}

/** Of what one error wraps, an answer of OpenRouter's says the most; without one, the innermost is nearest to the fault. */
function judgeForeign(errors: readonly ForeignError[]): Judgement {
  const [outermost] = errors;
  const telling =
    errors.find(({ hasEnvelope }) => hasEnvelope) ??
    errors.findLast(({ answer, fault }) => answer.status !== undefined || fault !== undefined);
  if (telling === undefined) {
    return {
      verdict: Object.freeze({ ...UNKNOWN, message: shown(outermost?.message) ?? UNKNOWN.message }),
    };
  }
  const { answer, fault } = telling;
  if (fault !== undefined) {
    const { kind, isTransient: transient } = fault;
    const message = shown(outermost?.message) ?? shown(telling.message) ?? UNKNOWN.message;
    return { verdict: Object.freeze({ kind, message, isTransient: transient }) };
  }
  const reading = readErrorAnswer(answer, scrubShapes);
  const hint = answer.source === 'openrouter' ? keyHint(reading.status, reading.said, undefined) : undefined;
  const message = withHint(reading.message, hint);
  const verdict = verdictOfAnswer({ ...reading, message });
  return {
    verdict,
    isUnclear:
      verdict.kind === 'payment-required' &&
      verdict.limitSource === undefined &&
      answer.source !== 'elsewhere' &&
      !isRelayed(reading.said, reading.metadata),
  };
}

function verdictOfAnswer(answered: Answered): OpenRouterErrorVerdict {
  const { status, message, limitSource, retryAfterMs, resetsAt, affordableTokens, retryable } = answered;
  const kind = KIND_OF_LIMIT.get(limitSource) ?? kindOfStatus(status);
  return Object.freeze({
    kind,
    message,
    isTransient: retryable ?? passesByItself(answered, kind),
    ...(status !== undefined && { status }),
    ...(limitSource !== undefined && { limitSource }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(resetsAt !== undefined && { resetsAt }),
    ...(affordableTokens !== undefined && { affordableTokens }),
  });
}

function passesByItself(answered: Answered, kind: OpenRouterErrorKind): boolean {
  const { status, limitSource, retryAfterMs } = answered;
  const isForMoney = status === 402 || kind === 'in-flight-budget';
  return (
    (TRANSIENT_KINDS.includes(kind) && !answered.isDailyLimit) ||
    (isForMoney && isPassingRefusal(limitSource, retryAfterMs))
  );
}

function shown(message: string | undefined): string | undefined {
  return message === undefined ? undefined : excerpt(showable(message, scrubShapes));
}
