import { Inject, Injectable, Optional } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import { findBalance, findSpendLimits } from '../application/account-lookup.js';
import type { BalanceService } from '../balance/balance.service.js';
import { TimedBalanceReader } from '../balance/timed-balance-reader.js';
import { checkCallOptions } from '../options/check-options.js';
import { failureReport, type HealthReport, lateReport, reportOf } from './health-report.js';
import { HEALTH_OPTIONS, type OpenRouterHealthOptions } from './openrouter-health.options.js';

/** Injection token of the account name given to `OpenRouterHealthModule.forRoot`. */
export const HEALTH_ACCOUNT = 'nestjs-openrouter/health-account';

/** Half of the default timeout of a Kubernetes probe, which is one second. */
export const DEFAULT_HEALTH_TIMEOUT_MS = 500;

/**
 * Health of an account, for `@nestjs/terminus` 11 and 12.
 *
 * A check reads the balance in memory (`BalanceService.get()`), so probes cost no calls to OpenRouter. If no reading is
 * fresh enough, it waits for a new one for at most `timeoutMs`. The account is up if OpenRouter answers. With
 * `minimumSpendable` at least that amount must also be spendable: if it is less or unknown, the account is down. A `stale`
 * balance, served while OpenRouter cannot be reached, counts like a fresh one.
 *
 * The details contain figures in US dollars and the reason if the account is down, never a key. Where there are spend
 * limits, `spendStoreUp` says whether their store answers: `null` if it was not asked yet. It does not affect the
 * result.
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
   * @param results - Makes the results for Terminus.
   * @param modules - Looks up the accounts.
   * @param account - The account of checks that name no other.
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
   * @throws `OpenRouterValidationException` for wrong options; `OpenRouterConfigException` if the application has no
   * such account.
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
    const shown = { ...details, ...this.limitsOf(account) };
    const result = this.results.check(key);
    return isUp ? result.up(shown) : result.down(shown);
  }

  /** Whether the store of the spend limits answers; empty without spend limits. @internal */
  private limitsOf(account: string | undefined): { readonly spendStoreUp?: boolean | null } {
    try {
      const { diagnostics } = findSpendLimits(this.modules, account, 'OpenRouterHealthIndicator');
      return diagnostics === undefined ? {} : { spendStoreUp: diagnostics.storeUp };
    } catch {
      // A test may have replaced only the balance of an account.
      return {};
    }
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
