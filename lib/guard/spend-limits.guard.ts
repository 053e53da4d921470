import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { ModuleRef, Reflector } from '@nestjs/core';
import { findSpendLimits } from '../application/account-lookup.js';
import { OpenRouterSpendStoreException } from '../errors/spend.exceptions.js';
import { ambientScope } from '../metering/scope/ambient-scope.js';
import { routeScopeOf } from '../metering/scope/route-scope.js';
import { mergeScopes } from '../options/spend-scope.js';
import type { SpendUsage } from '../contracts/spend-usage.js';
import { openSpendLimitsOf, type SpendLimitsService } from '../spend-limits/spend-limits.service.js';
import { spendLimitException } from '../spend-limits/spend-refusal.js';
import type { GuardedTarget } from './requirement-metadata.js';
import { limitRefusalFor } from './spend-limit-http.exception.js';

/** A string, so that the CommonJS and the ES module copy of the package understand each other's decorators. */
const KEY = 'nestjs-openrouter/within-spend-limits';

const reflector = new Reflector();

/** An account whose limits a route has to be within; `undefined` for the default one. */
export type LimitedAccount = string | undefined;

/**
 * Adds an account to a target's own ones.
 *
 * @returns Whether it is the first.
 */
export function addLimitedAccount(target: GuardedTarget, account: LimitedAccount): boolean {
  const others = Reflect.getOwnMetadata(KEY, target) as readonly LimitedAccount[] | undefined;
  Reflect.defineMetadata(KEY, [...(others ?? []), account], target);
  return others === undefined;
}

/** Refuses requests whose scope has nothing left under a spend limit. It asks the store, and reserves nothing. */
@Injectable()
export class SpendLimitsGuard implements CanActivate {
  /** @internal */
  private readonly modules: ModuleRef;
  /** @internal */
  private readonly found = new Map<LimitedAccount, SpendLimitsService>();

  constructor(@Inject(ModuleRef) modules: ModuleRef) {
    this.modules = modules;
  }

  /** Called by Nest. */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const targets = [context.getHandler(), context.getClass()];
    const accounts = reflector.getAllAndOverride<readonly LimitedAccount[] | undefined>(KEY, targets) ?? [
      undefined,
    ];
    const route = routeScopeOf(context);
    const scope = route === undefined ? ambientScope() : mergeScopes(ambientScope(), route);
    for (const account of accounts) {
      const limits = this.limitsOf(account);
      if (scope === undefined) {
        openSpendLimitsOf(limits)?.notes.unscopedRoute();
      }
      const usages = await usagesOf(limits, scope ?? {});
      const spent = usages.find(({ remainingUsd }) => remainingUsd === 0);
      if (spent !== undefined) {
        throw limitRefusalFor(context, spendLimitException(spent, undefined));
      }
    }
    return true;
  }

  /** @internal */
  private limitsOf(account: LimitedAccount): SpendLimitsService {
    let service = this.found.get(account);
    if (service === undefined) {
      service = findSpendLimits(this.modules, account, '@WithinSpendLimits');
      this.found.set(account, service);
    }
    return service;
  }
}

async function usagesOf(
  service: SpendLimitsService,
  scope: Parameters<SpendLimitsService['usage']>[0],
): Promise<readonly SpendUsage[]> {
  try {
    return await service.usage(scope);
  } catch (error) {
    const isAllowed = openSpendLimitsOf(service)?.options.onStoreFailure !== 'refuse';
    if (isAllowed && error instanceof OpenRouterSpendStoreException) {
      return [];
    }
    throw error;
  }
}
