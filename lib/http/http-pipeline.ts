import type { HttpService } from '@nestjs/axios';
import type { BalanceStore } from '../contracts/balance-store.js';
import type { BalanceNotice } from '../contracts/balance-figures.js';
import type { OpenRouterDelivery } from '../contracts/delivery.js';
import type { OpenRouterAttachedClient } from '../contracts/instrumentation.js';
import type { RequestOptions } from '../contracts/request-options.js';
import { OpenRouterNotFoundException, OpenRouterUnauthorizedException } from '../errors/status.exceptions.js';
import { OpenRouterAbortException, OpenRouterTimeoutException } from '../errors/client.exceptions.js';
import type { KeyInUse } from '../errors/key-hint.js';
import { isOpenRouterException } from '../errors/openrouter.exception.js';
import type { ResolvedOpenRouterOptions } from '../options/openrouter-options.js';
import { ownMembers, withoutPollution } from '../options/pollution.js';
import { type AccountSettings, mergeRetry } from '../options/resolve-options.js';
import type { Scrub } from '../secret/scrub.js';
import { secretsOfHeaders } from '../secret/secret-headers.js';
import { Attempt, TransportFault, type WireAnswer } from '../transport/attempt.js';
import {
  type CallFailure,
  connectionFailure,
  deliveryIn,
  furthest,
  type InterruptedCall,
  isValue,
  interruptionException,
  type Outcome,
  unexpectedException,
  withDelivery,
} from './call-failure.js';
import { CallScope, type Interruption, OpenCalls } from './call-scope.js';
import { awaitDeadline, foundDelay } from './recovery/not-found-yet.js';
import { type HttpAgents, openAgents } from '../transport/http-agents.js';
import { tellIgnoredProxy } from '../transport/ignored-proxy.js';
import { secretsOfProxy } from '../transport/proxy-secrets.js';
import { InstrumentationHooks } from '../account/instrumentation-hooks.js';
import { KeyRing, keyText } from '../account/key-ring.js';
import { createsSomething, type OpenRouterCall } from './openrouter-call.js';
import { openAxios } from '../transport/open-axios.js';
import { readAnswer } from './read-answer.js';
import { accountHeaders } from './request-headers.js';
import { expandPath, queryText } from './request-path.js';
import { RetryBudget } from './recovery/retry-budget.js';
import { checkRequestOptions } from './request-options.schema.js';
import { retryDelay } from './recovery/retry-policy.js';

/** The ways to connect. */
type Connection = Exclude<keyof HttpAgents, 'destroy'>;

/** The limits of one call. */
interface CallLimits {
  readonly timeoutMs: number;
  readonly deadlineMs: number;
}

/** A call with everything that its attempts share. */
interface CallInProgress<T> {
  readonly call: OpenRouterCall<T>;
  /** The path with its parameters, and the query. */
  readonly path: string;
  readonly scope: CallScope;
  readonly limits: CallLimits;
  readonly headers: Readonly<Record<string, string>>;
  readonly keyOverride: string | undefined;
  /** The call's own secrets, which `scrub` takes out beside the account's. */
  readonly secrets: string[];
  readonly scrub: Scrub;
  /** The furthest that an attempt so far may have come. */
  delivery: OpenRouterDelivery;
}

/**
 * The one way from this package to OpenRouter: chooses the key, sends, waits, tries again, reads the answer, and
 * turns everything that can go wrong into an exception that holds no secret.
 */
export class HttpPipeline {
  /** The options in force, without anything secret. */
  readonly options: ResolvedOpenRouterOptions;

  readonly #balanceStore: BalanceStore | undefined;
  readonly #keys: KeyRing;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #agents: HttpAgents;
  /** One for each way to connect. */
  readonly #http: Readonly<Record<Connection, HttpService>>;
  readonly #hasAdapter: boolean;
  readonly #tellIgnoredProxy: () => string | undefined;
  readonly #hooks: InstrumentationHooks;
  readonly #budget = new RetryBudget();
  readonly #calls = new OpenCalls();
  readonly #closeListeners: (() => Promise<void>)[] = [];
  #isClosed = false;
  #closing: Promise<unknown> = Promise.resolve();

