import { hash } from 'node:crypto';
import type { SpendStore } from '../contracts/spend-store.js';
import type { BalanceStore } from '../contracts/balance-store.js';
import type { OpenRouterAttachedClient } from '../contracts/instrumentation.js';
import type { ResolvedOpenRouterOptions } from '../options/openrouter-options.js';
import type { AccountSettings } from '../options/resolve-options.js';
import { secretsOfHeaders } from '../secret/secret-headers.js';
import { Transport } from '../transport/transport.js';
import { secretsOfProxy } from '../transport/proxy-secrets.js';
import { AccountLife } from './account-life.js';
import { InstrumentationHooks } from './instrumentation-hooks.js';
import { KeyRing } from './key-ring.js';

/** One OpenRouter account: its keys, connections, instrumentations and settings, from its start to its end. */
export class Account {
  /** The options in force, without anything secret. */
  readonly options: ResolvedOpenRouterOptions;
  readonly keys: KeyRing;
  readonly instrumentation: InstrumentationHooks;
  readonly transport: Transport;

  #isAttached = false;
  readonly #attachListeners: (() => void)[] = [];
  readonly #life = new AccountLife();
  readonly #balanceStore: BalanceStore | undefined;
  readonly #spendStore: SpendStore | undefined;
  readonly #innerFetch: AccountSettings['innerFetch'];
  readonly #headers: AccountSettings['headers'];

  constructor(settings: AccountSettings) {
    const { axios, balanceStore, headers, innerFetch, keys, options, spendStore } = settings;
    this.options = options;
    this.keys = new KeyRing(keys, [...secretsOfHeaders(headers), ...secretsOfProxy(axios)]);
    this.instrumentation = new InstrumentationHooks(settings);
    this.transport = new Transport(settings);
    this.#balanceStore = balanceStore;
    this.#spendStore = spendStore;
    this.#innerFetch = innerFetch;
    this.#headers = headers;
    this.onClose(() => this.transport.destroy());
  }

  /** The user's headers for every call. A method, since headers may hold secrets and inspection reads getters. */
  headers(): AccountSettings['headers'] {
    return this.#headers;
  }

  /** The store that shares the balance; `undefined` for the memory of this process. */
  get balanceStore(): BalanceStore | undefined {
    return this.#balanceStore;
  }

  /** The store of the spend limits; `undefined` for the memory of this process. */
  get spendStore(): SpendStore | undefined {
    return this.#spendStore;
  }

  /** The `fetch` below the meter; `undefined` for the global one. */
  get innerFetch(): AccountSettings['innerFetch'] {
    return this.#innerFetch;
  }

  /**
   * A hash of the account's name in the application and of the API's host, under which stores keep what is spent. It does
   * not depend on the keys: each service of an application may have a key of its own, and a rotated key must not reset
   * the sums.
   */
  get spendAccount(): string {
    const { host } = new URL(this.options.baseUrl);
    return hash('sha256', `${host}\n${this.instrumentation.account.account}`);
  }

  /**
   * A hash of the keys and of the API's host: the identity of the account in every process that uses the same keys.
   * Calls functions given as keys, so a rotated key means another identity.
   *
   * @throws `OpenRouterConfigException` if such a function fails.
   */
  identify(): Promise<string> {
    return this.keys.hashWith(new URL(this.options.baseUrl).host);
  }

  /** Calls a listener once the account has its client; at once if it has one already. */
  onAttach(listener: () => void): void {
    if (this.#isAttached) {
      listener();
    } else {
      this.#attachListeners.push(listener);
    }
  }

  /** Hands the account's client to the instrumentations. */
  attach(client: OpenRouterAttachedClient): void {
    this.#isAttached = true;
    this.instrumentation.attach(client);
    for (const listener of this.#attachListeners.splice(0)) {
      listener();
    }
  }

  get isClosed(): boolean {
    return this.#life.isClosed;
  }

  /** Calls a listener when the account is closed; `close` waits for it. */
  onClose(listener: () => Promise<void> | void): void {
    this.#life.onClose(listener);
  }

  /**
   * Ends every call and every socket at once; later calls are refused. May be called more than once.
   *
   * @returns Settles when everything that ends with the account has ended.
   */
  close(): Promise<void> {
    return this.#life.close();
  }

  /** Nest's hook, late enough that other providers can still make calls while they shut down. */
  onApplicationShutdown(): Promise<void> {
    return this.close();
  }
}
