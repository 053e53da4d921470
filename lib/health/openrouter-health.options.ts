import { defineOptions } from '../options/define-options.js';
import { accountName, duration, usd } from '../options/option-rules.js';

/** Settings of one health check. */
export interface OpenRouterHealthOptions {
  /** Name of the account. @defaultValue the one given to `OpenRouterHealthModule.forRoot`, else the default account */
  account?: string | undefined;
  /**
   * The account is down while less than this many US dollars can be spent, or while that amount is unknown. Without it,
   * the account is up as long as OpenRouter answers, even if it does not show the balance to this key.
   */
  minimumSpendable?: number | undefined;
  /** The longest wait for a reading, in milliseconds. @defaultValue `500` */
  timeoutMs?: number | undefined;
}

export const HEALTH_OPTIONS = defineOptions<OpenRouterHealthOptions>('{ minimumSpendable: 5 }', {
  account: accountName,
  minimumSpendable: usd,
  timeoutMs: duration,
});
