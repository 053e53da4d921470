import type { Observable } from 'rxjs';
import type { BalanceAlert, BalanceDiagnostics, BalanceSnapshot } from './balance-snapshot.models.js';
import type { CompletionCost } from './completion-cost.js';
import type { SpendAlert, SpendDiagnostics, SpendStoreAlert, SpendUsage } from './spend-usage.js';
import type { OpenRouterDelivery } from './delivery.js';

/** One attempt of a call, as passed to instrumentation: frozen, the same object for every hook, without secrets. */
export interface OpenRouterAttempt {
  /** Name of the operation, for example `credits.getCredits`. */
  readonly operation: string;
  /** HTTP method. */
  readonly method: string;
  /** Path below the base URL, with placeholders for its parameters, for example `/keys/{hash}`. */
  readonly urlTemplate: string;
  /** Host name of the base URL. */
  readonly serverAddress: string;
  /** Port of the base URL. */
  readonly serverPort: number;
  /** Name of the account; `default` for the account without a name. */
  readonly account: string;
  /** Number of the attempt; 1 for the first. */
  readonly attempt: number;
}

/** The outcome of a successful attempt. */
export interface OpenRouterAttemptSuccess {
  /** HTTP status. */
  readonly status: number;
  /** Time since the start of the attempt, in milliseconds. */
  readonly durationMs: number;
}

/** The outcome of a failed attempt. */
export interface OpenRouterAttemptFailure {
  /** The exception that the caller gets if no attempt follows. */
  readonly error: Error & {
    /** Stable identifier of the kind of error. */
    readonly code: string;
  };
  /** HTTP status, if there was a response. */
  readonly status?: number;
  /** What is known about the effect of the request. */
  readonly delivery?: OpenRouterDelivery;
  /** Time since the start of the attempt, in milliseconds. */
  readonly durationMs: number;
}

/** A failed attempt that is followed by another one. */
export interface OpenRouterRetry extends OpenRouterAttemptFailure {
  /** The wait before the next attempt, in milliseconds. */
  readonly delayMs: number;
}

/** The part of an `OpenRouterClient` that instrumentation uses. */
export interface OpenRouterAttachedClient {
  /** The account's balance. */
  readonly balance: {
    /** The snapshot in memory, without any request; `undefined` if there is none. */
    peek(): BalanceSnapshot | undefined;
    /** The state of the bookkeeping. */
    readonly diagnostics?: BalanceDiagnostics;
    /** Emits the snapshot whenever it changes. Polls while there is a subscriber. */
    readonly changes$: Observable<BalanceSnapshot>;
    /** Emits threshold crossings and failures. Polls while there is a subscriber. */
    readonly alerts$: Observable<BalanceAlert>;
  };
  /** The account's spend limits. */
  readonly spendLimits?: {
    /** The state of the bookkeeping; `undefined` where no rules are set. */
    readonly diagnostics?: SpendDiagnostics | undefined;
    /** What counts against the limits of those that this process has dealt with. Asks the store, never OpenRouter. */
    knownUsage?(): Promise<readonly SpendUsage[]>;
  };
}

/**
 * Watches the calls of an account: for metrics, traces and logs.
 *
 * The hooks of attempts get the attempt as their first argument. A hook that throws never fails a call. Hooks are synchronous: a returned promise is not awaited.
 */
export interface OpenRouterInstrumentation {
  /**
   * Called once for each account, when its client is created, with the client (an `OpenRouterClient`) and the name of
   * the account (`default` for the account without a name).
   */
  onAttach?(client: OpenRouterAttachedClient, account: string): void;
  /**
   * Called when a reading of this process has crossed a threshold, has failed, or has succeeded again, with the name of
   * the account. Unlike `alerts$`, it neither polls nor divides the alerts among processes: each process reports what
   * it notices itself.
   */
  onAlert?(alert: BalanceAlert, account: string): void;
  /**
   * Called once for each metered completion, when its cost is known or given up, with the name of the account. It is
   * called in the async context of the request that was metered, even if the cost is known later, so that a tracer
   * finds the span in which the request was made.
   */
  onCost?(cost: CompletionCost, account: string): void;
  /**
   * Called once for each completion that a rule of `spendLimits` has refused, with what counts against that rule and with
   * the name of the account. Not called for other refusals, such as one for want of a scope.
   */
  onRefusal?(usage: SpendUsage, account: string): void;
  /** Called with each alert of `SpendLimitsService.alerts$`, in one of all processes, and with the name of the account. */
  onSpendAlert?(alert: SpendAlert, account: string): void;
  /** Called with each alert of `SpendLimitsService.storeAlerts$`, and with the name of the account. */
  onSpendStoreAlert?(alert: SpendStoreAlert, account: string): void;
  /** Called before an attempt. */
  onRequest?(attempt: OpenRouterAttempt): void;
  /** Called after a successful attempt. */
  onResponse?(attempt: OpenRouterAttempt, success: OpenRouterAttemptSuccess): void;
  /** Called after a failed attempt, whether or not another one follows. */
  onError?(attempt: OpenRouterAttempt, failure: OpenRouterAttemptFailure): void;
  /** Called after `onError` if another attempt follows. */
  onRetry?(attempt: OpenRouterAttempt, retry: OpenRouterRetry): void;
  /**
   * Runs an attempt, for example inside a span. It must call `next` before it returns, and return the promise of
   * `next`. The outcome of the call is that of `next`, whatever the hook returns.
   */
  wrap?<T>(attempt: OpenRouterAttempt, next: () => Promise<T>): Promise<T>;
}
