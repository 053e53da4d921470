import { randomUUID } from 'node:crypto';
import { type DynamicModule, Inject, Module, type ModuleMetadata, type OnModuleInit } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { ApplicationAccounts } from './application/application-accounts.js';
import {
  asyncOptionsSource,
  failingSource,
  type OptionsSource,
  syncOptionsSource,
} from './application/options-source.js';
import { REGISTRATION } from './application/registration.schema.js';
import { accountProviders, otherCopiesProviders } from './openrouter.providers.js';
import type { OpenRouterModuleAsyncOptions, OpenRouterRegistration } from './openrouter.registration.js';
import { REGISTRATION_ID } from './openrouter.tokens.js';
import { configFaultIn } from './options/check-options.js';
import type { OpenRouterKey, OpenRouterModuleOptions } from './options/openrouter-options.js';
import { isSecretString } from './secret/secret-string.js';
import { isRecord } from './untrusted/is-record.js';

/**
 * Registers OpenRouter accounts.
 *
 * @example One account
 * ```ts
 * @Module({ imports: [OpenRouterModule.forRoot(process.env.OPENROUTER_MANAGEMENT_KEY!)] })
 * export class AppModule {}
 * ```
 *
 * @example Keys from ConfigService
 * ```ts
 * OpenRouterModule.forRootAsync({
 *   inject: [ConfigService],
 *   useFactory: (config: ConfigService) => ({ managementKey: config.getOrThrow('OPENROUTER_MANAGEMENT_KEY') }),
 * });
 * ```
 */
@Module({})
export class OpenRouterModule implements OnModuleInit {
  /** @internal */
  private readonly modules: ModulesContainer;

  /** @internal */
  constructor(@Inject(ModulesContainer) modules: ModulesContainer) {
    this.modules = modules;
  }

  /**
   * Registers an account with its key or its options.
   *
   * Whatever is wrong with them stops the boot with an `OpenRouterConfigException` that names the option and the fix.
   *
   * @param keyOrOptions - A key of the account, or options, with `name` for a further account and `isGlobal`.
   */
  static forRoot(
    keyOrOptions: OpenRouterKey | (OpenRouterModuleOptions & OpenRouterRegistration),
  ): DynamicModule {
    if (!isRecord(keyOrOptions) || isSecretString(keyOrOptions)) {
      return dynamicModule({}, 'OpenRouterModule.forRoot', syncOptionsSource(keyOrOptions));
    }
    const { name, isGlobal, ...options }: OpenRouterModuleOptions & OpenRouterRegistration = keyOrOptions;
    return dynamicModule({ name, isGlobal }, 'OpenRouterModule.forRoot', syncOptionsSource(options));
  }

  /**
   * Registers an account whose options come from other providers, such as `ConfigService`.
   *
   * Whatever is wrong with them stops the boot with an `OpenRouterConfigException` that names the option and the fix.
   *
   * @param registration - One of `useFactory` (with `inject`), `useClass` and `useExisting`; `imports`,
   * `extraProviders`, `name`, `isGlobal`.
   */
  static forRootAsync(registration: OpenRouterModuleAsyncOptions): DynamicModule {
    const given: Partial<OpenRouterModuleAsyncOptions> = isRecord(registration) ? registration : {};
    return dynamicModule(
      given,
      'OpenRouterModule.forRootAsync',
      asyncOptionsSource(given),
      // Anything else is an error at boot, which Nest reaches only with a list.
      Array.isArray(given.imports) ? given.imports : [],
    );
  }

  /** Nest's hook: checks the registrations. */
  onModuleInit(): void {
    ApplicationAccounts.of(this.modules).check();
  }
}

function dynamicModule(
  { name, isGlobal }: OpenRouterRegistration,
  method: string,
  source: OptionsSource,
  imports: ModuleMetadata['imports'] = [],
): DynamicModule {
  const fault = configFaultIn(REGISTRATION, { name, isGlobal }, method);
  const account = fault === undefined ? name : undefined;
  const subject = account === undefined ? method : `${method} (account '${account}')`;
  const { providers, exports } = accountProviders(
    fault === undefined ? source : failingSource(fault),
    account,
    subject,
  );
  // Nest may identify modules by a hash of their metadata, which contains no keys: two accounts would look the same.
  const id = { provide: REGISTRATION_ID, useValue: randomUUID() };
  let others: ReturnType<typeof otherCopiesProviders> | undefined;
  // Made when Nest first reads the module, since every library has loaded its copy of the package by then.
  const ofOthers = () => (others ??= account === undefined ? otherCopiesProviders() : []);
  return {
    module: OpenRouterModule,
    global: isGlobal === true,
    imports,
    get providers() {
      return [...providers, id, ...ofOthers()];
    },
    get exports() {
      return [...exports, ...ofOthers().map(({ provide }) => provide)];
    },
  };
}
