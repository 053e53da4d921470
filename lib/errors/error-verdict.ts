import { scrubShapes } from '../secret/scrub.js';
import { type OpenRouterErrorVerdict, verdictOfAnswer } from './answer-verdict.js';
import type { OpenRouterErrorKind } from './error-kind.js';
import { verdictOfException } from './exception-verdict.js';
import { keyHint, withHint } from './key-hint.js';
import { isOpenRouterException } from './openrouter.exception.js';
import { readErrorAnswer } from './parsing/error-answer.js';
import { excerpt, showable } from './parsing/error-message.js';
import { type ForeignError, readForeignError, unwrapError } from './parsing/foreign-error.js';
import { isRelayed } from './parsing/relayed-error.js';

const UNKNOWN: OpenRouterErrorVerdict = Object.freeze({
  kind: 'unknown',
  message: 'An error that cannot be read.',
  isTransient: false,
});

/** The kinds that make the balance ask again. */
const SPENT_KINDS: readonly OpenRouterErrorKind[] = ['out-of-credits', 'key-limit', 'budget'];

/** A verdict, and whether it leaves open whose money is missing. */
interface Judgement {
  readonly verdict: OpenRouterErrorVerdict;
  readonly isUnclear?: boolean | undefined;
}

/**
 * Classifies an error of any client of OpenRouter: an exception of this package, an error of
 * `@openrouter/sdk`, `openai`, the AI SDK, `@anthropic-ai/sdk`, LangChain, of axios or fetch, or what OpenRouter sends
 * inside a success or a stream: `{ error: { code, message, metadata } }`, that `error` alone, the error of a choice, an
 * event of the Responses or the Messages API. The same answer gets the same verdict from each of them.
 *
 * Errors are read by their shape, through `cause` and the like, so that wrapped ones are recognised, and so are
 * answers that a gateway quotes in its own message. Of a fetch `Response` only the status and the headers can be
 * read; pass `{ status, headers, body }` with the `body` as text, as bytes or parsed for the whole verdict. An error
 * of any size is read in milliseconds: of a long string, the beginning counts.
 *
 * Other services answer with 402 as well: one that cannot be recognised as OpenRouter's is `payment-required`,
 * without a `limitSource`.
 *
 * @param error - Anything, for example what a `catch` has caught.
 * @returns the verdict; never throws.
 */
export function classifyOpenRouterError(error: unknown): OpenRouterErrorVerdict {
  return judge(error).verdict;
}

/** Whether an error says, or may say, that nothing more can be spent: not every client passes on the body of a 402. */
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
 * Whether an error says that the key has spent its own limit, whether with 402 or with 403. Takes the errors that
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
 * Whether an error says that a spend limit of the application itself, a rule of `spendLimits`, is reached. Takes the
 * errors that {@link classifyOpenRouterError} takes, and never throws.
 */
export function isSpendLimitReached(error: unknown): boolean {
  return classifyOpenRouterError(error).kind === 'spend-limit';
}

/**
 * Whether the same request may well succeed if it is sent again in a moment, without anyone doing anything: faults of
 * the connection, timeouts, 429 (not a limit of the day), 5XX, and a 402 while running requests hold the
 * credits; or what OpenRouter says of it in `error.availability`.
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

/**
 * Of a chain of errors, an answer of OpenRouter's says the most; without one, the innermost error is nearest to the
 * fault.
 */
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

function shown(message: string | undefined): string | undefined {
  return message === undefined ? undefined : excerpt(showable(message, scrubShapes));
}
