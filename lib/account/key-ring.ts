import { createHash } from 'node:crypto';
import { OpenRouterConfigException } from '../errors/client.exceptions.js';
import { safeCause } from '../errors/safe-cause.js';
import { keyProblem } from '../options/key-rules.js';
import type { OpenRouterKey } from '../options/openrouter-options.js';
import type { AccountSettings, NamedKeySource, OpenRouterKeyKind } from '../options/resolve-options.js';
import { hashKey } from '../secret/key-hash.js';
import { createScrub, type Scrub } from '../secret/scrub.js';
import { isSecretString } from '../secret/secret-string.js';

/** Rotated keys would pile up for as long as the process lives. */
const MOST_REMEMBERED = 8;

type KeyFunction = () => OpenRouterKey | Promise<OpenRouterKey>;

/** Holds an account's keys where no inspection reaches them, and hands one out at the moment of sending. */
export class KeyRing {
  readonly #keys: AccountSettings['keys'];
  readonly #others: readonly string[];
  #known: readonly string[] = [];
  #hashes: ReadonlySet<string> = new Set();
  /** Whether a function given as `apiKey` has given one. */
  #isApiKnown = false;
  /** What a function given as `apiKey` has given last. */
  #lastApiKey: string | undefined;
  #onRotation: () => void = () => undefined;
  /** Built when something has failed, and not each time that a key function has given another key. */
  #scrub: Scrub | undefined;

  /** @param others - Further secrets that go out with every call. */
  constructor(keys: AccountSettings['keys'], others: readonly string[]) {
    this.#keys = keys;
    this.#others = others;
    for (const { source } of [keys.api, keys.management]) {
      if (typeof source !== 'function') {
        this.#remember(keyText(source));
      }
    }
  }

  /** Takes the account's secrets, and everything shaped like a key, out of a string. */
  scrub(text: string): string {
    return this.#scrubKnown(text);
  }

  /**
   * Takes the account's secrets, those of one call, and everything shaped like a key out of a text. All at once:
   * where one secret begins with another, the rest of it would be left over.
   *
   * @param own - Those of the call; there may be more of them later.
   */
  scrubWith(own: readonly string[]): Scrub {
    let known: readonly string[] | undefined;
    let ownCount = 0;
    let scrub: Scrub | undefined;
    return (text) => {
      if (own.every((secret) => this.#known.includes(secret))) {
        return this.#scrubKnown(text);
      }
      // Built when it is needed, and again when a key function has given another key meanwhile.
      if (scrub === undefined || known !== this.#known || ownCount !== own.length) {
        known = this.#known;
        ownCount = own.length;
        scrub = createScrub([...own, ...known, ...this.#others]);
      }
      return scrub(text);
    };
  }

  /** The option that a key was given in. */
  optionOf(kind: OpenRouterKeyKind): NamedKeySource['option'] {
    return this.#keys[kind].option;
  }

  /** Whether a key comes from a function, so that it may be another one at the next call. */
  isAsked(kind: OpenRouterKeyKind): boolean {
    return typeof this.#keys[kind].source === 'function';
  }

  /**
   * Whether a key may be the account's `apiKey`, or another one of its own: by the hash that OpenRouter names it by.
   * Anything may be while a function given as `apiKey` was not asked yet.
   */
  mayHold(hash: string): boolean {
    return this.#hashes.has(hash) || (this.isAsked('api') && !this.#isApiKnown);
  }

  /** Calls a function when one that is given as `apiKey` gives another key than before. */
  onRotation(listener: () => void): void {
    this.#onRotation = listener;
  }

  /** The text of a key, or how to ask for it where it comes from a function. */
  get(kind: OpenRouterKeyKind): string | (() => Promise<string>) {
    const { option, source } = this.#keys[kind];
    return typeof source === 'function' ? () => this.#ask(option, source) : keyText(source);
  }

  /** Whether the two kinds of operation have keys of their own, as far as that can be told without asking. */
  get areSeparate(): boolean {
    const { api, management } = this.#keys;
    const areBothFixed = typeof api.source !== 'function' && typeof management.source !== 'function';
    return areBothFixed
      ? keyText(api.source) !== keyText(management.source)
      : api.source !== management.source;
  }

  /**
   * A hash of the keys in use and of a text, from which neither can be had.
   *
   * @throws `OpenRouterConfigException` if the function fails or gives something that is no key.
   */
  async hashWith(text: string): Promise<string> {
    const hash = createHash('sha256').update(text);
    const isOne = this.#keys.api.source === this.#keys.management.source;
    for (const kind of isOne ? (['api'] as const) : (['management', 'api'] as const)) {
      const key = this.get(kind);
      hash.update('\n').update(typeof key === 'string' ? key : await key());
    }
    return hash.digest('hex');
  }

  /** @throws `OpenRouterConfigException` if the function fails or gives something that is no key. */
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
      return keyText(await source());
    } catch (error) {
      const cause = safeCause(error, (text) => this.#scrubKnown(text));
      const reason = cause.message === '' ? 'it gave no reason' : cause.message;
      throw new OpenRouterConfigException(
        `The function given as \`${option}\` failed: ${reason.replace(/\.$/, '')}. Nothing was sent.`,
        { cause },
      );
    }
  }

  #noteApiKey(key: string): void {
    this.#isApiKnown = true;
    const last = this.#lastApiKey;
    this.#lastApiKey = key;
    if (last !== undefined && last !== key) {
      this.#onRotation();
    }
  }

  #remember(key: string): void {
    if (!this.#known.includes(key)) {
      this.#known = [key, ...this.#known].slice(0, MOST_REMEMBERED);
      this.#hashes = new Set(this.#known.map(hashKey));
      this.#scrub = undefined;
    }
  }

  #scrubKnown(text: string): string {
    this.#scrub ??= createScrub([...this.#known, ...this.#others]);
    return this.#scrub(text);
  }
}

/** The text of a key in either of its forms. */
export function keyText(key: OpenRouterKey): string {
  return isSecretString(key) ? key.reveal() : key;
}
