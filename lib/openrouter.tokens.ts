import { Inject, type InjectionToken } from '@nestjs/common';
import { BalanceService } from './balance/balance.service.js';
import { MeteringService } from './metering/metering.service.js';
import { OpenRouterClient } from './openrouter.client.js';
import { type OpenRouterServices, SERVICE_NAMES, SERVICES } from './openrouter.services.js';
import { SpendLimitsService } from './spend-limits/spend-limits.service.js';
import { DEFAULT_ACCOUNT } from './options/option-defaults.js';

// Strings rather than symbols, so that they are equal in the CommonJS and the ES module copy of the package.
const PREFIX = 'nestjs-openrouter';

/** Token of the default account's options in force (`ResolvedOpenRouterOptions`): validated, frozen, without keys. */
export const OPENROUTER_OPTIONS = `${PREFIX}/options`;

/**
 * Token of an account's {@link OpenRouterClient}.
 *
 * @param name - The name that the account was registered with; leave it out for the default account.
 */
export function getOpenRouterClientToken(name?: string): InjectionToken<OpenRouterClient> {
  return name === undefined ? OpenRouterClient : `${PREFIX}/client/${name}`;
}

/**
 * Injects an account's {@link OpenRouterClient}.
 *
 * @param name - The name that the account was registered with; leave it out for the default account.
 *
 * @example
 * ```ts
 * constructor(@InjectOpenRouterClient('eu') private readonly eu: OpenRouterClient) {}
 * ```
 */
export function InjectOpenRouterClient(name?: string): ParameterDecorator & PropertyDecorator {
  return Inject(getOpenRouterClientToken(name));
}

/** Token of a value that is different for each registration. */
export const REGISTRATION_ID = `${PREFIX}/registration`;

const ACCOUNT_PREFIX = `${PREFIX}/account/`;

/** The tokens of one account's parts. */
export interface AccountTokens {
  /** The module that provides it registers the account. */
  readonly account: string;
  readonly pipeline: string;
  readonly service: Readonly<Record<keyof OpenRouterServices, InjectionToken>>;
  /** All services by their names. */
  readonly services: string;
  readonly balance: InjectionToken<BalanceService>;
  readonly spendLimits: InjectionToken<SpendLimitsService>;
  readonly metering: InjectionToken<MeteringService>;
  readonly client: InjectionToken<OpenRouterClient>;
}

/**
 * The tokens of an account. In the default account, the parts that users inject have their classes as tokens.
 *
 * @param name - The name that the account was registered with; leave it out for the default account.
 */
export function accountTokens(name?: string): AccountTokens {
  const account = name ?? DEFAULT_ACCOUNT;
  return {
    account: `${ACCOUNT_PREFIX}${account}`,
    pipeline: `${PREFIX}/pipeline/${account}`,
    service: name === undefined ? SERVICES : namedServiceTokens(name),
    services: `${PREFIX}/services/${account}`,
    balance: name === undefined ? BalanceService : balanceToken(account),
    spendLimits: name === undefined ? SpendLimitsService : spendLimitsToken(account),
    metering: name === undefined ? MeteringService : `${PREFIX}/metering/${account}`,
    client: getOpenRouterClientToken(name),
  };
}

/** Token of an account's balance that is equal in every copy of the package. */
export function balanceToken(account: string): string {
  return `${PREFIX}/balance/${account}`;
}

/** Token of an account's spend limits that is equal in every copy of the package. */
export function spendLimitsToken(account: string): string {
  return `${PREFIX}/spend-limits/${account}`;
}

/** The account that a token registers, or `undefined` for any other token. */
export function registeredAccount(token: unknown): string | undefined {
  return typeof token === 'string' && token.startsWith(ACCOUNT_PREFIX)
    ? token.slice(ACCOUNT_PREFIX.length)
    : undefined;
}

function namedServiceTokens(account: string): AccountTokens['service'] {
  const token = (service: keyof OpenRouterServices): string => `${PREFIX}/service/${service}/${account}`;
  return Object.fromEntries(SERVICE_NAMES.map((name) => [name, token(name)])) as AccountTokens['service'];
}
