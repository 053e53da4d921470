import type { OpenRouterDelivery } from '../contracts/delivery.js';
import { brandException } from './exception-brand.js';
import { OpenRouterException } from './openrouter.exception.js';

/** What an error answer of OpenRouter says. */
export interface OpenRouterApiExceptionInit {
  /** HTTP status of the answer. */
  status: number;
  /** What the server said, scrubbed of secrets. */
  message: string;
  /** What is known of the request's effect. @defaultValue `'rejected'` below 500 except 408, else `'unknown'` */
  delivery?: OpenRouterDelivery | undefined;
  /** The operation that failed, for example `credits.getCredits`. @defaultValue `'unknown'` */
  operation?: string | undefined;
  /** `error.metadata` of the answer, scrubbed. */
  metadata?: Readonly<Record<string, unknown>> | undefined;
  /** Which limit was hit, for example `openrouter_credits`. */
  limitSource?: string | undefined;
  /** When the limit resets. */
  resetsAt?: Date | undefined;
  /** How many tokens of output the remaining credits would pay for. */
  affordableTokens?: number | undefined;
  /** How long the server asks to wait, in milliseconds. */
  retryAfterMs?: number | undefined;
  /** OpenRouter's name for the kind of error, for example `context_length_exceeded`. */
  errorType?: string | undefined;
  /** The status that the error itself names, if it is more exact than the HTTP status. */
  errorStatus?: number | undefined;
  /** Whether OpenRouter says that the request may be sent again. */
  retryable?: boolean | undefined;
  /** The id of the request, for which OpenRouter's support asks. */
  requestId?: string | undefined;
}

/** What an exception of one fixed status needs. */
export type OpenRouterStatusExceptionInit = Omit<OpenRouterApiExceptionInit, 'status'>;

/** What a status alone says about the request's effect. */
export function deliveryOfStatus(status: number): OpenRouterDelivery {
  return status < 500 && status !== 408 ? 'rejected' : 'unknown';
}

/**
 * OpenRouter answered with an error: any 3XX, 4XX or 5XX of any content type, or a success that carries an `error`.
 * Statuses that the API documents have a class of their own.
 */
export class OpenRouterApiException extends OpenRouterException {
  static {
    brandException(this, 'OpenRouterApiException');
  }

  /** HTTP status. */
  readonly status: number;
  /** What is known of the request's effect. */
  readonly delivery: OpenRouterDelivery;
  /** The operation that failed, for example `credits.getCredits`. */
  readonly operation: string;
  /**
   * `error.metadata` of the answer, scrubbed, without the account's id. At most six levels, 256 members, and 2 000
   * characters of a string; cuts are marked.
   */
  declare readonly metadata?: Readonly<Record<string, unknown>>;
  /**
   * Which limit was hit: `error.metadata.limit_source`, or if OpenRouter does not name it, the limit that its message
   * and status are known to stand for. Known are `openrouter_credits`, `openrouter_key_limit`,
   * `openrouter_in_flight_budget`, `openrouter_guardrail_budget`, `openrouter_workspace_budget`,
   * `openrouter_free_tier_daily` and `upstream_provider_shared_pool`; others are passed on as they come.
   */
  declare readonly limitSource?: string;
  /** When the limit resets: `error.metadata.resets_at`, or `X-RateLimit-Reset` of a 429 or 503. */
  declare readonly resetsAt?: Date;
  /**
   * How many tokens of output the remaining credits would pay for, read from a message that says "can only afford" and
   * the number.
   */
  declare readonly affordableTokens?: number;
  /**
   * How long the server asks to wait, in milliseconds: `error.availability.retry_after`, or `Retry-After`, or until
   * `X-RateLimit-Reset` of a 429 or 503.
   */
  declare readonly retryAfterMs?: number;
  /**
   * OpenRouter's name for the kind of error (`error_type`), the same over Chat, Responses and Messages, for example
   * `context_length_exceeded` or `provider_overloaded`. Names that are not known are passed on.
   */
  declare readonly errorType?: string;
  /**
   * The status that the error itself names, if it is more exact than the HTTP status: a gateway turned a 402 into a
   * 500, or `errorType` is `rate_limit_exceeded` in a 502.
   */
  declare readonly errorStatus?: number;
  /**
   * Whether OpenRouter says that the request may be sent again (`error.availability.retryable`); overrides the
   * status.
   */
  declare readonly retryable?: boolean;
  /** The id of the request, for which OpenRouter's support asks. */
  declare readonly requestId?: string;

  /**
   * @param init - What the answer said.
   * @param code - Stable identifier of the kind of error.
   */
  constructor(init: OpenRouterApiExceptionInit, code = 'OPENROUTER_API_ERROR') {
    super(code, init.message);
    this.status = init.status;
    this.delivery = init.delivery ?? deliveryOfStatus(init.status);
    this.operation = init.operation ?? 'unknown';
    if (init.metadata !== undefined) this.metadata = init.metadata;
    if (init.limitSource !== undefined) this.limitSource = init.limitSource;
    if (init.resetsAt !== undefined) this.resetsAt = init.resetsAt;
    if (init.affordableTokens !== undefined) this.affordableTokens = init.affordableTokens;
    if (init.retryAfterMs !== undefined) this.retryAfterMs = init.retryAfterMs;
    if (init.errorType !== undefined) this.errorType = init.errorType;
    if (init.errorStatus !== undefined) this.errorStatus = init.errorStatus;
    if (init.retryable !== undefined) this.retryable = init.retryable;
    if (init.requestId !== undefined) this.requestId = init.requestId;
  }
}

/** The member in which a class keeps the status and code of its instances. */
const FIXED = Symbol('fixed');

/** The status that every exception of a class has, and their code. */
interface FixedStatus {
  readonly status: number;
  readonly code: string;
}

/** The parent of the classes that stand for one status each. */
export abstract class OpenRouterStatusException extends OpenRouterApiException {
  /** @param init - What the answer said. */
  constructor(init: OpenRouterStatusExceptionInit) {
    const { status, code } = fixedStatusOf(new.target);
    super({ ...init, status }, code);
  }
}

/** Gives an exception class its name, and each of its instances their status and code. */
export function fixStatus(
  target: typeof OpenRouterStatusException,
  name: string,
  status: number,
  code: string,
): void {
  brandException(target, name);
  Object.defineProperty(target, FIXED, { value: { status, code } });
}

/** The status and code that a class, or the one that it extends, was given by {@link fixStatus}. */
export function fixedStatusOf(target: typeof OpenRouterStatusException): FixedStatus {
  return Reflect.get(target, FIXED) as FixedStatus;
}
