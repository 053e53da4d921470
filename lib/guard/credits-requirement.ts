import type { OpenRouterConfigException } from '../errors/client.exceptions.js';
import { configFault, knownOptions } from '../options/config-fault.js';

/** Settings of `@RequireCredits`. */
export interface RequireCreditsOptions {
  /** Name of the account. @defaultValue the default account */
  account?: string | undefined;
  /** Status of the refusal, from 400 to 599, over every transport that tells one. @defaultValue `402` */
  status?: number | undefined;
  /**
   * What becomes of a request while it is not known what can be spent: OpenRouter cannot be reached, or does not tell
   * the key. `'allow'` lets it through, since OpenRouter itself refuses what cannot be paid; `'deny'` refuses it.
   * @defaultValue `'allow'`
   */
  onUnknown?: 'allow' | 'deny' | undefined;
}

/** What a route needs. */
export interface CreditsRequirement {
  /** US dollars. */
  readonly minimumUsd: number;
  readonly account: string | undefined;
  readonly status: number;
  readonly onUnknown: 'allow' | 'deny';
}

const SUBJECT = '@RequireCredits';

const OPTIONS = [
  'account',
  'status',
  'onUnknown',
] as const satisfies readonly (keyof RequireCreditsOptions)[];

/** What the guard asks for where it was put without a decorator: that anything is left. */
export const ANY_CREDITS: CreditsRequirement = requirementOf(undefined, undefined);

/**
 * Checks what the decorator was given, and fills in the defaults.
 *
 * @throws `OpenRouterConfigException`
 */
export function requirementOf(minimumUsd: unknown, options: unknown): CreditsRequirement {
  const minimum = minimumUsd === undefined ? 0 : minimumUsd;
  if (typeof minimum !== 'number' || !Number.isFinite(minimum) || minimum < 0) {
    throw fault('the minimum must be a number of US dollars from 0 up');
  }
  const given = options === undefined ? {} : options;
  const {
    account,
    status = 402,
    onUnknown = 'allow',
  } = knownOptions(given, SUBJECT, OPTIONS, '{ status: 503 }');
  if (account !== undefined && (typeof account !== 'string' || account.trim() === '')) {
    throw fault('`account` must be the name of an account; leave it out for the default one');
  }
  if (typeof status !== 'number' || !Number.isInteger(status) || status < 400 || status > 599) {
    throw fault('`status` must be a whole number from 400 to 599');
  }
  if (onUnknown !== 'allow' && onUnknown !== 'deny') {
    throw fault("`onUnknown` must be 'allow' or 'deny'");
  }
  return Object.freeze({ minimumUsd: minimum, account, status, onUnknown });
}

/** Whether an amount is enough. Nothing is never enough: OpenRouter refuses whoever has no money left. */
export function isEnough(spendable: number, { minimumUsd }: CreditsRequirement): boolean {
  return spendable > 0 && spendable >= minimumUsd;
}

function fault(what: string): OpenRouterConfigException {
  return configFault(SUBJECT, what);
}
