import { defineOptions } from '../options/define-options.js';
import { accountName, duration, usd } from '../options/option-rules.js';

/** Settings of one health check. */
export interface OpenRouterHealthOptions {
  /** Name of the account. @defaultValue that of `OpenRouterHealthModule.forRoot`, or the default account */
  account?: string | undefined;
  /**
   * US dollars below which the account is down, as it is while what can be spent is not known. Without it, the account
   * is up as long as OpenRouter answers, even if it does not tell this key the balance.
   */
  minimumSpendable?: number | undefined;
  /** How long a reading is waited for, in milliseconds. @defaultValue `500` */
  timeoutMs?: number | undefined;
}

export const HEALTH_OPTIONS = defineOptions<OpenRouterHealthOptions>('{ minimumSpendable: 5 }', {
  account: accountName,
  minimumSpendable: usd,
  timeoutMs: duration,
});
