import type { CompletionCost, SpendScope } from '../../contracts/completion-cost.js';

/** The maximum number of remembered ids. */
const MAX_REMEMBERED = 10_000;

/** A cost that was paid in another way than through the metered `fetch`. */
export interface RecordedCost {
  /** US dollars. */
  readonly usd: number;
  /** An id counts once. */
  readonly id?: string | undefined;
  readonly scope?: SpendScope | undefined;
  readonly model?: string | undefined;
}

/** The latest costs that were recorded by hand, by the ids that they were given. */
export class RecordedCosts {
  readonly #costs = new Map<string, CompletionCost>();

  find(id: string | undefined): CompletionCost | undefined {
    return id === undefined ? undefined : this.#costs.get(id);
  }

  add(id: string | undefined, cost: CompletionCost): void {
    if (id === undefined) {
      return;
    }
    this.#costs.set(id, cost);
    for (const oldest of this.#costs.keys()) {
      if (this.#costs.size <= MAX_REMEMBERED) {
        break;
      }
      this.#costs.delete(oldest);
    }
  }
}
