import { applyDecorators, UseGuards } from '@nestjs/common';
import { checkConfig } from '../options/check-options.js';
import { defineOptions } from '../options/define-options.js';
import { accountName } from '../options/option-rules.js';
import type { GuardedTarget } from './requirement-metadata.js';
import { addLimitedAccount, SpendLimitsGuard } from './spend-limits.guard.js';

/** Settings of `@WithinSpendLimits`. */
export interface WithinSpendLimitsOptions {
  /** The name of the account whose limits count. @defaultValue the default account */
  account?: string | undefined;
}

const OPTIONS = defineOptions<WithinSpendLimitsOptions>("{ account: 'eu' }", { account: accountName });

const applyGuard = applyDecorators(UseGuards(SpendLimitsGuard));

/**
 * Refuses the requests of a route, or of all routes of a controller, at once if their scope has nothing left under a
 * rule of `spendLimits`: for routes that do work before the completion. It merges the scope of `@MeterAs` into the one
 * in force, asks the store, and reserves nothing: the completion itself may still be refused.
 *
 * It throws an `OpenRouterSpendLimitException`, which over HTTP and in GraphQL is also an `HttpException` with status 402
 * and without figures; and an `OpenRouterSpendStoreException` if the store does not answer and `onStoreFailure` is
 * `refuse`.
 *
 * On a handler it replaces that of the controller. Several on one target, for several accounts, all apply.
 *
 * @throws `OpenRouterConfigException`, where the decorator is applied, for a wrong option.
 *
 * @example
 * ```ts
 * @MeterAs((context) => ({ tenant: context.switchToHttp().getRequest<AppRequest>().tenantId }))
 * @WithinSpendLimits()
 * @Post('report')
 * report() {}
 * ```
 */
export function WithinSpendLimits(options: WithinSpendLimitsOptions = {}): ClassDecorator & MethodDecorator {
  const { account } = checkConfig(OPTIONS, options, '@WithinSpendLimits');
  return (owner: object, name?: string | symbol, descriptor?: PropertyDescriptor) => {
    const target = (descriptor?.value ?? owner) as GuardedTarget;
    // Once is enough: the guard checks all accounts.
    if (addLimitedAccount(target, account)) {
      applyGuard(owner, name, descriptor);
    }
  };
}
