import { Inject, type InjectionToken } from '@nestjs/common';
import { OpenRouterClient } from './openrouter.client.js';

// Texts rather than symbols or classes: the CommonJS and the ES module copy of the package must mean the same.
const PREFIX = 'nestjs-openrouter';

/**
 * Token of the default account's options in force (`ResolvedOpenRouterOptions`): validated, frozen, without keys.
 */
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

/** Token of what makes a registration differ from every other one. */
export const REGISTRATION_ID = `${PREFIX}/registration`;

const PIPELINE_PREFIX = `${PREFIX}/pipeline/`;

/** Token of an account's pipeline: one of these in a module is what registers the account. */
export function pipelineToken(account: string): string {
  return `${PIPELINE_PREFIX}${account}`;
}

/**
 * Token of an account's balance: that of a named account has to be a provider to get Nest's hooks, that of the default
 * account is found by every copy of the package.
 */
export function balanceToken(account: string): string {
  return `${PREFIX}/balance/${account}`;
}

/** The account whose pipeline a token stands for, or `undefined` if it stands for something else. */
export function accountOfToken(token: unknown): string | undefined {
  return typeof token === 'string' && token.startsWith(PIPELINE_PREFIX)
    ? token.slice(PIPELINE_PREFIX.length)
    : undefined;
}
