import type { AxiosRequestConfig } from 'axios';
import type { BalanceStore } from '../contracts/balance-store.js';
import type { OpenRouterInstrumentation } from '../contracts/instrumentation.js';
import type { RetryOptions } from '../contracts/request-options.js';
import type { ResolvedSpendLimitsOptions, SpendLimitsOptions } from './spend-limits-options.js';
import type { SecretString } from '../secret/secret-string.js';

/** A key: a string or a `SecretString`. */
export type OpenRouterKey = string | SecretString;

/** A key, or a function that every call asks for the key, so that a rotated key needs no restart. */
export type OpenRouterKeySource = OpenRouterKey | (() => OpenRouterKey | Promise<OpenRouterKey>);

/**
 * Settings of the HTTP library that a network may need. The package itself controls authentication, redirects, timeouts
 * and limits.
 *
 * With an agent or adapter of yours the package cannot give a `POST` a connection of its own, nor always tell whether a
 * failed one was sent: `delivery` is then `unknown` more often. That includes a function that wraps an adapter of axios,
 * because it may send anything, anywhere.
 */
export type OpenRouterAxiosOptions = Pick<
  AxiosRequestConfig,
  'adapter' | 'family' | 'httpAgent' | 'httpsAgent' | 'lookup' | 'proxy'
>;

/** The spendable amounts, in US dollars, at which `alerts$` emits. */
export interface BalanceThresholdOptions {
  /** A spendable amount below this causes a `low` alert. 0 or more. */
  low?: number | undefined;
  /** A spendable amount below this causes a `critical` alert. 0 or more, and not above `low`. */
  critical?: number | undefined;
  /**
   * How far the spendable amount must rise above a threshold before a `recovered` alert is emitted and the threshold is
   * armed again: a fraction of the threshold, from 0 to 1, and at least a cent. @defaultValue `0.1`
   */
  hysteresis?: number | undefined;
}

/** How the balance is kept, shared and watched. */
export interface BalanceOptions {
  /**
   * How long a reading is fresh, in milliseconds, varied at random by up to a tenth. OpenRouter's own figures may be a
   * minute old. @defaultValue `60000`
   */
  ttlMs?: number | undefined;
  /**
   * How long after `ttlMs` a reading is still served at once while a new one is made, in milliseconds.
   * @defaultValue `300000`
   */
  staleWhileRevalidateMs?: number | undefined;
  /**
   * How long after `ttlMs` a reading is served, flagged `stale`, while OpenRouter cannot be reached, in milliseconds.
   * Never after a 401 or 403. @defaultValue `3600000`
   */
  staleIfErrorMs?: number | undefined;
  /** The interval of new readings while somebody watches, in milliseconds. @defaultValue `60000` */
  pollIntervalMs?: number | undefined;
  /** Whether to poll even while nobody is subscribed to `changes$` or `alerts$`. @defaultValue `false` */
  watch?: boolean | undefined;
  /** Thresholds of `alerts$`. */
  thresholds?: BalanceThresholdOptions | undefined;
  /**
   * Shares readings, spend and alerts with other processes.
   * @defaultValue none: each process keeps its balance in its own memory
   */
  store?: BalanceStore | undefined;
}

