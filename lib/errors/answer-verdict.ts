import { kindOfStatus, type OpenRouterErrorKind } from './error-kind.js';
import { isPassingRefusal, LIMIT_SOURCES } from './limit-source.js';
import type { ErrorReading } from './parsing/error-answer.js';

/** What `classifyOpenRouterError` says of an error; a frozen plain object. */
export interface OpenRouterErrorVerdict {
  /** What kind of failure it is. */
  readonly kind: OpenRouterErrorKind;
  /**
   * OpenRouter's own message, or else the error's; shortened, and without anything shaped like a key. If OpenRouter
   * only says that a provider failed, the provider's name and reason are added.
   */
  readonly message: string;
  /**
   * Whether the same request is likely to succeed if it is sent again in a moment. Whether sending it again does
   * something twice is another question. If `error.availability.retryable` is present, it decides.
   */
  readonly isTransient: boolean;
  /** The HTTP status, or that of an error inside a success or a stream; the error's own status if it is more exact. */
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
  /** How many tokens of output the remaining credits would pay for. */
  readonly affordableTokens?: number;
}

const KIND_OF_LIMIT: ReadonlyMap<string | undefined, OpenRouterErrorKind> = new Map([
  [LIMIT_SOURCES.credits, 'out-of-credits'],
  [LIMIT_SOURCES.keyLimit, 'key-limit'],
  [LIMIT_SOURCES.inFlightBudget, 'in-flight-budget'],
  [LIMIT_SOURCES.guardrailBudget, 'budget'],
  [LIMIT_SOURCES.workspaceBudget, 'budget'],
  [LIMIT_SOURCES.freeTierDaily, 'free-tier-daily'],
  [LIMIT_SOURCES.sharedPool, 'rate-limit'],
  [LIMIT_SOURCES.unattributed, 'unattributed'],
  [LIMIT_SOURCES.spendLimit, 'spend-limit'],
  [LIMIT_SOURCES.spendStore, 'spend-store'],
]);

const TRANSIENT_KINDS: readonly OpenRouterErrorKind[] = ['rate-limit', 'upstream', 'timeout', 'spend-store'];

/** What a verdict on an answer is made of. */
type Answered = Omit<ErrorReading, 'said' | 'errorType' | 'metadata'>;

/** The verdict on an error answer, whichever client received it. */
export function verdictOfAnswer(answered: Answered): OpenRouterErrorVerdict {
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
