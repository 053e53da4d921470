import { randomUUID } from 'node:crypto';
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

/** What was recorded, as it is announced. */
export function costOfRecorded({ usd, id, scope, model }: RecordedCost, wallNow: number): CompletionCost {
  return Object.freeze({
    id: id ?? randomUUID(),
    usd,
    source: 'recorded',
    ...(model !== undefined && { model }),
    isByok: false,
    isStream: false,
    outcome: 'complete',
    scope: scope ?? Object.freeze({}),
    startedAt: new Date(wallNow),
    durationMs: 0,
  });
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
