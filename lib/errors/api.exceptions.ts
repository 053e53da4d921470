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
  /** How many tokens of output the credits left would pay. */
  affordableTokens?: number | undefined;
  /** How long the server asks to wait, in milliseconds. */
  retryAfterMs?: number | undefined;
  /** OpenRouter's name for the kind of error, for example `context_length_exceeded`. */
  errorType?: string | undefined;
  /** The status that the error itself means, where that of HTTP says less. */
  errorStatus?: number | undefined;
  /** Whether OpenRouter says that the request may be sent again. */
  retryable?: boolean | undefined;
  /** The id of the request that OpenRouter's support asks for. */
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
   * `error.metadata` of the answer, scrubbed, without the account's id: six levels, 256 members, and 2 000 characters of
   * a text at most. Where it is cut, it says so.
   */
  declare readonly metadata?: Readonly<Record<string, unknown>>;
  /**
   * Which limit was hit: `error.metadata.limit_source`, or where OpenRouter does not name it, what its message and the
   * status are known to mean. Known are `openrouter_credits`, `openrouter_key_limit`, `openrouter_in_flight_budget`,
   * `openrouter_guardrail_budget`, `openrouter_workspace_budget`, `openrouter_free_tier_daily` and
   * `upstream_provider_shared_pool`; others are passed on as they come.
   */
  declare readonly limitSource?: string;
  /** When the limit resets: `error.metadata.resets_at`, or of a 429 and a 503 also `X-RateLimit-Reset`. */
  declare readonly resetsAt?: Date;
  /** How many tokens of output the credits left would pay, from a message that says what they "can only afford". */
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
   * The status that the error itself means, where that of HTTP says less: a gateway has answered 500 to a refusal of
   * 402, or `errorType` is `rate_limit_exceeded` in a 502.
   */
  declare readonly errorStatus?: number;
  /** What OpenRouter itself says of sending the request again (`error.availability.retryable`); it counts over the status. */
  declare readonly retryable?: boolean;
  /** The id of the request that OpenRouter's support asks for. */
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

/** 400: OpenRouter refused the parameters. */
export class OpenRouterBadRequestException extends OpenRouterApiException {
  static {
    brandException(this, 'OpenRouterBadRequestException');
  }

  /** @param init - What the answer said. */
  constructor(init: OpenRouterStatusExceptionInit) {
    super({ ...init, status: 400 }, 'OPENROUTER_BAD_REQUEST');
  }
}

/** 401: the key is missing, wrong, disabled or expired. */
export class OpenRouterUnauthorizedException extends OpenRouterApiException {
  static {
    brandException(this, 'OpenRouterUnauthorizedException');
  }

  /** @param init - What the answer said. */
  constructor(init: OpenRouterStatusExceptionInit) {
    super({ ...init, status: 401 }, 'OPENROUTER_UNAUTHORIZED');
  }
}

/** 402: the account or the key has not enough credits, or too many requests hold them. `limitSource` tells which. */
export class OpenRouterPaymentRequiredException extends OpenRouterApiException {
  static {
    brandException(this, 'OpenRouterPaymentRequiredException');
  }

  /** @param init - What the answer said. */
  constructor(init: OpenRouterStatusExceptionInit) {
    super({ ...init, status: 402 }, 'OPENROUTER_PAYMENT_REQUIRED');
  }
}

/**
 * 403: the wrong kind of key, a key limit or a budget that is spent, or content that is refused; `limitSource` tells a
 * limit. It does not mean that the key is bad.
 */
export class OpenRouterForbiddenException extends OpenRouterApiException {
  static {
    brandException(this, 'OpenRouterForbiddenException');
  }

  /** @param init - What the answer said. */
  constructor(init: OpenRouterStatusExceptionInit) {
    super({ ...init, status: 403 }, 'OPENROUTER_FORBIDDEN');
  }
}

/** 404: there is no such resource. */
export class OpenRouterNotFoundException extends OpenRouterApiException {
  static {
    brandException(this, 'OpenRouterNotFoundException');
  }

  /** @param init - What the answer said. */
  constructor(init: OpenRouterStatusExceptionInit) {
    super({ ...init, status: 404 }, 'OPENROUTER_NOT_FOUND');
  }
}

/** 408: OpenRouter gave up waiting for the operation. */
export class OpenRouterRequestTimeoutException extends OpenRouterApiException {
  static {
    brandException(this, 'OpenRouterRequestTimeoutException');
  }

  /** @param init - What the answer said. */
  constructor(init: OpenRouterStatusExceptionInit) {
    super({ ...init, status: 408 }, 'OPENROUTER_REQUEST_TIMEOUT');
  }
}

/** 409: the request conflicts with another one. */
export class OpenRouterConflictException extends OpenRouterApiException {
  static {
    brandException(this, 'OpenRouterConflictException');
  }

