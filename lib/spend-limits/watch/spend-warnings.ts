import { randomUUID } from 'node:crypto';
import type { Clock } from '../../async/clock.js';
import type { SpendPlace } from '../../contracts/spend-store.js';
import { type RefusedAmount, type RuleFigures, usageOf } from '../reservations/spend-usage.js';
import type { SpendAlert } from '../../contracts/spend-usage.js';
import type { BoundedSpendStore } from '../store/bounded-spend-store.js';

/** The maximum number of warnings that this process remembers to have been sent, by itself or by another one. */
const MAX_KEPT = 10_000;

interface Claim {
  readonly id: string;
  /** Whether it is under way, or answered. */
  isMade: boolean;
}

export interface SpendWarningsParts {
  readonly store: BoundedSpendStore;
  readonly clock: Clock;
  readonly onAlert: (alert: SpendAlert) => void;
}

/** Announces each fraction of a limit once a window. Which of all processes does so, the store decides. */
export class SpendWarnings {
  readonly #parts: SpendWarningsParts;
  /** The claim of each warning; the least recently made first. */
  readonly #claims = new Map<string, Claim>();

  constructor(parts: SpendWarningsParts) {
    this.#parts = parts;
  }

  /**
   * Announces what figures have reached. A rule that has refused an amount is reached in full, unless the amount would fit
   * but for what completions under way hold: they may be billed less.
   */
  consider(figures: readonly RuleFigures[], refused?: RefusedAmount): void {
    for (const one of figures) {
      const refusedNanoUsd = one.applied === refused?.applied ? refused.nanoUsd : 0;
      for (const fraction of one.applied.rule.warnAt) {
        if (isReached(one, fraction) || (fraction === 1 && isExceeded(one, refusedNanoUsd))) {
          void this.#announce(one, fraction);
        }
      }
    }
  }

  async #announce(one: RuleFigures, fraction: number): Promise<void> {
    const { applied, figures } = one;
    const { root, key } = applied;
    const { spanId, from } = figures;
    const span = applied.windowAt(from, null).spans.find(({ id }) => id === spanId);
    const place: SpendPlace = { root, key, spanId, slot: 0, keepUntil: span?.keepUntil ?? null };
    const name = `${root}/${key}/${spanId}/${fraction}`;
    const claim = this.#claims.get(name) ?? { id: randomUUID(), isMade: false };
    if (claim.isMade) {
      return;
    }
    claim.isMade = true;
    this.#claims.set(name, claim);
    this.#makeRoom();
    const { clock, onAlert, store } = this.#parts;
    const answer = await store.ask((inner, account) =>
      inner.claimWarning(account, place, String(fraction), claim.id),
    );
    if (answer === undefined) {
      // It is tried again with the next figures, under the same id: the store may have granted it.
      claim.isMade = false;
    }
    if (answer?.value === true) {
      onAlert(
        Object.freeze({
          type: fraction === 1 ? 'reached' : 'warning',
          fraction,
          usage: usageOf(one),
          at: new Date(clock.wallNow()),
        }),
      );
    }
  }

  #makeRoom(): void {
    for (const oldest of this.#claims.keys()) {
      if (this.#claims.size <= MAX_KEPT) {
        break;
      }
      this.#claims.delete(oldest);
    }
  }
}

function isExceeded({ limitNanoUsd, figures }: RuleFigures, nanoUsd: number): boolean {
  const spent = figures.settledNanoUsd + figures.unsettledNanoUsd;
  return limitNanoUsd !== null && nanoUsd > 0 && spent + nanoUsd > limitNanoUsd;
}

function isReached({ limitNanoUsd, figures }: RuleFigures, fraction: number): boolean {
  const spent = figures.settledNanoUsd + figures.unsettledNanoUsd;
  return limitNanoUsd !== null && spent > 0 && spent >= limitNanoUsd * fraction;
}
