import type { DynamicModule, Provider } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { ApplicationAccounts } from './application/application-accounts.js';
import { verifyKeys } from './api-keys/key-verification.js';
import { BalanceService } from './balance/balance.service.js';
import { HttpPipeline } from './http/http-pipeline.js';
import { VERSION } from './http/version.js';
import { announceCopy, type LoadedCopy, otherTokensOf } from './application/loaded-copies.js';
import type { OptionsSource } from './application/options-source.js';
import { OpenRouterClient } from './openrouter.client.js';
import { eachService, openServices, type OpenRouterServices, SERVICES } from './openrouter.services.js';
import {
  balanceToken,
  getOpenRouterClientToken,
  OPENROUTER_OPTIONS,
  pipelineToken,
} from './openrouter.tokens.js';
import { configFault } from './options/config-fault.js';
import { DEFAULT_ACCOUNT } from './options/option-defaults.js';
import { resolveOptions } from './options/resolve-options.js';
import { isRecord } from './untrusted/is-record.js';

/** The classes by which a default account is injected. */
const THIS_COPY: LoadedCopy = {
  version: VERSION,
  classes: { ...SERVICES, balance: BalanceService, client: OpenRouterClient },
};

announceCopy(THIS_COPY);

/**
 * Providers of the default account for who injects it by the classes of another copy of the package, as far as such
 * copies are loaded by now.
 */
export function otherCopiesProviders(): ReturnType<typeof otherTokensOf> {
  return otherTokensOf(THIS_COPY);
}

/**
 * An account's providers. The default account's services are there by class; a named account's through its client.
 *
 * @param subject - How the account was registered, for messages.
 */
export function accountProviders(
  source: OptionsSource,
  name: string | undefined,
  subject: string,
): Required<Pick<DynamicModule, 'providers' | 'exports'>> {
  const account = name ?? DEFAULT_ACCOUNT;
  const pipeline = pipelineToken(account);
  const pipelineProvider: Provider = {
    provide: pipeline,
    inject: [ModulesContainer, ...source.inject],
    useFactory: async (modules: ModulesContainer, ...dependencies: unknown[]) => {
      const accounts = ApplicationAccounts.of(modules);
      accounts.enter(account);
      const made = new HttpPipeline(
        resolveOptions(optionsAlone(await source.options(...dependencies), subject), subject, account),
      );
      if (made.options.verifyKeysOnBootstrap) {
        await verifyKeys(made, subject).catch((error: unknown) => {
          void made.close();
          throw error;
        });
      }
      accounts.follow(account, made);
      return made;
    },
  };
  const openBalance = (
    modules: ModulesContainer,
    made: HttpPipeline,
    services: OpenRouterServices,
  ): BalanceService => {
    const accounts = ApplicationAccounts.of(modules);
    const balance = new BalanceService(made, services, (start) => accounts.whenUp(account, start));
    accounts.follow(account, balance);
    return balance;
  };
  const client = getOpenRouterClientToken(name);
  if (name !== undefined) {
    const clientProvider: Provider = {
      provide: client,
      inject: [ModulesContainer, pipeline],
      useFactory: (modules: ModulesContainer, made: HttpPipeline) => {
        const services = openServices(made);
        const balance = openBalance(modules, made, services);
        return new OpenRouterClient(undefined, { pipeline: made, services, balance });
      },
    };
    // A provider of its own, or Nest would not call its hooks.
    const balanceProvider: Provider = {
      provide: balanceToken(account),
      inject: [client],
      useFactory: ({ balance }: OpenRouterClient) => balance,
    };
    return {
      providers: [...source.providers, pipelineProvider, clientProvider, balanceProvider],
      exports: [client],
    };
  }
  const services = Object.values(SERVICES);
  return {
    providers: [
      ...source.providers,
      pipelineProvider,
      {
        provide: OPENROUTER_OPTIONS,
        inject: [pipeline],
        useFactory: (made: HttpPipeline) => made.options,
      },
      ...services.map((Service) => ({
        provide: Service,
        inject: [pipeline],
        useFactory: (made: HttpPipeline) => new Service(made),
      })),
      {
        provide: BalanceService,
        inject: [ModulesContainer, pipeline, ...services],
        useFactory: (modules: ModulesContainer, made: HttpPipeline, ...injected: unknown[]) =>
          openBalance(modules, made, byName(injected)),
      },
      {
        provide: OpenRouterClient,
        inject: [pipeline, BalanceService, ...services],
        useFactory: (made: HttpPipeline, balance: BalanceService, ...injected: unknown[]) =>
          new OpenRouterClient(undefined, { pipeline: made, balance, services: byName(injected) }),
      },
      { provide: balanceToken(account), useExisting: BalanceService },
    ],
    exports: [OPENROUTER_OPTIONS, ...services, BalanceService, OpenRouterClient],
  };
}

/** The services of an account by their names, from what Nest has injected in the order of the table. */
function byName(injected: readonly unknown[]): OpenRouterServices {
  const order = Object.values(SERVICES);
  return eachService((name) => injected[order.indexOf(SERVICES[name])]) as unknown as OpenRouterServices;
}

/** Refuses what a factory has no say in, since Nest has needed it before. */
function optionsAlone(raw: unknown, subject: string): unknown {
  const misplaced = isRecord(raw) ? ['name', 'isGlobal'].find((name) => raw[name] !== undefined) : undefined;
  if (misplaced !== undefined) {
    throw configFault(
      subject,
      `\`${misplaced}\` has no effect in what the factory returns; set it beside \`useFactory\``,
    );
  }
  return raw;
}