  /** @param init - What the answer said. */
  constructor(init: OpenRouterStatusExceptionInit) {
    super({ ...init, status: 409 }, 'OPENROUTER_CONFLICT');
  }
}

/** 410: OpenRouter has removed the operation; trying again never helps. */
export class OpenRouterGoneException extends OpenRouterApiException {
  static {
    brandException(this, 'OpenRouterGoneException');
  }

  /** The page on which credits can be bought instead; only for the removed Coinbase operation. */
  declare readonly purchaseUrl?: string;

  /** @param init - What the answer said, and for a removed purchase operation the page that replaces it. */
  constructor(init: OpenRouterStatusExceptionInit & { purchaseUrl?: string | undefined }) {
    super({ ...init, status: 410 }, 'OPENROUTER_GONE');
    if (init.purchaseUrl !== undefined) this.purchaseUrl = init.purchaseUrl;
  }
}

/** 413: the request is too large. */
export class OpenRouterPayloadTooLargeException extends OpenRouterApiException {
  static {
    brandException(this, 'OpenRouterPayloadTooLargeException');
  }

  /** @param init - What the answer said. */
  constructor(init: OpenRouterStatusExceptionInit) {
    super({ ...init, status: 413 }, 'OPENROUTER_PAYLOAD_TOO_LARGE');
  }
}

/** 422: OpenRouter understood the request and cannot process it. */
export class OpenRouterUnprocessableEntityException extends OpenRouterApiException {
  static {
    brandException(this, 'OpenRouterUnprocessableEntityException');
  }

  /** @param init - What the answer said. */
  constructor(init: OpenRouterStatusExceptionInit) {
    super({ ...init, status: 422 }, 'OPENROUTER_UNPROCESSABLE_ENTITY');
  }
}

/** 429: too many requests; `retryAfterMs` tells when to come back, if OpenRouter said so. */
export class OpenRouterTooManyRequestsException extends OpenRouterApiException {
  static {
    brandException(this, 'OpenRouterTooManyRequestsException');
  }

  /** @param init - What the answer said. */
  constructor(init: OpenRouterStatusExceptionInit) {
    super({ ...init, status: 429 }, 'OPENROUTER_TOO_MANY_REQUESTS');
  }
}

/** 500: an error inside OpenRouter. */
export class OpenRouterInternalServerException extends OpenRouterApiException {
  static {
    brandException(this, 'OpenRouterInternalServerException');
  }

  /** @param init - What the answer said. */
  constructor(init: OpenRouterStatusExceptionInit) {
    super({ ...init, status: 500 }, 'OPENROUTER_INTERNAL_SERVER');
  }
}

/** 502: an upstream of OpenRouter failed. */
export class OpenRouterBadGatewayException extends OpenRouterApiException {
  static {
    brandException(this, 'OpenRouterBadGatewayException');
  }

  /** @param init - What the answer said. */
  constructor(init: OpenRouterStatusExceptionInit) {
    super({ ...init, status: 502 }, 'OPENROUTER_BAD_GATEWAY');
  }
}

/** 503: OpenRouter is unavailable at the moment. */
export class OpenRouterServiceUnavailableException extends OpenRouterApiException {
  static {
    brandException(this, 'OpenRouterServiceUnavailableException');
  }

  /** @param init - What the answer said. */
  constructor(init: OpenRouterStatusExceptionInit) {
    super({ ...init, status: 503 }, 'OPENROUTER_SERVICE_UNAVAILABLE');
  }
}

/** 504: an upstream of OpenRouter took too long. */
export class OpenRouterGatewayTimeoutException extends OpenRouterApiException {
  static {
    brandException(this, 'OpenRouterGatewayTimeoutException');
  }

  /** @param init - What the answer said. */
  constructor(init: OpenRouterStatusExceptionInit) {
    super({ ...init, status: 504 }, 'OPENROUTER_GATEWAY_TIMEOUT');
  }
}

/** 524: the network edge in front of OpenRouter gave up waiting. */
export class OpenRouterEdgeNetworkTimeoutException extends OpenRouterApiException {
  static {
    brandException(this, 'OpenRouterEdgeNetworkTimeoutException');
  }

  /** @param init - What the answer said. */
  constructor(init: OpenRouterStatusExceptionInit) {
    super({ ...init, status: 524 }, 'OPENROUTER_EDGE_NETWORK_TIMEOUT');
  }
}

/** 529: the provider is overloaded. */
export class OpenRouterProviderOverloadedException extends OpenRouterApiException {
  static {
    brandException(this, 'OpenRouterProviderOverloadedException');
  }

  /** @param init - What the answer said. */
  constructor(init: OpenRouterStatusExceptionInit) {
    super({ ...init, status: 529 }, 'OPENROUTER_PROVIDER_OVERLOADED');
  }
}
