import type { BalanceStore } from '../contracts/balance-store.js';
import type { OpenRouterInstrumentation } from '../contracts/instrumentation.js';
import type { RetryOptions } from '../contracts/request-options.js';
import { isSecretString } from '../secret/secret-string.js';
import { isRecord } from '../untrusted/is-record.js';
import type {
  BalanceOptions,
  BalanceThresholdOptions,
  OpenRouterAxiosOptions,
  OpenRouterKeySource,
  OpenRouterModuleOptions,
} from './openrouter-options.js';
import {
  baseUrlRule,
  booleanRule,
  categoriesRule,
  delayRule,
  durationRule,
  headersRule,
  headerTextRule,
  integerRule,
  keyTextProblem,
  Obeys,
  rangeRule,
  type Rule,
  statusListRule,
  webUrlRule,
} from './option-rules.js';
import { unknownName } from './validate-object.js';

const MEBIBYTE = 1_048_576;

/** Twice this is more than a JavaScript string can hold. */
const LARGEST_RESPONSE_BYTES = 256 * MEBIBYTE;

const AXIOS_OPTIONS = [
  'adapter',
  'family',
  'httpAgent',
  'httpsAgent',
  'lookup',
  'proxy',
] as const satisfies readonly (keyof OpenRouterAxiosOptions)[];

const keySourceRule: Rule = (value) => {
  if (typeof value === 'function') {
    return undefined;
  }
  if (typeof value !== 'string' && !isSecretString(value)) {
    return 'must be a string, a SecretString, or a function that returns one of them';
  }
  return keyTextProblem(isSecretString(value) ? value.reveal() : value);
};

const axiosRule: Rule = (value) => {
  if (!isRecord(value)) {
    return 'must be an object, for example { httpsAgent }';
  }
  const unknown = Object.keys(value).find((name) => !(AXIOS_OPTIONS as readonly string[]).includes(name));
  return unknown === undefined
    ? axiosValueProblem(value)
    : `has a member that cannot be set: ${unknownName(unknown, AXIOS_OPTIONS)}`;
};

const ADAPTERS: readonly unknown[] = ['http', 'fetch'];
const FAMILIES: readonly unknown[] = [0, 4, 6];

/** What would otherwise be told only by the first call, and as if OpenRouter could not be reached. */
function axiosValueProblem(value: Readonly<Record<string, unknown>>): string | undefined {
  const { adapter, family, httpAgent, httpsAgent, lookup, proxy } = value;
  for (const [name, agent] of Object.entries({ httpAgent, httpsAgent })) {
    if (agent !== undefined && !(isRecord(agent) && typeof agent['addRequest'] === 'function')) {
      return `has a \`${name}\` that is no agent, as \`new https.Agent()\` is one`;
    }
  }
  if (
    ![adapter].flat().every((way) => way === undefined || typeof way === 'function' || ADAPTERS.includes(way))
  ) {
    return "has an `adapter` that is neither a function nor one of 'http' and 'fetch'";
  }
  if (family !== undefined && !FAMILIES.includes(family)) {
    return 'has a `family` that is neither 4 nor 6';
  }
  if (lookup !== undefined && typeof lookup !== 'function') {
    return 'has a `lookup` that is no function';
  }
  if (proxy !== undefined && proxy !== false && !(isRecord(proxy) && typeof proxy['host'] === 'string')) {
    return 'has a `proxy` that is neither false nor an object with `host` and `port`';
  }
  return undefined;
}

const HOOKS = [
  'onAttach',
  'onAlert',
  'onRequest',
  'onResponse',
  'onError',
  'onRetry',
  'wrap',
] as const satisfies readonly (keyof OpenRouterInstrumentation)[];

const instrumentationRule: Rule = (value) =>
  [value].flat().every(hasHook)
    ? undefined
    : `must be an object with at least one of the functions ${HOOKS.join(', ')}, or a list of such objects`;

function hasHook(value: unknown): boolean {
  return isRecord(value) && HOOKS.some((name) => typeof value[name] === 'function');
}

/** Settings of retries, or `false`. */
export const retryRule: Rule = (value) =>
  value === false || isRecord(value)
    ? undefined
    : 'must be false or an object, for example { maxRetries: 1 }';

