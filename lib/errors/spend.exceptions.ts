import type { SpendScope } from '../contracts/completion-cost.js';
import type { SpendPeriod } from '../contracts/spend-period.js';
import { brandException } from './exception-brand.js';
import { OpenRouterException } from './openrouter.exception.js';

/** What is known of a refusal by a spend limit. */
export interface OpenRouterSpendLimitInit {
  /** Which limit was reached, for whom, and when more may be spent. */
  message: string;
  /** Name of the rule. */
  rule: string;
  /** The members of the scope that the rule counts by; `{}` where it counts everything. */
  subject: SpendScope;
  /** Period of the rule. */
  period: SpendPeriod;
  /** The limit in US dollars. */
  limitUsd: number;
  /** What was billed in the window, in US dollars, together with what is still to be billed for lost processes. */
  spentUsd: number;
  /** What is reserved for completions under way, in US dollars. */
  heldUsd: number;
  /** What was to be reserved, in US dollars. */
  requiredUsd: number;
  /**
   * The next moment at which something stops counting against the limit; `null` if nothing ever does, if the amount is
   * above the whole limit, or if `retryAfterMs` says when to try again.
   */
  resetsAt: Date | null;
  /** How long to wait, in milliseconds, if the amount fits once completions under way have ended. */
  retryAfterMs?: number | undefined;
}

/**
 * A spend limit of the application leaves too little for what was to be reserved. Nothing is reserved, and nothing was
 * sent to OpenRouter.
 */
export class OpenRouterSpendLimitException extends OpenRouterException {
  static {
    brandException(this, 'OpenRouterSpendLimitException');
  }

  /** Name of the rule. */
  readonly rule: string;
  /** The members of the scope that the rule counts by; `{}` where it counts everything. */
  readonly subject: SpendScope;
  /** Period of the rule. */
  readonly period: SpendPeriod;
  /** The limit in US dollars. */
  readonly limitUsd: number;
  /** What was billed in the window, in US dollars, together with what is still to be billed for lost processes. */
  readonly spentUsd: number;
  /** What is reserved for completions under way, in US dollars. */
  readonly heldUsd: number;
  /** What was to be reserved, in US dollars; 0 if a route was refused for having nothing left. */
  readonly requiredUsd: number;
  /**
   * The next moment at which something stops counting against the limit; `null` if nothing ever does, if the amount is
   * above the whole limit, or if `retryAfterMs` says when to try again.
   */
  readonly resetsAt: Date | null;
  /** How long to wait, in milliseconds, if the amount fits once completions under way have ended; `undefined` otherwise. */
  readonly retryAfterMs: number | undefined;

  /** @param init - The limit, and what counts against it. */
  constructor(init: OpenRouterSpendLimitInit) {
    super('OPENROUTER_SPEND_LIMIT', init.message);
    this.rule = init.rule;
    this.subject = init.subject;
    this.period = init.period;
    this.limitUsd = init.limitUsd;
    this.spentUsd = init.spentUsd;
    this.heldUsd = init.heldUsd;
    this.requiredUsd = init.requiredUsd;
    this.resetsAt = init.resetsAt;
    this.retryAfterMs = init.retryAfterMs;
  }
}

/**
 * It is not known whether a spend limit allows something: its store did not answer in time, or a function that returns
 * a limit failed. Nothing is reserved, and nothing was sent to OpenRouter.
 */
export class OpenRouterSpendStoreException extends OpenRouterException {
  static {
    brandException(this, 'OpenRouterSpendStoreException');
  }

  /** @param message - What did not answer. Pass only what may be logged. */
  constructor(message: string) {
    super('OPENROUTER_SPEND_STORE', message);
  }
}
