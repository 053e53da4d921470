import { LATE, within } from '../../async/bounded-waits.js';
import type { Clock } from '../../async/clock.js';
import type {
  BalanceFlight,
  BalanceStore,
  NamedSpend,
  SharedBalance,
} from '../../contracts/balance-store.js';
import { booleanOf, flightOf, sharedBalanceOf } from './store-answers.js';
import { nextHealth, type StoreCallKind, UNKNOWN_HEALTH } from './store-health.js';

/** How long a call to the store is waited for. */
const BOUND_MS = 250;

/** How long a store is left alone after a failure: whoever waits for it would wait in vain. */
const PAUSE_MS = 1_000;

type Answer<T> = Promise<T | undefined>;

/**
 * A store shared with other processes, behind bounds: every wait is bounded and every answer checked. Whatever goes
 * wrong is answered by `undefined`.
 */
export class BoundedStore {
  readonly #store: BalanceStore;
  readonly #identify: () => Promise<string>;
  readonly #clock: Clock;
  readonly #onHealth: (isUp: boolean) => void;
  #account: string | undefined;
  #pausedUntil = -Infinity;
  #health = UNKNOWN_HEALTH;
  /** The number of a flight whose lead the store was not told to end. */
  #unended: number | undefined;

  /**
   * @param identify - Gives the name by which the store knows the account.
   * @param onHealth - Called when the store stops answering, and when it answers again.
   */
  constructor(
    store: BalanceStore,
    identify: () => Promise<string>,
    clock: Clock,
    onHealth: (isUp: boolean) => void = () => undefined,
  ) {
    this.#store = store;
    this.#identify = identify;
    this.#clock = clock;
    this.#onHealth = onHealth;
  }

  /** Whether the store answers; `undefined` before the first call. */
  get isUp(): boolean | undefined {
    return this.#health.isUp;
  }

  /** Whether the store keeps sums of spend by their names. */
  get namesSpend(): boolean {
    return this.#store.namesSpend === true;
  }

  /** Asks the store again at once, however recently it has failed. */
  resume(): void {
    this.#pausedUntil = -Infinity;
  }

  /** Finds out which account it is: keys that come from a function may have changed. */
  async identify(): Promise<void> {
    // A key that cannot be had does not count as a failure of the store.
    this.#account = (await this.#bounded(undefined, this.#identify, stringOf)) ?? this.#account;
  }

  read(): Answer<SharedBalance> {
    return this.#ask('read', (account) => this.#store.read(account), sharedBalanceOf);
  }

  /** A lead that arrives after the wait is ended: other processes would wait for a flight that does not know of it. */
  async begin(holdMs: number): Answer<BalanceFlight> {
    let isLate = false;
    const call = async (account: string): Promise<unknown> => {
      const answer = await this.#store.begin(account, holdMs);
      const lead = isLate ? flightOf(answer) : undefined;
      if (lead?.leads === true) {
        void this.end(lead.sequence);
      }
      return answer;
    };
    const flight = await this.#ask('write', call, flightOf);
    isLate = flight === undefined;
    return flight;
  }

  /** Ends a lead: now, or else once more after the next answer of the store. */
  async end(sequence: number): Answer<true> {
    const isEnded = await this.#end(sequence);
    if (isEnded === undefined) {
      this.#unended = sequence;
    }
    return isEnded;
  }

  write(sequence: number, text: string, keepMs: number, settledMs: number): Answer<boolean> {
    return this.#ask(
      'write',
      (account) => this.#store.write(account, sequence, text, Math.ceil(keepMs), Math.ceil(settledMs)),
      booleanOf,
    );
  }

  invalidate(): Answer<true> {
    return this.#ask('write', (account) => this.#store.invalidate(account), done);
  }

  /** @param onStored - Called once the store has it, even if that is later than anybody waits. */
  addSpend(
    { microUsd, sums }: { readonly microUsd: number; readonly sums: readonly NamedSpend[] },
    keepMs: number,
    onStored: (at: number) => void,
  ): Answer<true> {
    return this.#ask(
      'write',
      async (account) => {
        await this.#store.addSpend(account, microUsd, Math.ceil(keepMs), sums.map(inWholeMs));
        onStored(this.#clock.now());
      },
      done,
    );
  }

  claimAlert(expected: string | undefined, next: string, keepMs: number): Answer<boolean> {
    return this.#ask(
      'write',
      (account) => this.#store.claimAlert(account, expected, next, keepMs),
      booleanOf,
    );
  }

  async #ask<T>(
    kind: StoreCallKind,
    call: (account: string) => Promise<unknown>,
    check: (answer: unknown) => T | undefined,
  ): Answer<T> {
    if (this.#account === undefined) {
      await this.identify();
    }
    const account = this.#account;
    return account === undefined ? undefined : this.#bounded(kind, () => call(account), check);
  }

  async #bounded<T>(
    kind: StoreCallKind | undefined,
    call: () => Promise<unknown>,
    check: (answer: unknown) => T | undefined,
  ): Answer<T> {
    if (this.#clock.now() < this.#pausedUntil) {
      return undefined;
    }
    let checked: T | undefined;
    try {
      const answer = await within(call(), BOUND_MS, setImmediate);
      checked = answer === LATE ? undefined : check(answer);
    } catch {
      // The caller goes on without the store.
    }
    if (checked === undefined) {
      this.#pausedUntil = this.#clock.now() + PAUSE_MS;
    }
    if (kind !== undefined) {
      this.#note(kind, checked !== undefined);
    }
    const unended = this.#unended;
    if (unended !== undefined && kind !== undefined && checked !== undefined) {
      this.#unended = undefined;
      void this.#end(unended);
    }
    return checked;
  }

  #end(sequence: number): Answer<true> {
    return this.#ask('write', (account) => this.#store.end(account, sequence), done);
  }

  #note(kind: StoreCallKind, isDone: boolean): void {
    const wasUp = this.#health.isUp;
    this.#health = nextHealth(this.#health, { kind, isDone, at: this.#clock.now() });
    const { isUp } = this.#health;
    if (isUp !== undefined && isUp !== (wasUp ?? true)) {
      this.#onHealth(isUp);
    }
  }
}

function inWholeMs(sum: NamedSpend): NamedSpend {
  return { ...sum, ageMs: Math.floor(sum.ageMs), spanMs: Math.ceil(sum.spanMs) };
}

function stringOf(answer: unknown): string | undefined {
  return typeof answer === 'string' ? answer : undefined;
}

function done(): true {
  return true;
}
