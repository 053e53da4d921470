import { durationRule, Obeys, type Rule } from '../options/option-rules.js';

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

/** What a name of an account must be. */
export const accountRule: Rule = (value) =>
  typeof value === 'string' && value.trim() !== ''
    ? undefined
    : 'must be the name of an account; leave it out for the default one';

const usdRule: Rule = (value) =>
  typeof value === 'number' && Number.isFinite(value) ? undefined : 'must be a number of US dollars';

/** The rules of {@link OpenRouterHealthOptions}. */
export class HealthOptionsSchema implements OpenRouterHealthOptions {
  @Obeys(accountRule)
  declare account?: string;

  @Obeys(usdRule)
  declare minimumSpendable?: number;

  @Obeys(durationRule)
  declare timeoutMs?: number;
}
