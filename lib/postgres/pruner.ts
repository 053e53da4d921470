import type { SpendDatabase } from './spend-database.js';

const DAY_MS = 86_400_000;

/** After how many holds that end something is deleted, and how many rows of each table then: many more than have come meanwhile. */
const PERIOD = 64;
const PRUNED = 1_024;

/** Deletes what is old, a few rows at a time. Nobody waits for it. */
export class Pruner {
  readonly #database: SpendDatabase;
  readonly #retainMs: number | null;
  #visits = 0;
  #isAtWork = false;

  constructor(database: SpendDatabase, retainDays: number | null) {
    this.#database = database;
    this.#retainMs = retainDays === null ? null : retainDays * DAY_MS;
  }

  /** Called after the end of a hold. The first one counts as well: a process may be short-lived. */
  visit(account: string): void {
    const isDue = this.#visits % PERIOD === 0;
    this.#visits += 1;
    if (isDue && !this.#isAtWork) {
      void this.#prune(account);
    }
  }

  async #prune(account: string): Promise<void> {
    this.#isAtWork = true;
    try {
      await this.#database.call('prune', account, { retainMs: this.#retainMs, limit: PRUNED });
    } catch {
      // There is a next time.
    }
    this.#isAtWork = false;
  }
}
