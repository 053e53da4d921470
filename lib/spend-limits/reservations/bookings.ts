import type { SpendScope } from '../../contracts/completion-cost.js';
import { nanoToUsd } from '../../money/nano-usd.js';
import type { LimitValues } from '../rules/limit-values.js';
import type { AppliedRule, RuleBook } from '../rules/rule-book.js';
import type { BoundedSpendStore } from '../store/bounded-spend-store.js';
import type { SpendOutbox } from '../store/spend-outbox.js';
import { bookedOf, type BookedSpend } from '../watch/booked-spend.js';
import type { Reservations } from './reservations.js';
import { type RuleFigures, ruleFigures } from './spend-usage.js';
import type { StoreWindows } from './store-windows.js';

export interface BookingsParts {
  readonly rules: RuleBook;
  readonly limits: LimitValues;
  readonly store: BoundedSpendStore;
  readonly outbox: SpendOutbox;
  readonly windows: StoreWindows;
  readonly reservations: Reservations;
  /** Whether other processes use the store. */
  readonly isShared: boolean;
  /** Called with what the store tells after a bill. */
  readonly onFigures: (figures: readonly RuleFigures[]) => void;
}

/** Books amounts without a reservation, and looks at what counts after a bill. */
export class Bookings {
  readonly #parts: BookingsParts;
  /** What this process has booked since its start. */
  #ownNanoUsd = 0;

  constructor(parts: BookingsParts) {
    this.#parts = parts;
  }

  /** Books an amount; `false` if the store does not answer. */
  async adjust(scope: SpendScope, nanoUsd: number, id: string): Promise<boolean> {
    const { rules, store, windows } = this.#parts;
    const applied = rules.applying(scope);
    if (applied.length === 0) {
      return true;
    }
    const booked = await windows.ask(applied, [], (subjects) =>
      store.ask((inner, account) => inner.adjust(account, { id, nanoUsd, subjects })),
    );
    if (booked?.status === 'done') {
      await this.#lookAfterBill(applied);
    }
    return booked?.status === 'done';
  }

  /** Books an amount, later if the store does not answer now. */
  async book(scope: SpendScope | undefined, nanoUsd: number, id: string): Promise<void> {
    const { outbox, rules, windows } = this.#parts;
    const applied = rules.applying(scope);
    this.#ownNanoUsd += nanoUsd;
    if (applied.length > 0) {
      await outbox.send((store, account) =>
        windows.ask(applied, [], async (subjects) => ({
          value: await store.adjust(account, { id, nanoUsd, subjects }),
        })),
      );
      await this.#lookAfterBill(applied);
    }
  }

  /**
   * Books the bill of a completion of which this process has no hold, later if the store does not answer now. It replaces
   * what the store counts for the completion, if that is known there.
   */
  async bill(scope: SpendScope | undefined, nanoUsd: number, id: string): Promise<void> {
    const { outbox, rules, windows } = this.#parts;
    const applied = rules.applying(scope);
    if (applied.length > 0) {
      await outbox.send(async (store, account) => {
        const places = await windows.knownPlaces(applied, store, account);
        await store.commit(account, { id, nanoUsd, note: '', places }, nanoUsd);
      });
    }
    await this.billed(applied, nanoUsd);
  }

  /** Looks at what counts after the bill of a reservation. */
  async billed(applied: readonly AppliedRule[], nanoUsd: number): Promise<void> {
    this.#ownNanoUsd += nanoUsd;
    await this.#lookAfterBill(applied);
  }

  /** What all processes have booked in one window; `undefined` if it is not known. */
  async booked(): Promise<BookedSpend | undefined> {
    const { isShared, reservations } = this.#parts;
    if (isShared) {
      return bookedOf((await reservations.usage(undefined)) ?? []);
    }
    return {
      window: 'process',
      settledUsd: nanoToUsd(this.#ownNanoUsd),
      countedUsd: nanoToUsd(this.#ownNanoUsd + reservations.heldNanoUsd),
    };
  }

  /** A bill may have reached a fraction that is to be announced. */
  async #lookAfterBill(applied: readonly AppliedRule[]): Promise<void> {
    const { limits: values, onFigures, windows } = this.#parts;
    const warning = applied.filter(({ rule }) => rule.warnAt.length > 0);
    const limits = warning.length === 0 ? undefined : await values.of(warning);
    const lists = limits && (await windows.figures(warning, limits));
    if (limits !== undefined && lists !== undefined) {
      onFigures(ruleFigures(warning, limits, lists));
    }
  }
}
