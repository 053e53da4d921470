import { type KeyRing, revealKey } from '../account/key-ring.js';
import type { RequestOptions } from '../contracts/request-options.js';
import type { KeyInUse } from '../errors/key-hint.js';
import type { Scrub } from '../secret/scrub.js';
import { secretsOfHeaders } from '../secret/secret-headers.js';
import type { OpenRouterCall } from './openrouter-call.js';

/** The key of one call, either its own or the account's, and the secrets that the call must not show. */
export class CallKey {
  /** Scrubs the secrets of the account and of the call from a string. */
  readonly scrub: Scrub;

  readonly #ring: KeyRing;
  readonly #call: OpenRouterCall<unknown>;
  readonly #own: string | undefined;
  readonly #secrets: string[];

  constructor(ring: KeyRing, call: OpenRouterCall<unknown>, { apiKey, headers = {} }: RequestOptions) {
    this.#ring = ring;
    this.#call = call;
    this.#own = apiKey === undefined ? undefined : revealKey(apiKey);
    this.#secrets = [...(this.#own === undefined ? [] : [this.#own]), ...secretsOfHeaders(headers)];
    this.scrub = ring.scrubWith(this.#secrets);
  }

  /** Whether the key was given in the options of the call. */
  get isOwn(): boolean {
    return this.#own !== undefined;
  }

  /** Whether a function returns the key, so that calling it again may give a new one. */
  get isDynamic(): boolean {
    return !this.isOwn && this.#ring.isDynamic(this.#call.key);
  }

  /** The option that the key was set by, for messages. */
  get inUse(): KeyInUse {
    const { isInference = false, key } = this.#call;
    return { from: this.isOwn ? 'call' : this.#ring.optionOf(key), isInference };
  }

  /** The key, or how to ask for it if a function returns it. */
  get source(): string | (() => Promise<string>) {
    const source = this.#own ?? this.#ring.get(this.#call.key);
    return typeof source === 'string' ? source : () => this.#ask(source);
  }

  async #ask(source: () => Promise<string>): Promise<string> {
    const key = await source();
    // The account may forget it before the call ends.
    this.#secrets.push(key);
    return key;
  }
}
