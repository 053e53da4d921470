import type { Clock } from '../../async/clock.js';
import type { SpendUsage } from '../../contracts/spend-usage.js';
import { type RuleFigures, ruleFigures, usageOf } from '../reservations/spend-usage.js';
import type { StoreWindows } from '../reservations/store-windows.js';
import type { BoundedSpendStore } from '../store/bounded-spend-store.js';
import type { SpendOutbox } from '../store/spend-outbox.js';
import { Floors } from './floors.js';

export interface StoreLossesParts {
  readonly store: BoundedSpendStore;
  readonly outbox: SpendOutbox;
  readonly windows: StoreWindows;
  readonly clock: Clock;
  /** The store may have lost something; the sums that this process knows are restored. */
  readonly onLoss: () => void;
}

/** Notices that the store has lost something, and brings its sums back to what this process was last told. */
export class StoreLosses {
  readonly #parts: StoreLossesParts;
  readonly #floors = new Floors();
  #epoch: string | undefined;
  #asking: Promise<readonly SpendUsage[]> | undefined;

  constructor(parts: StoreLossesParts) {
    this.#parts = parts;
  }

  /** Remembers what the store has told. */
  note(figures: readonly RuleFigures[]): void {
    if (this.#epoch === undefined) {
      // What is lost from now on has to be noticed.
      this.#epoch = '';
      void this.check();
    }
    this.#floors.note(figures);
  }

  /** Asks the store whether it has lost something since the last time. */
  async check(): Promise<void> {
    const answer = await this.#parts.store.ask(async (store, account) => store.epoch?.(account) ?? '');
    if (answer === undefined) {
      return;
    }
    const epoch = answer.value;
    const known = this.#epoch;
    this.#epoch = epoch;
    if (known !== undefined && known !== '' && known !== epoch) {
      this.#parts.onLoss();
      await this.#restore();
    }
  }

  /**
   * What counts at present in the windows that this process was told of, the fullest of each rule; empty if the store does
   * not answer. One question serves all that ask meanwhile.
   */
  knownUsage(): Promise<readonly SpendUsage[]> {
    this.#asking ??= this.#askUsage().finally(() => (this.#asking = undefined));
    return this.#asking;
  }

  async #askUsage(): Promise<readonly SpendUsage[]> {
    const { clock, windows } = this.#parts;
    const known = this.#floors.fullest(clock.wallNow());
    const applied = known.map((one) => one.applied);
    const limits = known.map(({ limitNanoUsd }) => limitNanoUsd);
    const lists = known.length === 0 ? undefined : await windows.figures(applied, limits);
    return lists === undefined ? [] : ruleFigures(applied, limits, lists).map(usageOf);
  }

  async #restore(): Promise<void> {
    const { clock, outbox, windows } = this.#parts;
    for (const { applied, settledNanoUsd } of this.#floors.at(clock.wallNow())) {
      await outbox.send((store, account) =>
        windows.ask([applied], [null], async (subjects) => ({
          value: await store.restore(account, subjects, [[settledNanoUsd]]),
        })),
      );
    }
  }
}
