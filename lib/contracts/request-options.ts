import type { SecretString } from '../secret/secret-string.js';

/** How failed calls are tried again. A call that creates something is only sent again if it was not sent before. */
export interface RetryOptions {
  /** How often a call is tried again after its first attempt. @defaultValue `3` */
  maxRetries?: number | undefined;
  /** Upper bound of the first wait, in milliseconds; waits are drawn at random between 0 and the bound. @defaultValue `500` */
  initialDelayMs?: number | undefined;
  /** What the bound is multiplied with from wait to wait. @defaultValue `2` */
  backoffMultiplier?: number | undefined;
  /** The bound never grows beyond this, in milliseconds. @defaultValue `8000` */
  maxDelayMs?: number | undefined;
  /** HTTP statuses after which a call is tried again. @defaultValue `[408, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 525, 527, 529]` */
  retryCodes?: readonly number[] | undefined;
  /**
   * Whether a `POST` is sent again after a 429, too. OpenRouter refused the first one then, so nothing is created
   * twice. @defaultValue `false`
   */
  retryThrottledPost?: boolean | undefined;
}

/** What every service method takes as its last argument: settings of this one call. */
export interface RequestOptions {
  /** Ends the call, and its socket, when it fires: the call rejects with an `OpenRouterAbortException`. */
  signal?: AbortSignal | undefined;
  /** Time for one attempt in milliseconds, from queueing to the last byte. @defaultValue the module's `timeoutMs` */
  timeoutMs?: number | undefined;
  /** Time for the whole call in milliseconds: attempts and waits together. @defaultValue the module's `deadlineMs` */
  deadlineMs?: number | undefined;
  /** Extra headers of this call, over the module's `headers`. `authorization` is not accepted: use `apiKey`. */
  headers?: Readonly<Record<string, string>> | undefined;
  /** The key of this call, over both keys of the module. The call then has a connection to itself. */
  apiKey?: string | SecretString | undefined;
  /** Retry settings over the module's `retry`; `false` makes this the only attempt. */
  retry?: false | RetryOptions | undefined;
}
