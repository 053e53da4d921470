import type { AxiosRequestConfig } from 'axios';
import type { BalanceStore } from '../contracts/balance-store.js';
import type { OpenRouterInstrumentation } from '../contracts/instrumentation.js';
import type { RetryOptions } from '../contracts/request-options.js';
import type { SecretString } from '../secret/secret-string.js';

/** A key: its text, or the text in a `SecretString`. */
export type OpenRouterKey = string | SecretString;

/** A key, or a function that is asked for it at every call, so that a rotated key needs no restart. */
export type OpenRouterKeySource = OpenRouterKey | (() => OpenRouterKey | Promise<OpenRouterKey>);

/**
 * Settings of the HTTP library that a network may need. Authentication, redirects, timeouts and limits are the
 * package's own.
 *
 * With an agent or adapter of yours the package cannot give a `POST` a connection of its own, nor always tell
 * whether a failed one was sent: `delivery` is then `unknown` more often.
 */
export type OpenRouterAxiosOptions = Pick<
  AxiosRequestConfig,
  'adapter' | 'family' | 'httpAgent' | 'httpsAgent' | 'lookup' | 'proxy'
>;

/** At how much spendable money `alerts$` tells, in US dollars. */
export interface BalanceThresholdOptions {
  /** Below this much there is a `low` alert. 0 or more. */
  low?: number | undefined;
  /** Below this much there is a `critical` alert. 0 or more, and not above `low`. */
  critical?: number | undefined;
  /**
   * The part of a threshold by which it has to be exceeded, from 0 to 1, before there is a `recovered` alert and it is
   * armed again; a cent at least. @defaultValue `0.1`
   */
  hysteresis?: number | undefined;
}

/** How the balance is kept, shared and watched. */
export interface BalanceOptions {
  /**
   * How long a reading is fresh, in milliseconds; each one by up to a tenth more or less. OpenRouter's own figures may
   * be a minute old. @defaultValue `60000`
   */
  ttlMs?: number | undefined;
  /**
   * For how long after that it is still served at once, while a new one is made, in milliseconds.
   * @defaultValue `300000`
   */
  staleWhileRevalidateMs?: number | undefined;
  /**
   * For how long after `ttlMs` it is served, flagged `stale`, while OpenRouter cannot be asked, in milliseconds.
   * Never after a 401 or 403. @defaultValue `3600000`
   */
  staleIfErrorMs?: number | undefined;
  /** How often a new reading is made while somebody watches, in milliseconds. @defaultValue `60000` */
  pollIntervalMs?: number | undefined;
  /** Polls even while nobody is subscribed to `changes$` or `alerts$`. @defaultValue `false` */
  watch?: boolean | undefined;
  /** Thresholds of `alerts$`. */
  thresholds?: BalanceThresholdOptions | undefined;
  /** Shares readings, spend and alerts with other processes. @defaultValue none: each process keeps its balance in its own memory */
  store?: BalanceStore | undefined;
}

