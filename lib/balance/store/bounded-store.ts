import type {
  BalanceFlight,
  BalanceStore,
  NamedSpend,
  SharedBalance,
  SharedSpend,
} from '../../contracts/balance-store.js';
import { isRecord } from '../../untrusted/is-record.js';
import { LATE, within } from '../../async/bounded-waits.js';
import type { Clock } from '../../async/clock.js';
import type { OutgoingSpend } from '../spend/spend-ledger.js';
import { nextHealth, type StoreCallKind, UNKNOWN_HEALTH } from './store-health.js';

/** Longer than this nobody waits for a store. */
const BOUND_MS = 250;

/** How long a store is left alone after it has failed: what waits for it would wait for nothing. */
const PAUSE_MS = 1_000;

type Answer<T> = Promise<T | undefined>;

/**
 * The way to the store. Every answer is checked, every wait bounded; whatever goes wrong is a miss, `undefined`.
 */
export class BoundedStore {
  readonly #store: BalanceStore;
  readonly #identify: () => Promise<string>;
  readonly #clock: Clock;
  readonly #onHealth: (isUp: boolean) => void;
  #account: string | undefined;
  #pausedUntil = -Infinity;
  #health = UNKNOWN_HEALTH;

  /**
   * @param identify - Gives the name by which the store knows the account.
   * @param onHealth - Told whenever the store has stopped answering, and when it has begun again.
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

  /** Whether the store answers; `undefined` before it was asked. */
  get isUp(): boolean | undefined {
    return this.#health.isUp;
  }

  /** Whether it keeps sums of spend by their names. */
  get namesSpend(): boolean {
    return this.#store.namesSpend === true;
  }

  /** Asks again at once, however short ago it has failed. */
  resume(): void {
    this.#pausedUntil = -Infinity;
  }

  /** Finds out whose balance it is; keys that come from a function may be others than before. */
  async identify(): Promise<void> {
    // A key that cannot be had is no fault of the store.
    this.#account = (await this.#bounded(undefined, this.#identify, textOf)) ?? this.#account;
  }

  read(): Answer<SharedBalance> {
    return this.#ask('read', (account) => this.#store.read(account), sharedBalanceOf);
  }

  begin(holdMs: number): Answer<BalanceFlight> {
    return this.#ask('write', (account) => this.#store.begin(account, holdMs), flightOf);
  }

  end(sequence: number): Answer<true> {
    return this.#ask('write', (account) => this.#store.end(account, sequence), done);
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

  /** Says that it is stored also where that comes later than anybody waits. */
  addSpend({ microUsd, sums, stored }: OutgoingSpend, keepMs: number): Answer<true> {
    return this.#ask(
      'write',
      async (account) => {
        await this.#store.addSpend(account, microUsd, Math.ceil(keepMs), sums.map(inWholeMs));
        stored(this.#clock.now());
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
      const answer = await within(call(), BOUND_MS);
      checked = answer === LATE ? undefined : check(answer);
    } catch {
      // A store's trouble is no trouble of the caller.
    }
    if (checked === undefined) {
      this.#pausedUntil = this.#clock.now() + PAUSE_MS;
    }
    if (kind !== undefined) {
      this.#note(kind, checked !== undefined);
    }
    return checked;
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
  if (!isRecord(answer)) {
    return undefined;
  }
  const { sequence, leads } = answer;
  return isCount(sequence) && typeof leads === 'boolean' ? { sequence, leads } : undefined;
}

function sharedBalanceOf(answer: unknown): SharedBalance | undefined {
  if (!isRecord(answer)) {
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
  return isRecord(value) && typeof value['text'] === 'string' && isDuration(value['ageMs']);
}

function isSharedSpend(value: unknown): value is SharedSpend {
  if (!isRecord(value)) {
    return false;
  }
  const { id, microUsd, ageMs, otherKeysMicroUsd, spanMs } = value;
  return (
    isCount(microUsd) &&
    isDuration(ageMs) &&
    (id === undefined || typeof id === 'string') &&
    (otherKeysMicroUsd === undefined || (isCount(otherKeysMicroUsd) && otherKeysMicroUsd <= microUsd)) &&
    (spanMs === undefined || isDuration(spanMs))
  );
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isDuration(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
