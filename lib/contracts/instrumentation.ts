import type { BalanceFeed, BalanceNotice } from './balance-figures.js';
import type { OpenRouterDelivery } from './delivery.js';

/** One attempt of one call, as instrumentation sees it: frozen, the same object for every hook, nothing secret in it. */
export interface OpenRouterAttempt {
  /** Name of the operation, for example `credits.getCredits`. */
  readonly operation: string;
  /** HTTP method. */
  readonly method: string;
  /** Path below the base URL with the names of its parameters, for example `/keys/{hash}`. */
  readonly urlTemplate: string;
  /** Host name of the base URL. */
  readonly serverAddress: string;
  /** Port of the base URL. */
  readonly serverPort: number;
  /** Name of the account; `default` for the one without a name. */
  readonly account: string;
  /** 1 for the first attempt. */
  readonly attempt: number;
}

/** How an attempt has ended well. */
export interface OpenRouterAttemptSuccess {
  /** HTTP status. */
  readonly status: number;
  /** From the start of the attempt, in milliseconds. */
  readonly durationMs: number;
}

/** How an attempt has failed. */
export interface OpenRouterAttemptFailure {
  /** The exception, as the caller would get it. */
  readonly error: Error & {
    /** Stable identifier of the kind of error. */
    readonly code: string;
  };
  /** HTTP status, if there was an answer. */
  readonly status?: number;
  /** What is known of the request's effect. */
  readonly delivery?: OpenRouterDelivery;
  /** From the start of the attempt, in milliseconds. */
  readonly durationMs: number;
}

/** Why and when there will be another attempt. */
export interface OpenRouterRetry extends OpenRouterAttemptFailure {
  /** The wait before it, in milliseconds. */
  readonly delayMs: number;
}

/** What instrumentation needs to know of an `OpenRouterClient`, which is one of these. */
export interface OpenRouterAttachedClient {
  /** The account's balance. */
  readonly balance: BalanceFeed;
}

/**
 * Watches the calls of an account: for metrics, traces and logs.
 *
 * Every hook but `onAttach` and `onAlert` gets the attempt first. A hook that throws never fails a call. Hooks are
 * synchronous: a promise that one returns is not waited for.
 */
export interface OpenRouterInstrumentation {
  /**
   * Once for each account, when its client is made: the client (an `OpenRouterClient`), and the name of the account,
   * `default` for the one without a name.
   */
  onAttach?(client: OpenRouterAttachedClient, account: string): void;
  /**
   * When a reading of this process has crossed a threshold, has failed, or has succeeded again; with the name of the
   * account. Unlike `alerts$` it neither polls nor takes an alert from other processes: each tells of what it notices.
   */
  onAlert?(alert: BalanceNotice, account: string): void;
  /** Before an attempt. */
  onRequest?(attempt: OpenRouterAttempt): void;
  /** After an attempt that has ended well. */
  onResponse?(attempt: OpenRouterAttempt, success: OpenRouterAttemptSuccess): void;
  /** After an attempt that has failed, whether or not another one follows. */
  onError?(attempt: OpenRouterAttempt, failure: OpenRouterAttemptFailure): void;
  /** After `onError`, if another attempt follows. */
  onRetry?(attempt: OpenRouterAttempt, retry: OpenRouterRetry): void;
  /**
   * Runs an attempt, for example with a span as the current one. Has to call `next` before it returns, and to return
   * its promise; the outcome of the call is that of `next`, whatever else it returns.
   */
  wrap?<T>(attempt: OpenRouterAttempt, next: () => Promise<T>): Promise<T>;
}
