import type { OpenRouterModuleFactoryOptions, OpenRouterRegistration } from '../openrouter.registration.js';
import { defineOptions, mustBe, type Rule } from '../options/define-options.js';
import { DEFAULT_ACCOUNT } from '../options/option-defaults.js';
import { functionOf, nonEmptyString, trueOrFalse } from '../options/option-rules.js';

const FIX = 'leave it out for the default account';

const name: Rule<string> = (value, siblings) => {
  if (nonEmptyString(value, siblings) !== undefined) {
    return { mustBe: 'a non-empty string', fix: FIX };
  }
  return value === DEFAULT_ACCOUNT ? `must not be '${DEFAULT_ACCOUNT}'; ${FIX}` : undefined;
};

/** The options of the registration, as opposed to those of the account. */
export const REGISTRATION = defineOptions<OpenRouterRegistration>("{ name: 'eu' }", {
  name,
  isGlobal: trueOrFalse,
});

/** The argument of `forRootAsync`. */
export const ASYNC_REGISTRATION = defineOptions<Record<keyof OpenRouterModuleFactoryOptions, unknown>>(
  '{ useFactory }',
  {
    imports: mustBe('a list of modules', Array.isArray),
    inject: mustBe('a list of provider tokens', Array.isArray),
    useFactory: functionOf(),
    useClass: mustBe('a class', (value) => typeof value === 'function'),
    useExisting: mustBe('a provider token', (value) =>
      ['string', 'symbol', 'function'].includes(typeof value),
    ),
    extraProviders: mustBe('a list of providers', Array.isArray),
    ...REGISTRATION.checks,
  },
);
