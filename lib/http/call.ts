import type { Account } from '../account/account.js';
import type { OpenRouterDelivery } from '../contracts/delivery.js';
import type { RequestOptions } from '../contracts/request-options.js';
import { OpenRouterTimeoutException } from '../errors/client.exceptions.js';
import { isOpenRouterException, type OpenRouterException } from '../errors/openrouter.exception.js';
import { OpenRouterNotFoundException } from '../errors/status.exceptions.js';
import type { ResolvedRetryOptions } from '../options/openrouter-options.js';
import { withoutPollution } from '../options/pollution.js';
import { mergeRetry } from '../options/resolve-options.js';
import { type Attempt, TransportFault, type WireAnswer } from '../transport/attempt.js';
import type { Connection } from '../transport/connection.js';
import { watchAttempt } from './attempt-watch.js';
import {
  type CallFailure,
  connectionFailure,
  deliveryIn,
  furthest,
  type InterruptedCall,
  interruptionException,
  isValue,
  type Outcome,
  unexpectedException,
  withDelivery,
} from './call-failure.js';
import { CallKey } from './call-key.js';
import { CallScope, type Interruption, type OpenCalls } from './call-scope.js';
import { isIdempotent, type OpenRouterCall } from './openrouter-call.js';
import { readAnswer } from './read-answer.js';
import { Backoff } from './recovery/backoff.js';
import { awaitDeadline, NotFoundYet } from './recovery/not-found-yet.js';
import type { Recovery, Retry } from './recovery/recovery.js';
import type { RetryBudget } from './recovery/retry-budget.js';
import { RotatedKey } from './recovery/rotated-key.js';
import { StaleConnection } from './recovery/stale-connection.js';
import { callHeaders } from './request-headers.js';
import { expandPath, queryString } from './request-path.js';

/** What all calls of an account share. */
export interface CallResources {
  readonly account: Account;
  readonly headers: Readonly<Record<string, string>>;
  readonly budget: RetryBudget;
  readonly openCalls: OpenCalls;
}

/** One call to OpenRouter: its attempts, and the bounds that they share. */
export class Call<T> {
  readonly #resources: CallResources;
  readonly #call: OpenRouterCall<T>;
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #key: CallKey;
  readonly #retry: false | ResolvedRetryOptions;
  readonly #backoff: Backoff;
  readonly #timeoutMs: number;
  readonly #scope: CallScope;
  /** The furthest delivery of all attempts so far. */
  #delivery: OpenRouterDelivery = 'not-sent';

  /** @throws `OpenRouterValidationException` for a path parameter that does not match its pattern. */
  constructor(resources: CallResources, call: OpenRouterCall<T>, options: RequestOptions) {
    const { account, budget, openCalls } = resources;
    const { headers, signal, timeoutMs = account.options.timeoutMs } = options;
    const { awaitMs, operation, parameters = {}, path, query, startedAt } = call;
    this.#resources = resources;
    this.#call = call;
    this.#url = `${account.options.baseUrl}${expandPath(path, parameters, operation)}${queryString(query)}`;
    this.#headers = callHeaders(resources.headers, call, headers);
    this.#key = new CallKey(account.keys, call, options);
    this.#retry = mergeRetry(account.options.retry, options.retry);
    this.#backoff = new Backoff(this.#retry, isIdempotent(call), budget);
    this.#timeoutMs = timeoutMs;
    const deadlineMs = awaitMs === undefined ? account.options.deadlineMs : awaitDeadline(awaitMs, timeoutMs);
    // Opened last, since a scope that is open when the constructor throws would never be left.
    this.#scope = new CallScope(options.deadlineMs ?? deadlineMs, signal, openCalls, startedAt);
  }