/** Options of one OpenRouter account. At least one of `apiKey` and `managementKey` is required. */
export interface OpenRouterModuleOptions {
  /** Any key of the account; used for what a management key is not needed for, and for everything if it is alone. */
  apiKey?: OpenRouterKeySource | undefined;
  /** A management key (formerly "provisioning key"): what `getCredits` needs. */
  managementKey?: OpenRouterKeySource | undefined;
  /**
   * Where the API is, with its version path: openrouter.ai without it is refused. `https:` unless the host is this
   * machine's loopback: `localhost`, `127.0.0.0/8` or `[::1]`.
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
  /** Extra headers of every call. May not set `authorization` or what HTTP itself manages. @defaultValue `{}` */
  headers?: Readonly<Record<string, string>> | undefined;
  /** Time for one attempt in milliseconds, from queueing to the last byte. @defaultValue `10000` */
  timeoutMs?: number | undefined;
  /**
   * Time for a whole call in milliseconds: attempts and waits together. Where it is shorter than `timeoutMs`, it ends
   * the one attempt that there is time for. @defaultValue `30000`
   */
  deadlineMs?: number | undefined;
  /** How failed calls are tried again; `false` turns it off. @defaultValue see {@link RetryOptions} */
  retry?: false | RetryOptions | undefined;
  /** A larger answer in bytes, as sent or once unpacked, ends the call. @defaultValue `33554432` */
  maxResponseBytes?: number | undefined;
  /** Settings of the HTTP library: agents, a proxy, an adapter. `HTTP_PROXY` is ignored unless `proxy` is set here. */
  axios?: OpenRouterAxiosOptions | undefined;
  /**
   * Asks OpenRouter at start about each key (`GET /key`). One that OpenRouter refuses, an ordinary key as
   * `managementKey`, a management key as `apiKey` beside a `managementKey`, and a `baseUrl` that has no `/key` or has
   * moved stop the boot with an `OpenRouterConfigException`; an API that cannot be reached, and a proxy or a firewall that
   * answers in its place, is only a warning in Nest's log. For `OpenRouterModule` alone: a client made with `new` has no
   * boot to stop, and refuses it. @defaultValue `false`
   */
  verifyKeysOnBootstrap?: boolean | undefined;
  /** How the balance is kept, shared and watched. */
  balance?: BalanceOptions | undefined;
  /** Watches the calls: for metrics, traces, logs. One, or a list of them. */
  instrumentation?: OpenRouterInstrumentation | readonly OpenRouterInstrumentation[] | undefined;
}

/** Retry settings with every default filled in. */
export type ResolvedRetryOptions = Readonly<{
  [Name in keyof RetryOptions]-?: NonNullable<RetryOptions[Name]>;
}>;

/** Balance settings with every default filled in. The store is not among them, since it may hold a secret. */
export interface ResolvedBalanceOptions {
  /** How long a reading is fresh, in milliseconds. */
  readonly ttlMs: number;
  /** For how long after that it is served while a new one is made, in milliseconds. */
  readonly staleWhileRevalidateMs: number;
  /** For how long after `ttlMs` it is served while OpenRouter cannot be asked, in milliseconds. */
  readonly staleIfErrorMs: number;
  /** How often a new reading is made while somebody watches, in milliseconds. */
  readonly pollIntervalMs: number;
  /** Whether polling needs no subscriber. */
  readonly watch: boolean;
  /** Thresholds of `alerts$`. */
  readonly thresholds: {
    /** Threshold of the alert `low`, in US dollars. */
    readonly low?: number;
    /** Threshold of the alert `critical`, in US dollars. */
    readonly critical?: number;
    /** The part of a threshold that has to be exceeded before it is armed again. */
    readonly hysteresis: number;
  };
}

/**
 * The options in force: validated, with defaults, frozen, and without anything secret. Injected by
 * `OPENROUTER_OPTIONS`.
 */
export interface ResolvedOpenRouterOptions {
  /** Which keys are set. The keys themselves are nowhere to be read. */
  readonly keys: {
    /** Whether `apiKey` is set. */
    readonly api: boolean;
    /** Whether `managementKey` is set. */
    readonly management: boolean;
  };
  /** Where the API is, without a trailing slash. */
  readonly baseUrl: string;
  /** Whether an `http:` `baseUrl` on another host is allowed. */
  readonly allowInsecureBaseUrl: boolean;
  /** URL of the application. */
  readonly httpReferer?: string;
  /** Name of the application. */
  readonly appTitle?: string;
  /** Categories of the application. */
  readonly appCategories?: readonly string[];
  /** Extra headers by their lower-case names; the value of one that is named like a secret is `[redacted]`. */
  readonly headers: Readonly<Record<string, string>>;
  /** Time for one attempt in milliseconds. */
  readonly timeoutMs: number;
  /** Time for a whole call in milliseconds. */
  readonly deadlineMs: number;
  /** Retry settings, or `false`. */
  readonly retry: false | ResolvedRetryOptions;
  /** Largest answer in bytes. */
  readonly maxResponseBytes: number;
  /** Whether the keys were asked about at start. */
  readonly verifyKeysOnBootstrap: boolean;
  /** How the balance is kept and watched. */
  readonly balance: ResolvedBalanceOptions;
}
