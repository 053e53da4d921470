import type { ModuleRef } from '@nestjs/core';
import { BalanceService } from '../balance/balance.service.js';
import { configFault } from '../options/config-fault.js';
import { DEFAULT_ACCOUNT } from '../options/option-defaults.js';
import { balanceToken, getOpenRouterClientToken } from '../openrouter.tokens.js';

/**
 * Finds an account's balance wherever in the application the account is registered, imported here or not.
 *
 * @param account - Its name; `undefined` for the default account.
 * @param seeker - Who looks for it, for the message.
 * @throws `OpenRouterConfigException` if there is no such account.
 */
export function findBalance(modules: ModuleRef, account: string | undefined, seeker: string): BalanceService {
  try {
    return account === undefined
      ? defaultBalance(modules)
      : modules.get(getOpenRouterClientToken(account), { strict: false }).balance;
  } catch {
    throw configFault(seeker, whatToDo(account));
  }
}

function defaultBalance(modules: ModuleRef): BalanceService {
  try {
    return modules.get(BalanceService, { strict: false });
  } catch {
    // Another copy of the package may have registered the account, by its own class.
    return modules.get<BalanceService>(balanceToken(DEFAULT_ACCOUNT), { strict: false });
  }
}

function whatToDo(account: string | undefined): string {
  return account === undefined
    ? 'there is no default account in this application; import OpenRouterModule.forRoot(…) in one of its modules, ' +
        'or name the account that is meant with the option `account`'
    : `there is no account '${account}' in this application; import OpenRouterModule.forRoot({ name: '${account}', … }) ` +
        'in one of its modules';
}