  /** Sends attempts until one succeeds or no recovery helps. */
  async run(): Promise<T> {
    const call = this.#call;
    let key = await this.#askKey();
    let connection = this.#firstConnection;
    let recoveries: readonly Recovery[] | undefined;
    for (let attempts = 1; ; attempts += 1) {
      const watch = watchAttempt(this.#resources.account.instrumentation, call, attempts);
      const outcome = await watch.run(() => this.#attempt(key, connection));
      if (isValue(outcome)) {
        this.#backoff.succeeded();
        return outcome.value;
      }
      const { failure } = outcome;
      if (this.#isAlreadyDeleted(failure)) {
        return call.decode(undefined);
      }
      this.#delivery = furthest(this.#delivery, deliveryIn(failure.exception));
      recoveries ??= this.#recoveriesFrom(key);
      const retry = await this.#recover(recoveries, failure);
      if (retry === undefined) {
        throw failure.exception;
      }
      watch.retry(failure, retry.delayMs);
      await this.#pause(retry.delayMs);
      ({ key = key, connection = connection } = retry);
    }
  }

  /** The exception for the caller, with the delivery of the whole call rather than of its last attempt. */
  exceptionOf(error: unknown): OpenRouterException {
    const delivery = this.#delivery;
    const where = { phase: 'queue', delivery } as const;
    return withDelivery(
      isOpenRouterException(error)
        ? error
        : unexpectedException(error, where, this.#call.operation, this.#key.scrub),
      delivery,
    );
  }

  /** Releases the caller's signal, and leaves the account's open calls. */
  leave(): void {
    this.#scope.leave();
  }

  /**
   * A `POST` never takes a pooled connection: if the server is just closing it, nobody knows whether the request has
   * arrived. A call with a key of its own shares no connection, so that no answer can reach a caller with another key.
   */
  get #firstConnection(): Connection {
    if (!isIdempotent(this.#call)) {
      return 'unqueued';
    }
    return this.#key.isOwn ? 'isolated' : 'pooled';
  }

  #recoveriesFrom(key: string): readonly Recovery[] {
    const { awaitMs } = this.#call;
    const mayResend = this.#retry !== false && isIdempotent(this.#call);
    return [
      ...(mayResend && this.#key.isDynamic ? [new RotatedKey(key, () => this.#askKey())] : []),
      ...(mayResend ? [new StaleConnection()] : []),
      ...(awaitMs === undefined ? [] : [new NotFoundYet(awaitMs)]),
      this.#backoff,
    ];
  }

  async #recover(recoveries: readonly Recovery[], failure: CallFailure): Promise<Retry | undefined> {
    for (const recovery of recoveries) {
      const { deadlineMs, remainingMs } = this.#scope;
      const retry = await recovery.after(failure, { elapsedMs: deadlineMs - remainingMs, remainingMs });
      if (retry !== undefined) {
        return retry;
      }
    }
    return undefined;
  }

  async #attempt(key: string, connection: Connection): Promise<Outcome<T>> {
    const { transport } = this.#resources.account;
    const { operation } = this.#call;
    const attempt = transport.openAttempt(connection);
    try {
      const answer = await this.#exchange(attempt, key);
      return withoutPollution(() => readAnswer(answer, this.#call, this.#key, this.#url));
    } catch (error) {
      if (error instanceof TransportFault) {
        const { raw, phase, reused } = error;
        const failure = connectionFailure(raw, phase, operation, this.#key.scrub, transport.ignoredProxy());
        return { failure: { ...failure, stale: reused } };
      }
      if (isOpenRouterException(error)) {
        return { failure: { exception: error, transient: error instanceof OpenRouterTimeoutException } };
      }
      attempt.end();
      const exception = unexpectedException(error, attempt.where, operation, this.#key.scrub);
      return { failure: { exception, transient: false } };
    }
  }

  #exchange(attempt: Attempt, key: string): Promise<WireAnswer> {
    const { body, method } = this.#call;
    const request = {
      method,
      url: this.#url,
      headers: { ...this.#headers, authorization: `Bearer ${key}` },
      body: body === undefined ? undefined : withoutPollution(() => JSON.stringify(body)),
    };
    return this.#scope.run(
      (resolve, reject) => {
        attempt.send(request).then(resolve, reject);
        return () => attempt.end();
      },
      (why) =>
        this.#interruption(why, {
          ...attempt.where,
          ignoredProxy: this.#resources.account.transport.ignoredProxy(),
        }),
      this.#timeoutMs,
    );
  }

  /** Calls the key function, within the bounds of the call. */
  #askKey(): Promise<string> {
    const { inUse, source } = this.#key;
    if (typeof source === 'string') {
      return Promise.resolve(source);
    }
    return this.#scope.run<string>(
      (resolve, reject) => {
        source().then(resolve, reject);
        return undefined;
      },
      (why) => this.#interruption(why, { what: `the function given as \`${inUse.from}\`` }),
    );
  }

  #pause(delayMs: number): Promise<undefined> {
    return this.#scope.run<undefined>(
      (resolve) => {
        const timer = setTimeout(resolve, delayMs, undefined);
        return () => clearTimeout(timer);
      },
      (why) => this.#interruption(why),
    );
  }

  #interruption(why: Interruption, more: Partial<InterruptedCall> = {}): Error {
    const { deadlineMs, reason } = this.#scope;
    return interruptionException({
      operation: this.#call.operation,
      why,
      reason,
      phase: 'queue',
      delivery: 'not-sent',
      limits: { timeoutMs: this.#timeoutMs, deadlineMs },
      scrub: this.#key.scrub,
      ...more,
    });
  }

  /** A 404 after an attempt that may have deleted the resource means that the deletion has succeeded. */
  #isAlreadyDeleted({ exception }: CallFailure): boolean {
    const mayHaveDeleted = this.#delivery === 'unknown' || this.#delivery === 'applied';
    return (
      this.#call.method === 'DELETE' && mayHaveDeleted && exception instanceof OpenRouterNotFoundException
    );
  }
}
