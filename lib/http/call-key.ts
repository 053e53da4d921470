import { type KeyRing, keyText } from '../account/key-ring.js';
import type { RequestOptions } from '../contracts/request-options.js';
import type { KeyInUse } from '../errors/key-hint.js';
import type { Scrub } from '../secret/scrub.js';
import { secretsOfHeaders } from '../secret/secret-headers.js';
import type { OpenRouterCall } from './openrouter-call.js';

/** The key of one call, its own or the account's; and the secrets that the call must not show. */
export class CallKey {
  /** Takes the secrets of the account and of the call out of a string. */
  readonly scrub: Scrub;

  readonly #ring: KeyRing;
  readonly #call: OpenRouterCall<unknown>;
  readonly #own: string | undefined;
  readonly #secrets: string[];

  constructor(ring: KeyRing, call: OpenRouterCall<unknown>, { apiKey, headers = {} }: RequestOptions) {
    this.#ring = ring;
    this.#call = call;
    this.#own = apiKey === undefined ? undefined : keyText(apiKey);
    this.#secrets = [...(this.#own === undefined ? [] : [this.#own]), ...secretsOfHeaders(headers)];
    this.scrub = ring.scrubWith(this.#secrets);
  }

  /** Whether it was given for this call alone. */
  get isOwn(): boolean {
    return this.#own !== undefined;
  }

  /** Whether it comes from a function, which may give another one when it is called again. */
  get mayChange(): boolean {
    return !this.isOwn && this.#ring.isAsked(this.#call.key);
  }

  /** For messages: the option that it was given in. */
  get inUse(): KeyInUse {
    const { isInference = false, key } = this.#call;
    return { from: this.isOwn ? 'call' : this.#ring.optionOf(key), isInference };
  }

  /** The key, or how to ask for it where it comes from a function. */
  get source(): string | (() => Promise<string>) {
    const source = this.#own ?? this.#ring.get(this.#call.key);
    return typeof source === 'string' ? source : () => this.#ask(source);
  }

  async #ask(source: () => Promise<string>): Promise<string> {
    const key = await source();
    // The account may have forgotten it before the call ends.
    this.#secrets.push(key);
    return key;
  }
}