/** The rules of {@link RetryOptions}. */
export class RetryOptionsSchema implements RetryOptions {
  @Obeys(integerRule(0, 100))
  declare maxRetries?: number;

  @Obeys(delayRule)
  declare initialDelayMs?: number;

  @Obeys(rangeRule(1, 100))
  declare backoffMultiplier?: number;

  @Obeys(delayRule)
  declare maxDelayMs?: number;

  @Obeys(statusListRule)
  declare retryCodes?: readonly number[];

  @Obeys(booleanRule)
  declare retryThrottledPost?: boolean;
}

const STORE_METHODS = [
  'read',
  'begin',
  'end',
  'write',
  'invalidate',
  'addSpend',
  'claimAlert',
] as const satisfies readonly (keyof BalanceStore)[];

const storeRule: Rule = (value) => {
  const missing = isRecord(value)
    ? STORE_METHODS.find((name) => typeof value[name] !== 'function')
    : STORE_METHODS[0];
  return missing === undefined ? undefined : `must be a BalanceStore; it has no method \`${missing}\``;
};

/** Settings that are an object of their own. */
const objectRule: Rule = (value) => (isRecord(value) ? undefined : 'must be an object');

const thresholdRule: Rule = (value) =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0
    ? undefined
    : 'must be a number of US dollars, 0 or more';

const criticalRule: Rule = (value, owner) => {
  const problem = thresholdRule(value, owner);
  const low: unknown = Reflect.get(owner, 'low');
  return problem === undefined && typeof low === 'number' && (value as number) > low
    ? 'must not be above `low`'
    : problem;
};

/** The rules of {@link BalanceThresholdOptions}. */
export class BalanceThresholdOptionsSchema implements BalanceThresholdOptions {
  @Obeys(thresholdRule)
  declare low?: number;

  @Obeys(criticalRule)
  declare critical?: number;

  @Obeys(rangeRule(0, 1))
  declare hysteresis?: number;
}

/** The rules of {@link BalanceOptions}. */
export class BalanceOptionsSchema implements BalanceOptions {
  @Obeys(durationRule)
  declare ttlMs?: number;

  @Obeys(delayRule)
  declare staleWhileRevalidateMs?: number;

  @Obeys(delayRule)
  declare staleIfErrorMs?: number;

  @Obeys(durationRule)
  declare pollIntervalMs?: number;

  @Obeys(booleanRule)
  declare watch?: boolean;

  @Obeys(objectRule)
  declare thresholds?: BalanceThresholdOptions;

  @Obeys(storeRule)
  declare store?: BalanceStore;
}

/** The rules of {@link OpenRouterModuleOptions}. */
export class ModuleOptionsSchema implements OpenRouterModuleOptions {
  @Obeys(keySourceRule)
  declare apiKey?: OpenRouterKeySource;

  @Obeys(keySourceRule)
  declare managementKey?: OpenRouterKeySource;

  @Obeys(baseUrlRule)
  declare baseUrl?: string;

  @Obeys(booleanRule)
  declare allowInsecureBaseUrl?: boolean;

  @Obeys(webUrlRule)
  declare httpReferer?: string;

  @Obeys(headerTextRule)
  declare appTitle?: string;

  @Obeys(categoriesRule)
  declare appCategories?: readonly string[];

  @Obeys(headersRule)
  declare headers?: Readonly<Record<string, string>>;

  @Obeys(durationRule)
  declare timeoutMs?: number;

  @Obeys(durationRule)
  declare deadlineMs?: number;

  @Obeys(retryRule)
  declare retry?: false | RetryOptions;

  @Obeys(integerRule(1, LARGEST_RESPONSE_BYTES))
  declare maxResponseBytes?: number;

  @Obeys(booleanRule)
  declare verifyKeysOnBootstrap?: boolean;

  @Obeys(axiosRule)
  declare axios?: OpenRouterAxiosOptions;

  @Obeys(objectRule)
  declare balance?: BalanceOptions;

  @Obeys(instrumentationRule)
  declare instrumentation?: OpenRouterInstrumentation | readonly OpenRouterInstrumentation[];
}