/** How the costs of completions are metered. */
export interface MeteringOptions {
  /**
   * The `fetch` that `MeteringService.fetch` calls, for example that of npm's `undici`.
   * @defaultValue the global `fetch`, looked up at each call
   */
  fetch?: typeof globalThis.fetch | undefined;
  /**
   * The cost of a completion that a provider key of your own has paid for: `fee` is what OpenRouter charges for it;
   * `total` adds what the provider charges (`cost_details.upstream_inference_cost`). @defaultValue `'fee'`
   */
  byok?: 'fee' | 'total' | undefined;
  /**
   * What happens to a completion without a scope: it is sent, or the client gets an answer 402 instead, with the
   * `limit_source` `application_unattributed`. Where a rule of `spendLimits` counts by names, a scope to which no such rule
   * applies counts as none, except `{}`. @defaultValue `'refuse'` where a rule of `spendLimits` counts by names, else `'allow'`
   */
  onUnattributed?: 'allow' | 'refuse' | undefined;
  /**
   * How long the shutdown waits for costs that are not known yet, in milliseconds; 0 does not wait.
   * @defaultValue `5000`
   */
  shutdownMs?: number | undefined;
  /**
   * When `GET /generation` is asked for a cost that the answer did not state: the times since the end of the answer, in
   * milliseconds, ascending; at most 20. After the last one, the cost counts as unknown.
   * @defaultValue `[1000, 2000, 5000, 15000, 60000, 300000, 1800000]`
   */
  lookupDelaysMs?: readonly number[] | undefined;
}

/** Options of one OpenRouter account. At least one of `apiKey` and `managementKey` is required. */
export interface OpenRouterModuleOptions {
  /** Any key of the account. Used for operations that need no management key, and for all if it is the only key. */
  apiKey?: OpenRouterKeySource | undefined;
  /** A management key (formerly "provisioning key"), which `getCredits` needs. */
  managementKey?: OpenRouterKeySource | undefined;
  /**
   * The URL of the API with its version path; openrouter.ai without the path is refused. It must use `https:` unless
   * the host is a loopback address: `localhost`, `127.0.0.0/8` or `[::1]`.
   * @defaultValue `https://openrouter.ai/api/v1`
   */
  baseUrl?: string | undefined;
  /** Allows an `http:` `baseUrl` on another host: the key then travels in clear text. @defaultValue `false` */
  allowInsecureBaseUrl?: boolean | undefined;
  /** URL of your application, sent as `HTTP-Referer`. */
  httpReferer?: string | undefined;
  /** Name of your application, sent as `X-OpenRouter-Title`. */
  appTitle?: string | undefined;
  /** At most two categories of your application, sent as `X-OpenRouter-Categories`. */
  appCategories?: readonly string[] | undefined;
  /**
   * Extra headers of every call, except `authorization` and the headers that HTTP itself manages.
   * @defaultValue `{}`
   */
  headers?: Readonly<Record<string, string>> | undefined;
  /** Time for one attempt in milliseconds, from queueing to the last byte. @defaultValue `10000` */
  timeoutMs?: number | undefined;
  /**
   * Time for a whole call in milliseconds, attempts and waits together. If it is shorter than `timeoutMs`, it ends the
   * first attempt. @defaultValue `30000`
   */
  deadlineMs?: number | undefined;
  /** How failed calls are retried; `false` turns retries off. @defaultValue see {@link RetryOptions} */
  retry?: false | RetryOptions | undefined;
  /**
   * The largest answer in bytes, both as sent and decompressed; a larger one ends the call.
   * @defaultValue `33554432`
   */
  maxResponseBytes?: number | undefined;
  /** Settings of the HTTP library: agents, a proxy, an adapter. `HTTP_PROXY` is ignored unless `proxy` is set here. */
  axios?: OpenRouterAxiosOptions | undefined;
  /**
   * Whether to check each key at start (`GET /key`). The boot stops with an `OpenRouterConfigException` if OpenRouter
   * refuses a key, if `managementKey` is an ordinary key, if `apiKey` is a management key beside a `managementKey`, or
   * if `baseUrl` has no `/key` or has moved. If the API cannot be reached, or a proxy or firewall answers instead,
   * Nest's log gets a warning. Only for `OpenRouterModule`: a client made with `new` has no boot to stop and refuses
   * the option. @defaultValue `false`
   */
  verifyKeysOnBootstrap?: boolean | undefined;
  /** How the balance is kept, shared and watched. */
  balance?: BalanceOptions | undefined;
  /** How the costs of completions are metered. */
  metering?: MeteringOptions | undefined;
  /** How much may be spent for whom. Takes effect on completions that are sent through `MeteringService.fetch`. */
  spendLimits?: SpendLimitsOptions | undefined;
  /** Hooks for metrics, traces and logs: one object, or a list of them. */
  instrumentation?: OpenRouterInstrumentation | readonly OpenRouterInstrumentation[] | undefined;
}

