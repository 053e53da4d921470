import { hash } from 'node:crypto';
import { OpenRouterConfigException } from '../errors/client.exceptions.js';
import { safeCause } from '../errors/safe-cause.js';
import { keyProblem } from '../options/key-rules.js';
import type { OpenRouterKey } from '../options/openrouter-options.js';
import type { AccountSettings, NamedKeySource, OpenRouterKeyKind } from '../options/resolve-options.js';
import { hashKey } from '../secret/key-hash.js';
import { createScrub, type Scrub } from '../secret/scrub.js';
import { isSecretString } from '../secret/secret-string.js';

/** Without a limit, rotated keys would pile up as long as the process lives. */
const MAX_REMEMBERED_KEYS = 8;

type KeyFunction = () => OpenRouterKey | Promise<OpenRouterKey>;

/** Keeps an account's keys where no inspection reaches them, and gives one away only when a request is sent. */
export class KeyRing {
  readonly #keys: AccountSettings['keys'];
  readonly #others: readonly string[];
  #known: readonly string[] = [];
  #hashes: ReadonlySet<string> = new Set();
  /** Whether a function given as `apiKey` has returned a key. */
  #isApiKeyKnown = false;
  /** The last key that a function given as `apiKey` has returned. */
  #lastApiKey: string | undefined;
  #onRotation: () => void = () => undefined;
  /** Made when the first message has to be scrubbed, not whenever a key function returns a new key. */
  #scrub: Scrub | undefined;

  /** @param others - Further secrets that are sent with every call. */
  constructor(keys: AccountSettings['keys'], others: readonly string[]) {
    this.#keys = keys;
    this.#others = others;
    for (const { source } of [keys.api, keys.management]) {
      if (typeof source !== 'function') {
        this.#remember(revealKey(source));
      }
    }
  }

  /** Takes the account's secrets, and everything shaped like a key, out of a string. */
  scrub(text: string): string {
    this.#scrub ??= createScrub([...this.#known, ...this.#others]);
    return this.#scrub(text);
  }

  /**
   * Takes the account's secrets, those of one call, and everything shaped like a key out of a string. All in one pass:
   * if one secret begins with another, two passes would leave the rest of the longer one.
   *
   * @param own - The secrets of the call. The caller may add to the array later.
   */
  scrubWith(own: readonly string[]): Scrub {
    let known: readonly string[] | undefined;
    let ownCount = 0;
    let scrub: Scrub | undefined;
    return (text) => {
      if (own.every((secret) => this.#known.includes(secret))) {
        return this.scrub(text);
      }
      // Made when it is needed, and again once a key function has returned a new key.
      if (scrub === undefined || known !== this.#known || ownCount !== own.length) {
        known = this.#known;
        ownCount = own.length;
        scrub = createScrub([...own, ...known, ...this.#others]);
      }
      return scrub(text);
    };
  }

  /** The option that a key was set by. */
  optionOf(kind: OpenRouterKeyKind): NamedKeySource['option'] {
    return this.#keys[kind].option;
  }

  /** Whether a key comes from a function, which may return a new key for each call. */
  isDynamic(kind: OpenRouterKeyKind): boolean {
    return typeof this.#keys[kind].source === 'function';
  }

  /**
   * Whether a key may be one of the account's own, by the hash that OpenRouter identifies it by. Until a function given
   * as `apiKey` has returned a key, every key may be.
   */
  mayHold(hash: string): boolean {
    return this.#hashes.has(hash) || (this.isDynamic('api') && !this.#isApiKeyKnown);
  }

  /** Whether a key is certainly one of the account's own, by its hash. */
  holds(hash: string): boolean {
    return this.#hashes.has(hash);
  }

  /** Calls a listener when a function given as `apiKey` returns a different key than before. */
  onRotation(listener: () => void): void {
    this.#onRotation = listener;
  }

  /** A key, or how to ask for it if it comes from a function. */
  get(kind: OpenRouterKeyKind): string | (() => Promise<string>) {
    const { option, source } = this.#keys[kind];
    return typeof source === 'function' ? () => this.#ask(option, source) : revealKey(source);
  }

  /** Whether the two kinds of operation use different keys, as far as is known without calling functions. */
  get areSeparate(): boolean {
    const { api, management } = this.#keys;
    const areBothFixed = typeof api.source !== 'function' && typeof management.source !== 'function';
    return areBothFixed
      ? revealKey(api.source) !== revealKey(management.source)
      : api.source !== management.source;
  }

  /**
   * A one-way hash of the keys in use and of a further string.
   *
   * @throws `OpenRouterConfigException` if a key function fails or returns an invalid key.
   */
  async hashWith(context: string): Promise<string> {
    const parts = [context];
    const isOne = this.#keys.api.source === this.#keys.management.source;
    for (const kind of isOne ? (['api'] as const) : (['management', 'api'] as const)) {
      const key = this.get(kind);
      parts.push(typeof key === 'string' ? key : await key());
    }
    return hash('sha256', parts.join('\n'));
  }

  /** @throws `OpenRouterConfigException` if the function fails or returns an invalid key. */
  async #ask(option: string, source: KeyFunction): Promise<string> {
    const key = await this.#askFunction(option, source);
    const problem = keyProblem(key);
    if (problem !== undefined) {
      throw new OpenRouterConfigException(
        `The function given as \`${option}\` returned a key that cannot be used: it ${problem}. Nothing was sent.`,
      );
    }
    this.#remember(key);
    if (source === this.#keys.api.source) {
      this.#noteApiKey(key);
    }
    return key;
  }

  async #askFunction(option: string, source: KeyFunction): Promise<string> {
    try {
      return revealKey(await source());
    } catch (error) {
      const cause = safeCause(error, (text) => this.scrub(text));
      const reason = cause.message === '' ? 'it gave no reason' : cause.message;
      throw new OpenRouterConfigException(
        `The function given as \`${option}\` failed: ${reason.replace(/\.$/, '')}. Nothing was sent.`,
        { cause },
      );
    }
  }

  #noteApiKey(key: string): void {
    this.#isApiKeyKnown = true;
    const last = this.#lastApiKey;
    this.#lastApiKey = key;
    if (last !== undefined && last !== key) {
      this.#onRotation();
    }
  }

  #remember(key: string): void {
    if (!this.#known.includes(key)) {
      this.#known = [key, ...this.#known].slice(0, MAX_REMEMBERED_KEYS);
      this.#hashes = new Set(this.#known.map(hashKey));
      this.#scrub = undefined;
    }
  }
}

/** A key as a string, whichever form it was given in. */
export function revealKey(key: OpenRouterKey): string {
  return isSecretString(key) ? key.reveal() : key;
}
