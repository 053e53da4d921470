import type { DynamicModule, Provider } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { Account } from './account/account.js';
import type { ActivityService } from './activity/activity.service.js';
import type { ApiKeysService } from './api-keys/api-keys.service.js';
import { verifyKeys } from './api-keys/key-verification.js';
import { ApplicationAccounts } from './application/application-accounts.js';
import { announceCopy, type LoadedCopy, otherTokensOf } from './application/loaded-copies.js';
import type { OptionsSource } from './application/options-source.js';
import { BalanceService } from './balance/balance.service.js';
import type { BudgetsService } from './budgets/budgets.service.js';
import type { CreditsService } from './credits/credits.service.js';
import type { GenerationsService } from './generations/generations.service.js';
import { HttpPipeline } from './http/http-pipeline.js';
import { VERSION } from './http/version.js';
import { MeteringService } from './metering/metering.service.js';
import { SpendLimitsService } from './spend-limits/spend-limits.service.js';
import { OpenRouterClient } from './openrouter.client.js';
import { type OpenRouterServices, SERVICE_NAMES, SERVICES } from './openrouter.services.js';
import {
  type AccountTokens,
  accountTokens,
  balanceToken,
  OPENROUTER_OPTIONS,
  spendLimitsToken,
} from './openrouter.tokens.js';
import { configFault } from './options/config-fault.js';
import { DEFAULT_ACCOUNT } from './options/option-defaults.js';
import { resolveOptions } from './options/resolve-options.js';
import { isRecord } from './untrusted/is-record.js';

/** The classes that are tokens of the default account. */
const THIS_COPY: LoadedCopy = {
  version: VERSION,
  classes: {
    ...SERVICES,
    balance: BalanceService,
    spendLimits: SpendLimitsService,
    metering: MeteringService,
    client: OpenRouterClient,
  },
};

announceCopy(THIS_COPY);

/**
 * Providers that alias the classes of other copies of the package to the default account, for the copies that are
 * loaded by now.
 */
export function otherCopiesProviders(): ReturnType<typeof otherTokensOf> {
  return otherTokensOf(THIS_COPY);
}

/**
 * An account's providers. The default account exports its parts by class, a named account only its client.
 *
 * @param subject - How the account was registered, for messages.
 */
export function accountProviders(
  source: OptionsSource,
  name: string | undefined,
  subject: string,
): Required<Pick<DynamicModule, 'providers' | 'exports'>> {
  const tokens = accountTokens(name);
  const providers = [
    ...source.providers,
    accountProvider(tokens, source, name ?? DEFAULT_ACCOUNT, subject),
    pipelineProvider(tokens, subject),
    ...SERVICE_NAMES.map((service) => serviceProvider(tokens, service)),
    servicesProvider(tokens),
    balanceProvider(tokens, name ?? DEFAULT_ACCOUNT),
    spendLimitsProvider(tokens),
    meteringProvider(tokens, name ?? DEFAULT_ACCOUNT),
    clientProvider(tokens),
  ];
  if (name !== undefined) {
    return { providers, exports: [tokens.client] };
  }
  return {
    providers: [
      ...providers,
      {
        provide: OPENROUTER_OPTIONS,
        inject: [tokens.account],
        useFactory: ({ options }: Account) => options,
      },
      { provide: balanceToken(DEFAULT_ACCOUNT), useExisting: tokens.balance },
      { provide: spendLimitsToken(DEFAULT_ACCOUNT), useExisting: tokens.spendLimits },
    ],
    exports: [
      OPENROUTER_OPTIONS,
      ...Object.values(tokens.service),
      tokens.balance,
      tokens.spendLimits,
      tokens.metering,
      tokens.client,
    ],
  };
}

