import { checkConfig } from '../options/check-options.js';
import { configFault } from '../options/config-fault.js';
import { defineOptions } from '../options/define-options.js';
import { accountName, integerFrom, oneOf } from '../options/option-rules.js';
import { shown } from '../options/shown-value.js';

/** Settings of `@RequireCredits`. */
export interface RequireCreditsOptions {
  /** Name of the account. @defaultValue the default account */
  account?: string | undefined;
  /** Status of the refusal, from 400 to 599, on every transport that has one. @defaultValue `402` */
  status?: number | undefined;
  /**
   * What happens to a request while the spendable amount is unknown, because OpenRouter cannot be reached or does not
   * show it to the key. `'allow'` lets it through, since OpenRouter itself refuses what cannot be paid; `'deny'`
   * refuses it.
   * @defaultValue `'allow'`
   */
  onUnknown?: 'allow' | 'deny' | undefined;
}

/** The requirement of a route. */
export interface CreditsRequirement {
  /** US dollars. */
  readonly minimumUsd: number;
  readonly account: string | undefined;
  readonly status: number;
  readonly onUnknown: 'allow' | 'deny';
}

const SUBJECT = '@RequireCredits';

const REQUIRE_CREDITS_OPTIONS = defineOptions<RequireCreditsOptions>('{ status: 503 }', {
  account: accountName,
  status: integerFrom(400, 599),
  onUnknown: oneOf('allow', 'deny'),
});

/** The requirement of a guard that is applied without the decorator: any amount above 0. */
export const ANY_CREDITS: CreditsRequirement = requirementOf(undefined, undefined);

/**
 * Checks the arguments of the decorator and fills in the defaults.
 *
 * @throws `OpenRouterConfigException`
 */
export function requirementOf(minimumUsd: unknown, options: unknown): CreditsRequirement {
  const minimum = minimumUsd === undefined ? 0 : minimumUsd;
  if (typeof minimum !== 'number' || !Number.isFinite(minimum) || minimum < 0) {
    throw configFault(
      SUBJECT,
      `the minimum must be a number of US dollars, 0 or more; got ${shown(minimum)}`,
    );
  }
  const given = options === undefined ? {} : options;
  const { account, status = 402, onUnknown = 'allow' } = checkConfig(REQUIRE_CREDITS_OPTIONS, given, SUBJECT);
  return Object.freeze({ minimumUsd: minimum, account, status, onUnknown });
}

/** Whether an amount is enough. 0 never is: OpenRouter refuses an account without money. */
export function isEnough(spendable: number, { minimumUsd }: CreditsRequirement): boolean {
  return spendable > 0 && spendable >= minimumUsd;
}
