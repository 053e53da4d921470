import {
  type DynamicModule,
  Inject,
  Module,
  type ModuleMetadata,
  type OnModuleInit,
  Optional,
} from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { TerminusModule } from '@nestjs/terminus';
import { findBalance } from '../application/account-lookup.js';
import { checkConfig } from '../options/check-options.js';
import { defineOptions, mustBe } from '../options/define-options.js';
import { accountName } from '../options/option-rules.js';
import { HEALTH_ACCOUNT, OpenRouterHealthIndicator } from './openrouter-health.indicator.js';

/** Options of `OpenRouterHealthModule.forRoot`. */
export interface OpenRouterHealthModuleOptions {
  /** Name of the account that is checked unless a check names another. @defaultValue the default account */
  account?: string | undefined;
  /** Modules to import, for example the account's `OpenRouterModule` if no other module imports it. */
  imports?: ModuleMetadata['imports'] | undefined;
}

const SUBJECT = 'OpenRouterHealthModule.forRoot';

const MODULE_OPTIONS = defineOptions<OpenRouterHealthModuleOptions>("{ account: 'eu' }", {
  account: accountName,
  imports: mustBe<NonNullable<ModuleMetadata['imports']>>('a list of modules', Array.isArray),
});

/**
 * Provides the {@link OpenRouterHealthIndicator} to the modules that import it.
 *
 * @example
 * ```ts
 * @Module({ imports: [TerminusModule, OpenRouterHealthModule.forRoot()], controllers: [HealthController] })
 * export class HealthModule {}
 * ```
 */
@Module({})
export class OpenRouterHealthModule implements OnModuleInit {
  /** @internal */
  private readonly modules: ModuleRef;
  /** @internal */
  private readonly account: string | undefined;

  /** @internal */
  constructor(@Inject(ModuleRef) modules: ModuleRef, @Optional() @Inject(HEALTH_ACCOUNT) account?: string) {
    this.modules = modules;
    this.account = account;
  }

  /**
   * @param options - `account` and `imports`.
   * @throws `OpenRouterConfigException` for wrong options, and at boot if the application has no account of that name.
   */
  static forRoot(options: OpenRouterHealthModuleOptions = {}): DynamicModule {
    const { account, imports = [] } = checkConfig(MODULE_OPTIONS, options, SUBJECT);
    return {
      module: OpenRouterHealthModule,
      imports: [TerminusModule, ...imports],
      providers: [
        OpenRouterHealthIndicator,
        ...(account === undefined ? [] : [{ provide: HEALTH_ACCOUNT, useValue: account }]),
      ],
      exports: [OpenRouterHealthIndicator],
    };
  }

  /** Called by Nest: checks that the account exists. */
  onModuleInit(): void {
    // Without a name there may be no default account: each check may name its own.
    if (this.account !== undefined) {
      findBalance(this.modules, this.account, SUBJECT);
    }
  }
}
