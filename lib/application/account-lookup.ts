import type { ModuleRef } from '@nestjs/core';
import { BalanceService } from '../balance/balance.service.js';
import { configFault } from '../options/config-fault.js';
import { DEFAULT_ACCOUNT } from '../options/option-defaults.js';
import { SpendLimitsService } from '../spend-limits/spend-limits.service.js';
import { balanceToken, getOpenRouterClientToken, spendLimitsToken } from '../openrouter.tokens.js';

/**
 * Finds the balance of an account, in whichever module of the application the account is registered.
 *
 * @param account - The name of the account; `undefined` for the default account.
 * @param seeker - Who needs the balance, for the message.
 * @throws `OpenRouterConfigException` if the application has no such account.
 */
export function findBalance(modules: ModuleRef, account: string | undefined, seeker: string): BalanceService {
  try {
    return account === undefined
      ? defaultBalance(modules)
      : modules.get(getOpenRouterClientToken(account), { strict: false }).balance;
  } catch {
    throw configFault(seeker, howToRegister(account));
  }
}

/**
 * Finds the spend limits of an account, in whichever module of the application the account is registered.
 *
 * @param account - The name of the account; `undefined` for the default account.
 * @param seeker - Who needs them, for the message.
 * @throws `OpenRouterConfigException` if the application has no such account.
 */
export function findSpendLimits(
  modules: ModuleRef,
  account: string | undefined,
  seeker: string,
): SpendLimitsService {
  try {
    return account === undefined
      ? defaultSpendLimits(modules)
      : modules.get(getOpenRouterClientToken(account), { strict: false }).spendLimits;
  } catch {
    throw configFault(seeker, howToRegister(account));
  }
}

function defaultBalance(modules: ModuleRef): BalanceService {
  try {
    return modules.get(BalanceService, { strict: false });
  } catch {
    // Another copy of the package may have registered the account, under its own class.
    return modules.get<BalanceService>(balanceToken(DEFAULT_ACCOUNT), { strict: false });
  }
}

function defaultSpendLimits(modules: ModuleRef): SpendLimitsService {
  try {
    return modules.get(SpendLimitsService, { strict: false });
  } catch {
    // As for the balance.
    return modules.get<SpendLimitsService>(spendLimitsToken(DEFAULT_ACCOUNT), { strict: false });
  }
}

function howToRegister(account: string | undefined): string {
  return account === undefined
    ? 'there is no default account in this application; import OpenRouterModule.forRoot(…) in one of its modules, ' +
        'or name the account that is meant with the option `account`'
    : `there is no account '${account}' in this application; import OpenRouterModule.forRoot({ name: '${account}', … }) ` +
        'in one of its modules';
}
