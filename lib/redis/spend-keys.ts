import { createHash } from 'node:crypto';
import type { SpendPlace } from '../contracts/spend-store.js';

/** Keys of the holds in one slot of a cluster. */
export interface HoldKeys {
  readonly open: string;
  readonly lost: string;
  readonly hold: (id: string) => string;
}

/** What the keys of a place and of its span are made of. */
export type SpanName = Pick<SpendPlace, 'root' | 'key' | 'spanId'>;

/**
 * The keys of the spend store. The hash tag is the account with the root, so that a cluster keeps the subjects of a root on
 * one node. On a single node, all holds of an account are together.
 */
export class SpendKeys {
  readonly #prefix: string;
  readonly #isPartitioned: boolean;

  constructor(prefix: string, isPartitioned: boolean) {
    this.#prefix = prefix;
    this.#isPartitioned = isPartitioned;
  }

  /** The keys of the holds in a root. */
  holds(account: string, root: string): HoldKeys {
    const home = this.#isPartitioned ? this.#tag(account, root) : this.#account(account);
    return { open: `${home}:open`, lost: `${home}:lost`, hold: (id) => `${home}:hold:${id}` };
  }

  span(account: string, { root, key, spanId }: SpanName): string {
    return `${this.#tag(account, root)}:span:${key}:${spanId}`;
  }

  /** Adjustments have ids of their own. */
  adjustment(account: string, root: string, id: string): string {
    return `${this.#isPartitioned ? this.#tag(account, root) : this.#account(account)}:adjustment:${id}`;
  }

  epoch(account: string): string {
    return `${this.#account(account)}:epoch`;
  }

  /** The bills of a name, which may be of any length. */
  bills(account: string, name: string): string {
    return `${this.#account(account)}:bills:${createHash('sha256').update(name).digest('hex').slice(0, 32)}`;
  }

  /** The roots with holds, and when each of them was last named. */
  roots(account: string): [roots: string, named: string] {
    return [`${this.#account(account)}:roots`, `${this.#account(account)}:named`];
  }

  /**
   * The roots, each of which has holds of its own: in the order of their last occurrence, so that the broadest subject is
   * in the last one. On a single node there is one for all.
   */
  homesOf(roots: readonly string[]): readonly string[] {
    return this.#isPartitioned ? [...new Set(roots.toReversed())].toReversed() : [''];
  }

  /** Whether something of a root is kept in this home. */
  isIn(home: string, root: string): boolean {
    return !this.#isPartitioned || home === root;
  }

  #account(account: string): string {
    return `${this.#prefix}:{${account}}`;
  }

  #tag(account: string, root: string): string {
    return `${this.#prefix}:{${account}.${root}}`;
  }
}
