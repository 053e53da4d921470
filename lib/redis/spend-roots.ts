import { listOf, textOf } from './redis-answers.js';
import type { RunScript } from './script-runner.js';
import type { SpendKeys } from './spend-keys.js';
import { PLAN, REGISTER, VISIT } from './spend-root-scripts.js';

/** How long a root counts as named by a process that reserves in it again and again. */
const NAMED_MS = 60_000;

/** When a root is visited again if a visit fails, or finds it empty. */
const VISIT_AGAIN_MS = 60_000;

/** The longest time between two visits: a hold whose lease is shorter than that of the others has to be found as well. */
const MAX_VISIT_MS = 5 * 60_000;

/** How many roots are visited at once. */
const VISITED = 16;

/** How many roots a process remembers to have named. */
const MAX_NAMED = 10_000;

/** In how long there is something to do in a root; −1 if it has neither open nor unsettled holds. */
export interface RootPlan {
  readonly root: string;
  readonly inMs: number;
}

/** The roots in a cluster that have holds, so that those of dead processes are found. A single node needs no such list. */
export class SpendRoots {
  readonly #run: RunScript;
  readonly #keys: SpendKeys;
  readonly #isPartitioned: boolean;
  readonly #named = new Map<string, number>();

  constructor(run: RunScript, keys: SpendKeys, isPartitioned: boolean) {
    this.#run = run;
    this.#keys = keys;
    this.#isPartitioned = isPartitioned;
  }

  /**
   * Puts a root on the list, at most once a minute.
   *
   * @param leaseMs - The lease of a hold in it.
   * @returns `undefined` if there is nothing to do.
   */
  name(account: string, root: string, leaseMs: number): Promise<void> | undefined {
    if (!this.#isPartitioned) {
      return undefined;
    }
    const now = performance.now();
    const isNamed = now - (this.#named.get(`${account}.${root}`) ?? -Infinity) < NAMED_MS;
    return isNamed ? undefined : this.#name(account, root, leaseMs, now);
  }

  async #name(account: string, root: string, leaseMs: number, now: number): Promise<void> {
    const name = `${account}.${root}`;
    await this.#run(REGISTER, this.#keys.roots(account), [root, leaseMs]);
    this.#named.delete(name);
    this.#named.set(name, now);
    if (this.#named.size > MAX_NAMED) {
      const [oldest = ''] = this.#named.keys();
      this.#named.delete(oldest);
    }
  }

  /** Roots that are to be visited now, by this process alone. */
  async visit(account: string): Promise<readonly string[]> {
    if (!this.#isPartitioned) {
      return [''];
    }
    const [roots] = this.#keys.roots(account);
    return listOf(await this.#run(VISIT, [roots], [VISITED, VISIT_AGAIN_MS])).map(textOf);
  }

  /**
   * Plans the next visits of roots. An empty one is taken off the list, unless a process has named it so recently that it
   * may still reserve in it. Plans that fail are made again at the visit that was noted before.
   */
  async plan(account: string, plans: readonly RootPlan[]): Promise<void> {
    if (this.#isPartitioned && plans.length > 0) {
      const args = plans.flatMap(({ root, inMs }) => [root, Math.min(inMs, MAX_VISIT_MS)]);
      await this.#run(PLAN, this.#keys.roots(account), [2 * NAMED_MS, ...args]).catch(() => undefined);
    }
  }
}
