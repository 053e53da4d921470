import type { BalanceFlight, BalanceStore, SharedBalance, SharedSpend } from '../contracts/balance-store.js';
import { isJsonObject } from '../wire/wire-record.js';
import type { BalanceEnvironment } from './balance-environment.js';
import type { OutgoingSpend } from './spend-ledger.js';

/** Longer than this nobody waits for a store. */
const BOUND_MS = 250;

/** How long a store is left alone after it has failed: what waits for it would wait for nothing. */
const PAUSE_MS = 1_000;

type Answer<T> = Promise<T | undefined>;

/**
 * The way to the store. Every answer is checked, every wait bounded; whatever goes wrong is a miss, `undefined`.
 */
export class StoreAccess {
  readonly #store: BalanceStore;
  readonly #identify: () => Promise<string>;
  readonly #environment: BalanceEnvironment;
  #account: string | undefined;
  #pausedUntil = -Infinity;

  /** @param identify - Gives the name by which the store knows the account. */
  constructor(store: BalanceStore, identify: () => Promise<string>, environment: BalanceEnvironment) {
    this.#store = store;
    this.#identify = identify;
    this.#environment = environment;
  }

  /** Finds out whose balance it is; keys that come from a function may be others than before. */
  async identify(): Promise<void> {
    this.#account = (await this.#bounded(this.#identify, textOf)) ?? this.#account;
  }

  read(): Answer<SharedBalance> {
    return this.#ask((account) => this.#store.read(account), sharedBalanceOf);
  }

  begin(holdMs: number): Answer<BalanceFlight> {
    return this.#ask((account) => this.#store.begin(account, holdMs), flightOf);
  }

  end(sequence: number): Answer<true> {
    return this.#ask((account) => this.#store.end(account, sequence), done);
  }

  write(sequence: number, text: string, keepMs: number, bookedMs: number): Answer<boolean> {
    return this.#ask(
      (account) => this.#store.write(account, sequence, text, Math.ceil(keepMs), Math.ceil(bookedMs)),
      booleanOf,
    );
  }

  invalidate(): Answer<true> {
    return this.#ask((account) => this.#store.invalidate(account), done);
  }

  /** Says that it is stored also where that comes later than anybody waits: it would count twice otherwise. */
  addSpend({ microUsd, stored }: OutgoingSpend, keepMs: number): Answer<true> {
    return this.#ask(async (account) => {
      await this.#store.addSpend(account, microUsd, Math.ceil(keepMs));
      stored(this.#environment.now());
    }, done);
  }

  claimAlert(expected: string | undefined, next: string, keepMs: number): Answer<boolean> {
    return this.#ask((account) => this.#store.claimAlert(account, expected, next, keepMs), booleanOf);
  }

  async #ask<T>(
    call: (account: string) => Promise<unknown>,
    check: (answer: unknown) => T | undefined,
  ): Answer<T> {
    if (this.#account === undefined) {
      await this.identify();
    }
    const account = this.#account;
    return account === undefined ? undefined : this.#bounded(() => call(account), check);
  }

  async #bounded<T>(call: () => Promise<unknown>, check: (answer: unknown) => T | undefined): Answer<T> {
    if (this.#environment.now() < this.#pausedUntil) {
      return undefined;
    }
    let checked: T | undefined;
    try {
      checked = check(await withinBound(call()));
    } catch {
      // A store's trouble is no trouble of the caller.
    }
    if (checked === undefined) {
      this.#pausedUntil = this.#environment.now() + PAUSE_MS;
    }
    return checked;
  }
}

function withinBound(answer: Promise<unknown>): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      // A busy process looks at its clock before it looks at what has arrived in the meantime.
      setImmediate(() => reject(new Error('The store has not answered in time.')));
    }, BOUND_MS);
    Promise.resolve(answer)
      .then(resolve, reject)
      .finally(() => clearTimeout(timer));
  });
}

function textOf(answer: unknown): string | undefined {
  return typeof answer === 'string' ? answer : undefined;
}

function booleanOf(answer: unknown): boolean | undefined {
  return typeof answer === 'boolean' ? answer : undefined;
}

function done(): true {
  return true;
}

function flightOf(answer: unknown): BalanceFlight | undefined {
  if (!isJsonObject(answer)) {
    return undefined;
  }
  const { sequence, leads } = answer;
  return isCount(sequence) && typeof leads === 'boolean' ? { sequence, leads } : undefined;
}

function sharedBalanceOf(answer: unknown): SharedBalance | undefined {
  if (!isJsonObject(answer)) {
    return undefined;
  }
  const { sequence, reading, spend, alertState } = answer;
  if (
    !isCount(sequence) ||
    !(reading === undefined || isSharedReading(reading)) ||
    !Array.isArray(spend) ||
    !spend.every(isSharedSpend) ||
    !(alertState === undefined || typeof alertState === 'string')
  ) {
    return undefined;
  }
  return { sequence, reading, spend, alertState };
}

function isSharedReading(value: unknown): value is NonNullable<SharedBalance['reading']> {
  return isJsonObject(value) && typeof value['text'] === 'string' && isDuration(value['ageMs']);
}

function isSharedSpend(value: unknown): value is SharedSpend {
  return isJsonObject(value) && isCount(value['microUsd']) && isDuration(value['ageMs']);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isDuration(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