  constructor(settings: AccountSettings) {
    this.options = settings.options;
    this.#balanceStore = settings.balanceStore;
    this.#keys = new KeyRing(settings.keys, [
      ...secretsOfHeaders(settings.headers),
      ...secretsOfProxy(settings.axios),
    ]);
    this.#headers = accountHeaders(settings);
    this.#hooks = new InstrumentationHooks(settings);
    this.#agents = openAgents();
    this.#http = {
      kept: openAxios({ ...this.#agents.kept, ...settings.axios }),
      apart: openAxios({ ...this.#agents.apart, ...settings.axios }),
      single: openAxios({ ...this.#agents.single, ...settings.axios }),
    };
    this.#hasAdapter = settings.axios.adapter !== undefined;
    this.#tellIgnoredProxy = () => tellIgnoredProxy(this.options.baseUrl, settings.axios, process.env);
  }

  /**
   * Performs one operation.
   *
   * @throws The exceptions of this package, and nothing else.
   */
  async request<T>(wanted: OpenRouterCall<T>, options?: RequestOptions): Promise<T> {
    const call = ownMembers(wanted);
    let progress: CallInProgress<T> | undefined;
    try {
      const checked = checkRequestOptions(options, call.operation);
      if (this.#isClosed) {
        throw this.#closedException(call.operation);
      }
      progress = withoutPollution(() => this.#begin(call, checked));
      return await this.#attempts(progress, mergeRetry(this.options.retry, checked.retry));
    } catch (error) {
      const delivery = progress?.delivery ?? 'not-sent';
      const scrub = progress?.scrub ?? ((text: string) => this.scrub(text));
      // The delivery of the call, not of its last attempt.
      throw withDelivery(
        isOpenRouterException(error)
          ? error
          : unexpectedException(error, { phase: 'queue', delivery }, call.operation, scrub),
        delivery,
      );
    } finally {
      progress?.scope.leave();
    }
  }

  /** Takes the account's secrets, and everything shaped like a key, out of a text. */
  scrub(text: string): string {
    return this.#keys.scrubWith([])(text);
  }

  /** What the user shares the balance by; not among the options, since it may hold a secret. */
  get balanceStore(): BalanceStore | undefined {
    return this.#balanceStore;
  }

  /** Whether the two kinds of operation have keys of their own. */
  get hasSeparateKeys(): boolean {
    return this.#keys.areSeparate;
  }

  /**
   * Names what the account is to others that have the same keys: a hash of the keys and of the API's host. A key that
   * comes from a function is asked for, so that a rotated key is another account.
   *
   * @throws `OpenRouterConfigException` if a function given as a key fails.
   */
  identify(): Promise<string> {
    return this.#keys.hashWith(new URL(this.options.baseUrl).host);
  }

  /** Whether a key may be one of the account's own, by its hash. */
  mayHoldKey(hash: string): boolean {
    return this.#keys.mayHold(hash);
  }

  /** Calls a function when one that is given as `apiKey` gives another key than before. */
  onKeyRotation(listener: () => void): void {
    this.#keys.onRotation(listener);
  }

  /** Tells the instrumentations of the client that the account has got. */
  attach(client: OpenRouterAttachedClient): void {
    this.#hooks.attach(client);
  }

  /** Tells the instrumentations of what this process has noticed of the account's money. */
  alert(alert: BalanceNotice): void {
    this.#hooks.alert(alert);
  }

  /** Calls a function when the account is closed, which takes as long as the function does. */
  onClose(listener: () => Promise<void>): void {
    this.#closeListeners.push(listener);
  }

  /**
   * Ends every call and every socket at once; later calls are refused. May be called more than once.
   *
   * @returns Settles when those who were to be told have come to their end.
   */
  async close(): Promise<void> {
    if (!this.#isClosed) {
      this.#isClosed = true;
      this.#closing = Promise.all(this.#closeListeners.splice(0).map((listener) => listener()));
      this.#calls.shutDown();
      this.#agents.destroy();
    }
    await this.#closing;
  }

  /** Nest's hook, late enough that other providers can still call while they shut down. */
  onApplicationShutdown(): Promise<void> {
    return this.close();
  }

  #begin<T>(call: OpenRouterCall<T>, options: RequestOptions): CallInProgress<T> {
    const { signal, apiKey, headers } = options;
    const path = expandPath(call.path, call.parameters ?? {}, call.operation) + queryText(call.query);
    const timeoutMs = options.timeoutMs ?? this.options.timeoutMs;
    const deadlineMs =
      call.awaitMs === undefined ? this.options.deadlineMs : awaitDeadline(call.awaitMs, timeoutMs);
    const keyOverride = apiKey === undefined ? undefined : keyText(apiKey);
    // One that a function has given may be forgotten again before the call has ended.
    const secrets = [...(keyOverride === undefined ? [] : [keyOverride]), ...secretsOfHeaders(headers ?? {})];
    const allHeaders = this.#callHeaders(call, headers);
    // Last, since it has to be left again.
    const scope = new CallScope(options.deadlineMs ?? deadlineMs, signal, this.#calls, call.startedAt);
    return {
      call,
      path,
      scope,
      limits: { timeoutMs, deadlineMs: scope.deadlineMs },
      headers: allHeaders,
      keyOverride,
      secrets,
      scrub: this.#keys.scrubWith(secrets),
      delivery: 'not-sent',
    };
  }

  async #attempts<T>(progress: CallInProgress<T>, settings: ResolvedOpenRouterOptions['retry']): Promise<T> {
    const { call, scope } = progress;
    const creates = createsSomething(call);
    let key = await this.#askKey(progress);
    const mayResend = settings !== false && !creates;
    let mayAskAgain = mayResend && progress.keyOverride === undefined;
    let mayReconnect = mayResend;
    let connection = firstConnection(progress);
    // Attempts that say nothing about OpenRouter, and do not count.
    let uncounted = 0;
    let misses = 0;
    let lastCost: number | undefined;
    for (let attempts = 1; ; attempts += 1) {
      const watch = this.#hooks.watch(call, attempts);
      const outcome = await watch.run(() => this.#attempt(progress, key, connection));
      if (isValue(outcome)) {
        this.#budget.refund(lastCost);
        return outcome.value;
      }
      const { failure } = outcome;
      if (isAlreadyDeleted(progress, failure)) {
        return call.decode(undefined);
      }
      progress.delivery = furthest(progress.delivery, deliveryIn(failure.exception));
      if (mayAskAgain && isUnauthorized(failure) && this.#keys.isAsked(call.key)) {
        mayAskAgain = false;
        const next = await this.#askKey(progress);
        if (next !== key) {
          key = next;
          uncounted += 1;
          watch.retry(failure, 0);
          continue;
        }
      }
      if (mayReconnect && failure.stale === true) {
        mayReconnect = false;
        connection = 'apart';
        uncounted += 1;
        watch.retry(failure, 0);
        continue;
      }
      const { remainingMs } = scope;
      if (call.awaitMs !== undefined && failure.exception instanceof OpenRouterNotFoundException) {
        misses += 1;
        const waitMs = foundDelay({
          awaitMs: call.awaitMs,
          elapsedMs: scope.deadlineMs - remainingMs,
          remainingMs,
          misses,
          retryAfterMs: failure.exception.retryAfterMs,
          random: Math.random(),
        });
        if (waitMs !== undefined) {
          uncounted += 1;
          watch.retry(failure, waitMs);
          await this.#wait(progress, waitMs);
          continue;
        }
      }
      const delayMs = retryDelay({
        settings,
        creates,
        failure,
        attempts: attempts - uncounted,
        remainingMs,
        random: Math.random(),
      });
      lastCost = delayMs === undefined ? undefined : this.#budget.take(failure);
      if (delayMs === undefined || lastCost === undefined) {
        throw failure.exception;
      }
      watch.retry(failure, delayMs);
      await this.#wait(progress, delayMs);
    }
  }

  async #attempt<T>(progress: CallInProgress<T>, key: string, connection: Connection): Promise<Outcome<T>> {
    const { call, scrub } = progress;
    const { axiosRef } = this.#http[connection];
    const attempt = new Attempt(axiosRef, this.#hasAdapter, this.options.maxResponseBytes);
    try {
      const answer = await this.#exchange(progress, key, attempt);
      return withoutPollution(() => readAnswer(answer, call, this.#keyInUse(progress), scrub));
    } catch (error) {
      if (error instanceof TransportFault) {
        const failure = connectionFailure(
          error.raw,
          error.phase,
          call.operation,
          scrub,
          this.#tellIgnoredProxy(),
        );
        return { failure: { ...failure, stale: error.reused } };
      }
      if (isOpenRouterException(error)) {
        return { failure: { exception: error, transient: error instanceof OpenRouterTimeoutException } };
      }
      attempt.end();
      const exception = unexpectedException(error, attempt.where, call.operation, scrub);
      return { failure: { exception, transient: false } };
    }
  }

  #exchange<T>(progress: CallInProgress<T>, key: string, attempt: Attempt): Promise<WireAnswer> {
    const { call, scope, limits, headers, path } = progress;
    const request = {
      method: call.method,
      url: `${this.options.baseUrl}${path}`,
      headers: { ...headers, authorization: `Bearer ${key}` },
      body: call.body === undefined ? undefined : withoutPollution(() => JSON.stringify(call.body)),
    };
    return scope.run(
      (resolve, reject) => {
        attempt.send(request).then(resolve, reject);
        return () => attempt.end();
      },
      (why) =>
        interruptionException({
          ...interrupted(progress, why),
          ...attempt.where,
          ignoredProxy: this.#tellIgnoredProxy(),
        }),
      limits.timeoutMs,
    );
  }

  #keyInUse<T>({ call, keyOverride }: CallInProgress<T>): KeyInUse {
    return {
      from: keyOverride === undefined ? this.#keys.optionOf(call.key) : 'call',
      isInference: call.isInference ?? false,
    };
  }

  async #askKey<T>(progress: CallInProgress<T>): Promise<string> {
    const { call, scope, keyOverride } = progress;
    const source = keyOverride ?? this.#keys.get(call.key);
    if (typeof source === 'string') {
      return source;
    }
    const key = await scope.run<string>(
      (resolve, reject) => {
        source().then(resolve, reject);
        return undefined;
      },
      (why) =>
        interruptionException({
          ...interrupted(progress, why),
          what: `the function given as \`${this.#keys.optionOf(call.key)}\``,
        }),
    );
    progress.secrets.push(key);
    return key;
  }

  #wait<T>(progress: CallInProgress<T>, delayMs: number): Promise<undefined> {
    return progress.scope.run<undefined>(
      (resolve) => {
        const timer = setTimeout(resolve, delayMs, undefined);
        return () => clearTimeout(timer);
      },
      (why) => interruptionException(interrupted(progress, why)),
    );
  }

  #callHeaders(
    call: OpenRouterCall<unknown>,
    own: RequestOptions['headers'],
  ): Readonly<Record<string, string>> {
    const headers: Record<string, string> = { ...this.#headers };
    for (const [name, value] of Object.entries(own ?? {})) {
      headers[name.toLowerCase()] = value;
    }
    if (call.body !== undefined) {
      headers['content-type'] = 'application/json';
    }
    return headers;
  }

  #closedException(operation: string): OpenRouterAbortException {
    return new OpenRouterAbortException({
      message: `${operation} was not sent: the OpenRouter client is closed.`,
      delivery: 'not-sent',
    });
  }
}

/** A key of the call's own does not meet others on a connection, where an answer could come to the wrong one. */
function firstConnection<T>({ call, keyOverride }: CallInProgress<T>): Connection {
  if (createsSomething(call)) {
    return 'single';
  }
  return keyOverride === undefined ? 'kept' : 'apart';
}

/** What the exception of an interruption tells, unless an attempt knows better. */
function interrupted<T>(
  { call, scope, limits, scrub }: CallInProgress<T>,
  why: Interruption,
): InterruptedCall {
  const { operation } = call;
  return { operation, why, reason: scope.reason, phase: 'queue', delivery: 'not-sent', limits, scrub };
}

/** A key that was just rotated is refused once, and is another one when asked for again. */
function isUnauthorized({ exception }: CallFailure): boolean {
  return exception instanceof OpenRouterUnauthorizedException;
}

/** What an earlier attempt may have deleted is not found by the next one: it is gone, as was asked for. */
function isAlreadyDeleted<T>({ call, delivery }: CallInProgress<T>, { exception }: CallFailure): boolean {
  const mayHaveDeleted = delivery === 'unknown' || delivery === 'applied';
  return call.method === 'DELETE' && mayHaveDeleted && exception instanceof OpenRouterNotFoundException;
}
