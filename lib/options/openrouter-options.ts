import type { AxiosRequestConfig } from 'axios';
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

/** Options of one OpenRouter account. At least one of `apiKey` and `managementKey` is required. */
export interface OpenRouterModuleOptions {
  /** Any key of the account; used for what a management key is not needed for, and for everything if it is alone. */
  apiKey?: OpenRouterKeySource | undefined;
  /** A management key (formerly "provisioning key"): what `getCredits` needs. */
  managementKey?: OpenRouterKeySource | undefined;
  /**
   * Where the API is, with its version path. `https:` unless the host is this machine's loopback.
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
  /** Time for a whole call in milliseconds: attempts and waits together. @defaultValue `30000` */
  deadlineMs?: number | undefined;
  /** How failed calls are tried again; `false` turns it off. @defaultValue see {@link RetryOptions} */
  retry?: false | RetryOptions | undefined;
  /** A larger answer in bytes, as sent or once unpacked, ends the call. @defaultValue `33554432` */
  maxResponseBytes?: number | undefined;
  /** Settings of the HTTP library: agents, a proxy, an adapter. `HTTP_PROXY` is ignored unless `proxy` is set here. */
  axios?: OpenRouterAxiosOptions | undefined;
  /**
   * Asks OpenRouter at start about each key (`GET /key`). One that is refused, an ordinary key as `managementKey`, or a
   * management key as `apiKey` beside a `managementKey` stops the boot with an `OpenRouterConfigException`; an API that
   * cannot be reached is only a warning in Nest's log. For `OpenRouterModule` alone: a client made with `new` has no
   * boot to stop, and refuses it. @defaultValue `false`
   */
  verifyKeysOnBootstrap?: boolean | undefined;
  /** Watches the calls: for metrics, traces, logs. One, or a list of them. */
  instrumentation?: OpenRouterInstrumentation | readonly OpenRouterInstrumentation[] | undefined;
}

/** Retry settings with every default filled in. */
export type ResolvedRetryOptions = Readonly<{
  [Name in keyof RetryOptions]-?: NonNullable<RetryOptions[Name]>;
}>;

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
}
