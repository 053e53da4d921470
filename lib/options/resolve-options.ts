import type { BalanceStore } from '../contracts/balance-store.js';
import type { OpenRouterInstrumentation } from '../contracts/instrumentation.js';
import type { SpendStore } from '../contracts/spend-store.js';
import type { RetryOptions } from '../contracts/request-options.js';
import { OpenRouterConfigException } from '../errors/client.exceptions.js';
import { withoutSecrets } from '../secret/secret-headers.js';
import { isSecretString } from '../secret/secret-string.js';
import { isRecord } from '../untrusted/is-record.js';
import { isThenable } from '../untrusted/is-thenable.js';
import { configFault } from './config-fault.js';
import {
  DEFAULT_ACCOUNT,
  DEFAULT_BALANCE,
  DEFAULT_BASE_URL,
  DEFAULT_DEADLINE_MS,
  DEFAULT_MAX_RESPONSE_BYTES,
  DEFAULT_METERING,
  DEFAULT_RETRY,
  DEFAULT_TIMEOUT_MS,
} from './option-defaults.js';
import { checkConfig, type Checked } from './check-options.js';
import { MODULE_OPTIONS } from './module-options.schema.js';
import type {
  BalanceOptions,
  MeteringOptions,
  OpenRouterAxiosOptions,
  OpenRouterKeySource,
  OpenRouterModuleOptions,
  ResolvedBalanceOptions,
  ResolvedMeteringOptions,
  ResolvedOpenRouterOptions,
  ResolvedRetryOptions,
} from './openrouter-options.js';

import { resolveSpendLimits } from './resolve-spend-limits.js';
import type { SpendLimitsOptions } from './spend-limits-options.js';

/** The key that an operation prefers. */
export type OpenRouterKeyKind = 'api' | 'management';

/** The source of a key, and the option that it comes from, for messages. */
export interface NamedKeySource {
  readonly option: 'apiKey' | 'managementKey';
  readonly source: OpenRouterKeySource;
}

/** Everything that a pipeline needs, including secrets. It stays inside the factory that makes the pipeline. */
export interface AccountSettings {
  /** The key for each kind of operation: the preferred one, or the other if only that is set. */
  readonly keys: Readonly<Record<OpenRouterKeyKind, NamedKeySource>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly axios: OpenRouterAxiosOptions;
  readonly instrumentations: readonly OpenRouterInstrumentation[];
  /** The store that shares the balance; `undefined` for the memory of this process. */
  readonly balanceStore: BalanceStore | undefined;
  /** The store of the spend limits; `undefined` for the memory of this process. */
  readonly spendStore: SpendStore | undefined;
  /** The `fetch` below the meter; `undefined` for the global one. */
  readonly innerFetch: typeof globalThis.fetch | undefined;
  /** Name of the account, for instrumentation. */
  readonly account: string;
  /** The options without secrets. */
  readonly options: ResolvedOpenRouterOptions;
}

const NO_KEY =
  'no key is set: give `apiKey` (any key of the account) or `managementKey` (which getCredits needs), ' +
  'and check that the environment variable that it comes from is set';

/**
 * Validates options and fills in the defaults.
 *
 * @param raw - A key, or an object of options; anything from an untyped caller.
 * @param subject - The call that was given the options, for messages.
 * @param account - Name of the account.
 * @throws `OpenRouterConfigException` that names every wrong option and its fix, and shows no key.
 */
