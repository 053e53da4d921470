import type { SecretString } from '../secret/secret-string.js';

/** How failed calls are retried. A call that creates something is retried only if the failed attempt was not sent. */
export interface RetryOptions {
  /** The maximum number of retries after the first attempt. @defaultValue `3` */
  maxRetries?: number | undefined;
  /**
   * Upper bound of the first wait, in milliseconds; waits are drawn at random between 0 and the bound.
   *
   * @defaultValue `500`
   */
  initialDelayMs?: number | undefined;
  /** The factor by which the bound grows with each wait. @defaultValue `2` */
  backoffMultiplier?: number | undefined;
  /** The largest value of the bound, in milliseconds. @defaultValue `8000` */
  maxDelayMs?: number | undefined;
  /**
   * HTTP statuses after which a call is retried.
   *
   * @defaultValue `[408, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 525, 527, 529]`
   */
  retryCodes?: readonly number[] | undefined;
  /**
   * Whether a `POST` is also retried after a 429. OpenRouter refused the first attempt, so nothing is created twice.
   * @defaultValue `false`
   */
  retryThrottledPost?: boolean | undefined;
}

/** Settings of one call: the last argument of every service method. */
export interface RequestOptions {
  /** Aborts the call and its socket: the call rejects with an `OpenRouterAbortException`. */
  signal?: AbortSignal | undefined;
  /** Time for one attempt in milliseconds, from queueing to the last byte. @defaultValue the module's `timeoutMs` */
  timeoutMs?: number | undefined;
  /** Time for the whole call in milliseconds, attempts and waits together. @defaultValue the module's `deadlineMs` */
  deadlineMs?: number | undefined;
  /** Extra headers of this call; they override the module's `headers`. `authorization` is refused: use `apiKey`. */
  headers?: Readonly<Record<string, string>> | undefined;
  /** The key of this call, instead of both keys of the module. The call then has a connection of its own. */
  apiKey?: string | SecretString | undefined;
  /** Retry settings of this call; they override the module's `retry`. `false` allows one attempt only. */
  retry?: false | RetryOptions | undefined;
}
