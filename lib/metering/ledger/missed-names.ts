import type { SpendScope } from '../../contracts/completion-cost.js';
import type { MeteringReport } from './ledger.models.js';

/** A name may come from a request. */
const MAX_NAMES = 100;

/** By what a query asks for completions. */
export type NameUse = 'grouped' | 'filtered';

export interface MissedNamesParts {
  /** The names that spend limits count by: a filter by one of them may well find nothing. */
  readonly known: readonly string[];
  /** Called once for each name that no completion of the range has. */
  readonly onMissed: (name: string, use: NameUse) => void;
}

/** Notices names that no completion has, which may be misspelt. */
export class MissedNames {
  readonly #parts: MissedNamesParts;
  readonly #missed = new Set<string>();

  constructor(parts: MissedNamesParts) {
    this.#parts = parts;
  }

  noteGroups(groupBy: readonly string[], { rows }: MeteringReport): void {
    if (rows.length > 0) {
      const names = groupBy.filter((name) => name !== 'model' && name !== 'day');
      this.#note(
        names.filter((name) => rows.every(({ key }) => key[name] === null)),
        'grouped',
      );
    }
  }

  /** Nothing was found for a scope. */
  noteEmpty(scope: SpendScope = {}): void {
    const { known } = this.#parts;
    this.#note(
      Object.keys(scope).filter((name) => !known.includes(name)),
      'filtered',
    );
  }

  #note(names: readonly string[], use: NameUse): void {
    for (const name of names) {
      if (!this.#missed.has(name) && this.#missed.size < MAX_NAMES) {
        this.#missed.add(name);
        this.#parts.onMissed(name, use);
      }
    }
  }
}
