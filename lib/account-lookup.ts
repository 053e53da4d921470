import type { ModuleRef } from '@nestjs/core';
import { OpenRouterConfigException } from './errors/client.exceptions.js';
import { getOpenRouterClientToken } from './openrouter.tokens.js';

/** The part of an account that is looked up. */
interface Account {
  readonly balance: BalanceReader;
}

/** Reads the figures of an account. */
export interface BalanceReader {
  get(): Promise<BalanceFigures>;
}

export interface BalanceFigures {
  readonly totalCredits: number | null;
  readonly totalUsage: number | null;
  readonly balance: number | null;
  readonly keyLimitRemaining: number | null;
  readonly spendable: number | null;
  readonly estimated: number | null;
  readonly stale: boolean;
  readonly fetchedAt: Date;
}

/**
 * Finds an account's balance wherever in the application the account is registered, imported here or not.
 *
 * @param account - Its name; `undefined` for the default account.
 * @param seeker - Who looks for it, for the message.
 * @throws `OpenRouterConfigException` if there is no such account.
 */
export function findBalance(modules: ModuleRef, account: string | undefined, seeker: string): BalanceReader {
  try {
    return modules.get<Account>(getOpenRouterClientToken(account), { strict: false }).balance;
  } catch {
    const [what, how] =
      account === undefined
        ? ['no default account', 'OpenRouterModule.forRoot(…)']
        : [`no account '${account}'`, `OpenRouterModule.forRoot({ name: '${account}', … })`];
    throw new OpenRouterConfigException(
      `${seeker}: there is ${what} in this application; import ${how} in one of its modules` +
        `${account === undefined ? ', or name the account that is meant with the option `account`' : ''}.`,
    );
  }
}