/** Retry settings with all defaults filled in. */
export type ResolvedRetryOptions = Readonly<{
  [Name in keyof RetryOptions]-?: NonNullable<RetryOptions[Name]>;
}>;

/** Balance settings with all defaults filled in, without the store, which may contain a secret. */
export interface ResolvedBalanceOptions {
  /** How long a reading is fresh, in milliseconds. */
  readonly ttlMs: number;
  /** How long after `ttlMs` a reading is served while a new one is made, in milliseconds. */
  readonly staleWhileRevalidateMs: number;
  /** How long after `ttlMs` a reading is served while OpenRouter cannot be reached, in milliseconds. */
  readonly staleIfErrorMs: number;
  /** The interval of new readings while somebody watches, in milliseconds. */
  readonly pollIntervalMs: number;
  /** Whether to poll even without a subscriber. */
  readonly watch: boolean;
  /** Thresholds of `alerts$`. */
  readonly thresholds: {
    /** Threshold of the alert `low`, in US dollars. */
    readonly low?: number;
    /** Threshold of the alert `critical`, in US dollars. */
    readonly critical?: number;
    /** The fraction of a threshold by which it must be exceeded before it is armed again. */
    readonly hysteresis: number;
  };
}

/** Metering settings with all defaults filled in, without the function `fetch`. */
export interface ResolvedMeteringOptions {
  /** Whether a cost includes what a provider charges for a key of the user's own. */
  readonly byok: 'fee' | 'total';
  /** What happens to a completion without a scope. */
  readonly onUnattributed: 'allow' | 'refuse';
  /** How long the shutdown waits for costs that are not known yet, in milliseconds. */
  readonly shutdownMs: number;
  /** When `GET /generation` is asked for a cost, in milliseconds since the end of the answer. */
  readonly lookupDelaysMs: readonly number[];
}

/**
 * The resolved options: validated, with defaults, frozen, and without secrets. Injected with `OPENROUTER_OPTIONS`.
 */
export interface ResolvedOpenRouterOptions {
  /** Which keys are set. The keys themselves are not accessible. */
  readonly keys: {
    /** Whether `apiKey` is set. */
    readonly api: boolean;
    /** Whether `managementKey` is set. */
    readonly management: boolean;
  };
  /** The URL of the API, without a trailing slash. */
  readonly baseUrl: string;
  /** Whether an `http:` `baseUrl` on another host is allowed. */
  readonly allowInsecureBaseUrl: boolean;
  /** URL of the application. */
  readonly httpReferer?: string;
  /** Name of the application. */
  readonly appTitle?: string;
  /** Categories of the application. */
  readonly appCategories?: readonly string[];
  /** Extra headers by lower-case name. The value of a header that is named like a secret is `[redacted]`. */
  readonly headers: Readonly<Record<string, string>>;
  /** Time for one attempt in milliseconds. */
  readonly timeoutMs: number;
  /** Time for a whole call in milliseconds. */
  readonly deadlineMs: number;
  /** Retry settings, or `false`. */
  readonly retry: false | ResolvedRetryOptions;
  /** The largest answer in bytes. */
  readonly maxResponseBytes: number;
  /** Whether the keys were checked at start. */
  readonly verifyKeysOnBootstrap: boolean;
  /** How the balance is kept and watched. */
  readonly balance: ResolvedBalanceOptions;
  /** How the costs of completions are metered. */
  readonly metering: ResolvedMeteringOptions;
  /** How much may be spent for whom. */
  readonly spendLimits?: ResolvedSpendLimitsOptions;
}
