import type { RuleFigures } from '../reservations/spend-usage.js';
import type { AppliedRule } from '../rules/rule-book.js';
import { pickWindow } from '../windows/picked-window.js';

/** The maximum number of windows whose sums are remembered. */
const MAX_KEPT = 10_000;

/** The maximum number of windows of one rule whose figures are shown. */
const MAX_SHOWN = 100;

/** The highest sum that this process was told of a window. */
export interface Floor {
  readonly applied: AppliedRule;
  /** What it was told last. */
  readonly last: RuleFigures;
  readonly from: number;
  readonly settledNanoUsd: number;
}

/** What the store has told of each window, for the case that it loses something. */
export class Floors {
  /** The least recently told first. */
  readonly #floors = new Map<string, Floor>();

  /** Remembers what the store has told. */
  note(figures: readonly RuleFigures[]): void {
    for (const last of figures) {
      const { applied, figures: told } = last;
      const name = `${applied.number}/${applied.key}`;
      const known = this.#floors.get(name);
      const isSame = known?.from === told.from;
      this.#floors.delete(name);
      this.#floors.set(name, {
        applied,
        last,
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

  /** What was last told of windows that have not ended: of each rule the fullest, those of a subject together. */
  fullest(now: number): readonly RuleFigures[] {
    const byRule = new Map<number, RuleFigures[]>();
    for (const { last } of this.#floors.values()) {
      if (isPresent(last, now)) {
        const { number } = last.applied;
        const all = byRule.get(number);
        if (all === undefined) {
          byRule.set(number, [last]);
        } else {
          all.push(last);
        }
      }
    }
    return [...byRule.values()]
      .flatMap((all) => all.toSorted((one, other) => fullness(other) - fullness(one)).slice(0, MAX_SHOWN))
      .toSorted((one, other) => (one.applied.key < other.applied.key ? -1 : 1));
  }

  /** The floors of the windows that are the present ones. What counts in a rolling window changes with each of its slots. */
  at(now: number): readonly Floor[] {
    return [...this.#floors.values()].filter(
      ({ applied, from, settledNanoUsd }) =>
        settledNanoUsd > 0 && pickWindow(applied.windowAt(now, null), now)?.from === from,
    );
  }
}

function isPresent({ applied, figures }: RuleFigures, now: number): boolean {
  const { period } = applied.rule;
  // What counts in a rolling window goes on counting after it has moved.
  const moreMs = typeof period === 'object' ? period.rollingHours * 3_600_000 : 0;
  return figures.to === null || now < figures.to + moreMs;
}

/** The part of the limit that counts; 0 without one. */
function fullness({ limitNanoUsd, figures }: RuleFigures): number {
  const counted = figures.settledNanoUsd + figures.heldNanoUsd + figures.unsettledNanoUsd;
  return limitNanoUsd === null ? 0 : limitNanoUsd === 0 ? Infinity : counted / limitNanoUsd;
}
