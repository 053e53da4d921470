import type { RuleFigures } from '../reservations/spend-usage.js';
import type { AppliedRule } from '../rules/rule-book.js';
import { pickWindow } from '../windows/picked-window.js';

/** The maximum number of windows whose sums are remembered. */
const MAX_KEPT = 10_000;

/** The highest sum that this process was told of a window. */
export interface Floor {
  readonly applied: AppliedRule;
  readonly from: number;
  readonly settledNanoUsd: number;
}

/** What the store has told of each window, for the case that it loses something. */
export class Floors {
  /** The least recently told first. */
  readonly #floors = new Map<string, Floor>();

  /** Remembers what the store has told. */
  note(figures: readonly RuleFigures[]): void {
    for (const { applied, figures: told } of figures) {
      const name = `${applied.number}/${applied.key}`;
      const known = this.#floors.get(name);
      const isSame = known?.from === told.from;
      this.#floors.delete(name);
      this.#floors.set(name, {
        applied,
        from: told.from,
        settledNanoUsd: isSame ? Math.max(known.settledNanoUsd, told.settledNanoUsd) : told.settledNanoUsd,
      });
    }
    for (const oldest of this.#floors.keys()) {
      if (this.#floors.size <= MAX_KEPT) {
        break;
      }
      this.#floors.delete(oldest);
    }
  }

  /** The floors of the windows that are the present ones. What counts in a rolling window changes with each of its slots. */
  at(now: number): readonly Floor[] {
    return [...this.#floors.values()].filter(
      ({ applied, from, settledNanoUsd }) =>
        settledNanoUsd > 0 && pickWindow(applied.windowAt(now, null), now)?.from === from,
    );
  }
}