export function resolveOptions(
  raw: unknown,
  subject: string,
  account: string = DEFAULT_ACCOUNT,
): AccountSettings {
  const input = typeof raw === 'string' || isSecretString(raw) ? { apiKey: raw } : raw;
  if (isThenable(input)) {
    throw new OpenRouterConfigException(
      `${subject} must be given a key or an object of options; got a promise: use forRootAsync, or await it first.`,
    );
  }
  if (!isRecord(input)) {
    const given =
      raw === undefined || raw === null ? 'got nothing' : 'must be given a key or an object of options';
    throw new OpenRouterConfigException(`${subject} ${given}; ${NO_KEY}.`);
  }
  const value = checkConfig(MODULE_OPTIONS, input, subject);
  const api = namedKey('apiKey', value.apiKey);
  const management = namedKey('managementKey', value.managementKey);
  const anyKey = api ?? management;
  if (anyKey === undefined) {
    throw configFault(subject, NO_KEY);
  }
  if (value.spendLimits !== undefined && !Object.hasOwn(value.spendLimits, 'rules')) {
    throw configFault(subject, '`spendLimits` needs `rules`; without any, leave it out');
  }
  const headers = Object.freeze(lowerCaseNames(value.headers ?? {}));
  return Object.freeze({
    keys: { api: anyKey, management: management ?? anyKey },
    headers,
    axios: value.axios ?? Object.freeze({}),
    instrumentations: Object.freeze([value.instrumentation ?? []].flat()),
    balanceStore: value.balance?.store,
    spendStore: value.spendLimits?.store,
    innerFetch: value.metering?.fetch,
    account,
    options: publicOptions(value, headers),
  });
}

/** Merges the retry settings of a call or of the module over those that apply otherwise. */
export function mergeRetry(
  base: false | ResolvedRetryOptions,
  over: false | RetryOptions | undefined,
): false | ResolvedRetryOptions {
  if (over === undefined || over === false) {
    return over ?? base;
  }
  return Object.freeze(withDefaults(base === false ? DEFAULT_RETRY : base, over));
}

function namedKey(
  option: NamedKeySource['option'],
  source: OpenRouterKeySource | undefined,
): NamedKeySource | undefined {
  return source === undefined ? undefined : { option, source };
}

function publicOptions(
  value: Checked<OpenRouterModuleOptions>,
  headers: Readonly<Record<string, string>>,
): ResolvedOpenRouterOptions {
  return Object.freeze({
    keys: Object.freeze({ api: value.apiKey !== undefined, management: value.managementKey !== undefined }),
    // Normalised, since `URL` has accepted backslashes and line breaks.
    baseUrl: new URL(value.baseUrl ?? DEFAULT_BASE_URL).href.replace(/\/+$/, ''),
    allowInsecureBaseUrl: value.allowInsecureBaseUrl ?? false,
    ...(value.httpReferer !== undefined && { httpReferer: value.httpReferer }),
    ...(value.appTitle !== undefined && { appTitle: value.appTitle }),
    ...(value.appCategories !== undefined && { appCategories: value.appCategories }),
    headers: Object.freeze(withoutSecrets(headers)),
    timeoutMs: value.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    deadlineMs: value.deadlineMs ?? DEFAULT_DEADLINE_MS,
    retry: mergeRetry(DEFAULT_RETRY, value.retry),
    maxResponseBytes: value.maxResponseBytes ?? DEFAULT_MAX_RESPONSE_BYTES,
    verifyKeysOnBootstrap: value.verifyKeysOnBootstrap ?? false,
    balance: balanceOptions(value.balance ?? {}),
    metering: meteringOptions(value.metering ?? {}, value.spendLimits),
    ...(value.spendLimits !== undefined && { spendLimits: resolveSpendLimits(value.spendLimits) }),
  });
}

function balanceOptions({ store: _store, thresholds, ...settings }: BalanceOptions): ResolvedBalanceOptions {
  return Object.freeze({
    ...withDefaults(DEFAULT_BALANCE, settings),
    thresholds: Object.freeze(withDefaults(DEFAULT_BALANCE.thresholds, thresholds ?? {})),
  });
}

function meteringOptions(
  { fetch: _fetch, ...settings }: MeteringOptions,
  spendLimits: SpendLimitsOptions | undefined,
): ResolvedMeteringOptions {
  const hasNames = spendLimits?.rules.some(({ by }) => by.length > 0) === true;
  const defaults = hasNames ? { ...DEFAULT_METERING, onUnattributed: 'refuse' as const } : DEFAULT_METERING;
  return Object.freeze(withDefaults(defaults, settings));
}

/** The defaults, overridden by the settings that are not `undefined`. */
function withDefaults<T extends object>(
  defaults: T,
  settings: { readonly [Name in keyof T]?: T[Name] | undefined },
): T {
  const set = Object.entries(settings).filter(([, value]) => value !== undefined);
  return { ...defaults, ...Object.fromEntries(set) };
}

function lowerCaseNames(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
