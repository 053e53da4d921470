import { Inject, Injectable, Optional } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import { findBalance } from '../application/account-lookup.js';
import type { BalanceService } from '../balance/balance.service.js';
import { TimedBalanceReader } from '../balance/timed-balance-reader.js';
import { checkCallOptions } from '../options/check-options.js';
import { failureReport, type HealthReport, lateReport, reportOf } from './health-report.js';
import { HEALTH_OPTIONS, type OpenRouterHealthOptions } from './openrouter-health.options.js';

/** Token of the account that `OpenRouterHealthModule.forRoot` was given. */
export const HEALTH_ACCOUNT = 'nestjs-openrouter/health-account';

/** A probe of Kubernetes waits for a second, if it is not told otherwise. */
export const DEFAULT_HEALTH_TIMEOUT_MS = 500;

/**
 * Health of an account, for `@nestjs/terminus` 11 and 12.
 *
 * A check reads the balance that is in memory (`BalanceService.get()`), so that probes cost no calls to OpenRouter; where
 * none is fresh enough it waits for a reading, not longer than `timeoutMs`. The account is up if OpenRouter answers,
 * and, with `minimumSpendable`, if so much can be spent: less, or an amount that is not known, is down. A balance that is
 * `stale`, since OpenRouter cannot be reached at the moment, is still one.
 *
 * The details are figures in US dollars, and why the account is down; never a key.
 *
 * @example
 * ```ts
 * @HealthCheck()
 * @Get('health')
 * check() {
 *   return this.health.check([() => this.openRouter.isHealthy('openrouter', { minimumSpendable: 5 })]);
 * }
 * ```
 */
@Injectable()
export class OpenRouterHealthIndicator {
  /** @internal */
  private readonly results: HealthIndicatorService;
  /** @internal */
  private readonly modules: ModuleRef;
  /** @internal */
  private readonly account: string | undefined;
  /** @internal */
  private readonly reader = new TimedBalanceReader();

  /**
   * @param results - What Terminus makes results with.
   * @param modules - Where the accounts are looked up.
   * @param account - The account of checks that name none.
   */
  constructor(
    @Inject(HealthIndicatorService) results: HealthIndicatorService,
    @Inject(ModuleRef) modules: ModuleRef,
    @Optional() @Inject(HEALTH_ACCOUNT) account?: string,
  ) {
    this.results = results;
    this.modules = modules;
    this.account = account;
  }

  /**
   * Checks an account. An account that is down is a result, not an exception.
   *
   * @param key - Name of the result.
   * @param options - `account`, `minimumSpendable` in US dollars, `timeoutMs`.
   * @throws `OpenRouterValidationException` for options that are wrong; `OpenRouterConfigException` if the application
   * has no such account.
   */
  async isHealthy<const Key extends string>(
    key: Key,
    options: OpenRouterHealthOptions = {},
  ): Promise<HealthIndicatorResult<Key>> {
    const {
      account = this.account,
      minimumSpendable,
      timeoutMs = DEFAULT_HEALTH_TIMEOUT_MS,
    } = checkCallOptions(HEALTH_OPTIONS, options, 'OpenRouterHealthIndicator.isHealthy');
    const balance = findBalance(this.modules, account, 'OpenRouterHealthIndicator');
    const { isUp, details } = await this.check(balance, minimumSpendable, timeoutMs);
    const result = this.results.check(key);
    return isUp ? result.up(details) : result.down(details);
  }

  /** @internal */
  private async check(
    balance: BalanceService,
    minimumSpendable: number | undefined,
    timeoutMs: number,
  ): Promise<HealthReport> {
    try {
      const figures = await this.reader.read(balance, timeoutMs);
      return figures === undefined ? lateReport(timeoutMs) : reportOf(figures, minimumSpendable);
    } catch (error) {
      return failureReport(error);
    }
  }
}
