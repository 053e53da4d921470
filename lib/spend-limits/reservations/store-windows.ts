import type { Clock } from '../../async/clock.js';
import type { SpendFigureLists, SpendPlace, SpendStore, SpendSubject } from '../../contracts/spend-store.js';
import { type AppliedRule, subjectsOf } from '../rules/rule-book.js';
import type { BoundedSpendStore } from '../store/bounded-spend-store.js';
import { pickWindows, placeOf } from '../windows/picked-window.js';

/** The windows of rules at present, by the store's clock: it decides in which of them an amount counts. */
export class StoreWindows {
  readonly #store: BoundedSpendStore;
  readonly #clock: Pick<Clock, 'wallNow'>;
  /** By how much the store's clock is ahead, by its latest answer; `undefined` before the first. */
  #aheadMs: number | undefined;

  constructor(store: BoundedSpendStore, clock: Pick<Clock, 'wallNow'>) {
    this.#store = store;
    this.#clock = clock;
  }

  /** What the store's clock shows, as far as that is known, in milliseconds since 1970. */
  get now(): number {
    return Math.max(0, Math.floor(this.#clock.wallNow() + (this.#aheadMs ?? 0)));
  }

  /** Calls the store with windows around its present: once more if they did not fit its clock. */
  async ask<T extends { readonly status: string; readonly now: number }>(
    applied: readonly AppliedRule[],
    limits: readonly (number | null)[],
    call: (subjects: readonly SpendSubject[]) => Promise<{ readonly value: T } | undefined>,
  ): Promise<T | undefined> {
    const ask = (): ReturnType<typeof call> => call(subjectsOf(applied, limits, this.now));
    const answer = await ask();
    if (answer === undefined) {
      return undefined;
    }
    this.#learn(answer.value.now);
    return answer.value.status === 'no-window' ? (await ask())?.value : answer.value;
  }

  /** The present figures of rules; `undefined` if the store does not answer. */
  async figures(
    applied: readonly AppliedRule[],
    limits: readonly (number | null)[],
  ): Promise<SpendFigureLists | undefined> {
    const report = await this.ask(applied, limits, (subjects) =>
      this.#store.ask((store, account) => store.usage(account, subjects)),
    );
    return report?.status === 'done' ? report.figures : undefined;
  }

  /** Where an amount counts at present, as far as the store's clock is known. */
  places(applied: readonly AppliedRule[]): readonly SpendPlace[] {
    const subjects = this.#subjects(applied);
    const picked = pickWindows(subjects, this.now) ?? [];
    return subjects.flatMap((subject, index) =>
      (picked[index] ?? []).map((window) => placeOf(subject, window)),
    );
  }

  /** Where an amount counts at present, on the store's clock, which is asked if it is not known. */
  async knownPlaces(
    applied: readonly AppliedRule[],
    store: SpendStore,
    account: string,
  ): Promise<readonly SpendPlace[]> {
    if (this.#aheadMs === undefined) {
      this.#learn((await store.usage(account, this.#subjects(applied))).now);
    }
    return this.places(applied);
  }

  #learn(storeNow: number): void {
    this.#aheadMs = storeNow - this.#clock.wallNow();
  }

  #subjects(applied: readonly AppliedRule[]): readonly SpendSubject[] {
    return subjectsOf(
      applied,
      applied.map(() => null),
      this.now,
    );
  }
}
