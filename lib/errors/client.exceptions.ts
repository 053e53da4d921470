import type { OpenRouterDelivery, OpenRouterPhase } from '../contracts/delivery.js';
import { scrubShapes } from '../secret/scrub.js';
import { scrubBounded } from '../untrusted/bounded-text.js';
import { brandException } from './exception-brand.js';
import { OpenRouterException } from './openrouter.exception.js';

/**
 * The module's options, or its registration, are wrong. Thrown at bootstrap, before anything is sent. A call throws it
 * only if the function that returns the key fails. The message names each option and the fix, and never shows a key.
 */
export class OpenRouterConfigException extends OpenRouterException {
  static {
    brandException(this, 'OpenRouterConfigException');
  }

  /**
   * @param message - The option, what is wrong with it, and the fix.
   * @param options - `cause`: the underlying error. Pass only what may be logged.
   */
  constructor(message: string, options?: { cause?: unknown }) {
    super('OPENROUTER_CONFIG', message, options);
  }
}

/** One argument that was refused. */
export interface OpenRouterValidationError {
  /** Path of the property, for example `amount` or `retry.maxRetries`. */
  property: string;
  /** What is wrong, by the name of the rule. */
  constraints: Record<string, string>;
}

/** An argument of a call is wrong; nothing was sent. */
export class OpenRouterValidationException extends OpenRouterException {
  static {
    brandException(this, 'OpenRouterValidationException');
  }

  /** Every refused property with its reasons. */
  readonly errors: readonly OpenRouterValidationError[];

  /**
   * @param subject - What was validated, for the message.
   * @param errors - Every refused property with its reasons.
   */
  constructor(subject: string, errors: readonly OpenRouterValidationError[]) {
    const reasons = errors.flatMap((error) => Object.values(error.constraints));
    const told = reasons.join('; ');
    super(
      'OPENROUTER_VALIDATION',
      `${subject}: ${told}${/[.?!]$/.test(told.slice(-1)) ? '' : '.'} Nothing was sent.`,
    );
    this.errors = errors.map(scrubbed);
  }
}

/** Scrubs the property as well: its name may be a key that was pasted into the wrong place. */
function scrubbed({ property, constraints }: OpenRouterValidationError): OpenRouterValidationError {
  const texts = Object.entries(constraints).map(
    ([rule, text]) => [rule, scrubBounded(text, scrubShapes)] as const,
  );
  return { property: scrubBounded(property, scrubShapes), constraints: Object.fromEntries(texts) };
}

/**
 * The guard refused a request because of the account's money; nothing was sent.
 *
 * `instanceof` works over every transport. Over HTTP and in GraphQL, the guard throws a Nest exception with the same
 * members that is an `instanceof` this class. Its message has no figures; its `cause` is the exception that has them.
 */
export class OpenRouterInsufficientCreditsException extends OpenRouterException {
  static {
    brandException(this, 'OpenRouterInsufficientCreditsException');
  }

  /** What the route needs, in US dollars. */
  readonly required: number;
  /** What can be spent, in US dollars, possibly negative; `null` if it is not known. */
  readonly spendable: number | null;
  /** The status that the route answers a refusal with, from 400 to 599. */
  readonly status: number;

  /**
   * @param init - `message`: what is short; `required` and `spendable` in US dollars; `status`: the status of the
   * answer, 402 by default; `cause`: why `spendable` is not known, if it is `null`. Pass only what may be logged.
   */
  constructor(init: {
    message: string;
    required: number;
    spendable: number | null;
    status?: number | undefined;
    cause?: unknown;
  }) {
    super('OPENROUTER_INSUFFICIENT_CREDITS', init.message, { cause: init.cause });
    this.required = init.required;
    this.spendable = init.spendable;
    this.status = init.status ?? 402;
  }
}

/** What is known of a failed call. */
export interface OpenRouterFailureInit {
  /** What happened. */
  message: string;
  /** What is known of the request's effect. */
  delivery: OpenRouterDelivery;
  /** The phase in which the attempt ended. */
  phase: OpenRouterPhase;
  /** A scrubbed copy of the underlying error. */
  cause?: unknown;
}

/** No usable answer: DNS, connection, TLS, reset, or a violation of HTTP. */
export class OpenRouterConnectionException extends OpenRouterException {
  static {
    brandException(this, 'OpenRouterConnectionException');
  }

  /** What is known of the request's effect. */
  readonly delivery: OpenRouterDelivery;
  /** The phase in which the attempt ended. */
  readonly phase: OpenRouterPhase;

  /** @param init - What happened, in which phase, and what is known of its effect. */
  constructor(init: OpenRouterFailureInit) {
    super('OPENROUTER_CONNECTION', init.message, { cause: init.cause });
    this.delivery = init.delivery;
    this.phase = init.phase;
  }
}

/** An attempt took longer than `timeoutMs`, or the whole call longer than `deadlineMs`. */
export class OpenRouterTimeoutException extends OpenRouterException {
  static {
    brandException(this, 'OpenRouterTimeoutException');
  }

  /** What is known of the request's effect. */
  readonly delivery: OpenRouterDelivery;
  /** The phase in which the attempt ended. */
  readonly phase: OpenRouterPhase;
  /** The limit that was exceeded, in milliseconds: `timeoutMs` or `deadlineMs`. */
  readonly timeoutMs: number;

  /** @param init - What happened, in which phase, what is known of its effect, and the limit in milliseconds. */
  constructor(init: OpenRouterFailureInit & { timeoutMs: number }) {
    super('OPENROUTER_TIMEOUT', init.message, { cause: init.cause });
    this.delivery = init.delivery;
    this.phase = init.phase;
    this.timeoutMs = init.timeoutMs;
  }
}

/** The caller's signal was aborted, or the module is shutting down. */
export class OpenRouterAbortException extends OpenRouterException {
  static {
    brandException(this, 'OpenRouterAbortException');
  }

  /** What is known of the request's effect. */
  readonly delivery: OpenRouterDelivery;

  /** @param init - Why the call ended, and what is known of the request's effect. */
  constructor(init: { message: string; delivery: OpenRouterDelivery; cause?: unknown }) {
    super('OPENROUTER_ABORTED', init.message, { cause: init.cause });
    this.delivery = init.delivery;
  }
}

/** OpenRouter answered with a success that is not what its API promises, or that is too large. */
export class OpenRouterResponseException extends OpenRouterException {
  static {
    brandException(this, 'OpenRouterResponseException');
  }

  /** What is known of the request's effect. */
  readonly delivery: OpenRouterDelivery;
  /** The member of the answer that is missing or wrong, for example `data.total_credits`. */
  declare readonly path?: string;

  /** @param init - What is wrong with the answer, and where in it. */
  constructor(init: {
    message: string;
    delivery: OpenRouterDelivery;
    path?: string | undefined;
    cause?: unknown;
  }) {
    super('OPENROUTER_RESPONSE', init.message, { cause: init.cause });
    this.delivery = init.delivery;
    if (init.path !== undefined) {
      this.path = init.path;
    }
  }
}