function accountProvider(
  { account: provide }: AccountTokens,
  source: OptionsSource,
  name: string,
  subject: string,
): Provider {
  return {
    provide,
    inject: [ModulesContainer, ...source.inject],
    useFactory: async (modules: ModulesContainer, ...dependencies: unknown[]) => {
      const accounts = ApplicationAccounts.of(modules);
      accounts.add(name);
      const options = optionsAlone(await source.options(...dependencies), subject);
      const account = new Account(resolveOptions(options, subject, name));
      accounts.closeWithApplication(name, account);
      accounts.tellKeys(name, (hash) => account.keys.holds(hash));
      return account;
    },
  };
}

function pipelineProvider(tokens: AccountTokens, subject: string): Provider {
  return {
    provide: tokens.pipeline,
    inject: [tokens.account],
    useFactory: async (account: Account) => {
      const pipeline = new HttpPipeline(account);
      if (account.options.verifyKeysOnBootstrap) {
        await verifyKeys(pipeline, account.options, subject).catch((error: unknown) => {
          void account.close();
          throw error;
        });
      }
      return pipeline;
    },
  };
}

function serviceProvider(tokens: AccountTokens, name: keyof OpenRouterServices): Provider {
  const Service = SERVICES[name];
  return {
    provide: tokens.service[name],
    inject: [tokens.pipeline],
    useFactory: (pipeline: HttpPipeline) => new Service(pipeline),
  };
}

function servicesProvider({ services: provide, service }: AccountTokens): Provider {
  return {
    provide,
    inject: [service.credits, service.apiKeys, service.activity, service.generations, service.budgets],
    useFactory: (
      credits: CreditsService,
      apiKeys: ApiKeysService,
      activity: ActivityService,
      generations: GenerationsService,
      budgets: BudgetsService,
    ): OpenRouterServices => ({ credits, apiKeys, activity, generations, budgets }),
  };
}

function balanceProvider(tokens: AccountTokens, name: string): Provider {
  return {
    provide: tokens.balance,
    inject: [ModulesContainer, tokens.account, tokens.services],
    useFactory: (modules: ModulesContainer, account: Account, services: OpenRouterServices) => {
      const accounts = ApplicationAccounts.of(modules);
      const whenUp = (start: () => void): void => accounts.whenUp(name, start);
      const balance = new BalanceService(
        account,
        services,
        // Where a test has replaced the client of a named account, nothing can reach its balance.
        name === DEFAULT_ACCOUNT ? whenUp : (start) => account.onAttach(() => whenUp(start)),
      );
      accounts.closeWithApplication(name, balance);
      return balance;
    },
  };
}

function spendLimitsProvider(tokens: AccountTokens): Provider {
  return {
    provide: tokens.spendLimits,
    inject: [tokens.account, tokens.service.generations],
    useFactory: (account: Account, generations: GenerationsService) =>
      new SpendLimitsService(account, generations),
  };
}

function meteringProvider(tokens: AccountTokens, name: string): Provider {
  return {
    provide: tokens.metering,
    inject: [
      ModulesContainer,
      tokens.account,
      tokens.service.activity,
      tokens.service.generations,
      tokens.balance,
      tokens.spendLimits,
    ],
    useFactory: (
      modules: ModulesContainer,
      account: Account,
      activity: ActivityService,
      generations: GenerationsService,
      balance: BalanceService,
      spendLimits: SpendLimitsService,
    ) => {
      const accounts = ApplicationAccounts.of(modules);
      const isOfOtherAccount = (hash: string): boolean => accounts.isKeyOfOther(name, hash);
      const metering = new MeteringService(account, {
        activity,
        generations,
        balance,
        spendLimits,
        isOfOtherAccount,
      });
      accounts.closeWithApplication(name, metering);
      return metering;
    },
  };
}

function clientProvider(tokens: AccountTokens): Provider {
  return {
    provide: tokens.client,
    inject: [tokens.account, tokens.services, tokens.balance, tokens.spendLimits, tokens.metering],
    useFactory: (
      account: Account,
      services: OpenRouterServices,
      balance: BalanceService,
      spendLimits: SpendLimitsService,
      metering: MeteringService,
    ) => new OpenRouterClient(undefined, { account, services, balance, spendLimits, metering }),
  };
}

/** Refuses options that Nest needs before it runs the factory. */
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
