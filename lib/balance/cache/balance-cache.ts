import type { Clock } from '../../async/clock.js';
import type { SharedSpend } from '../../contracts/balance-store.js';
import type { ResolvedBalanceOptions } from '../../options/openrouter-options.js';
import type { BalanceSnapshot } from '../../contracts/balance-snapshot.models.js';
import { figuresOf, snapshotOf } from '../reading/balance-snapshot.js';
import { type BalanceView, isSameView, type ReadOutcome } from '../reading/balance-view.js';
import { isServableOnError, SETTLED_AFTER_MS, spendKeptMs } from '../reading/freshness.js';
import { changesAt, type HeldReading } from '../reading/held-reading.js';
import { NOTHING_SPENT } from '../spend/recorded-spend.js';
import type { SpendLedger } from '../spend/spend-ledger.js';
import type { Exchange } from '../spend/told-spend.js';
import { type BalanceEvent, type BalanceState, FIRST_BALANCE_STATE, next } from './balance-state.js';

/** How often the ledger drops spend that no reading needs any more. */
const SWEEP_EVERY_MS = 1_000;

/** The parts of a cache. */
export interface BalanceCacheParts {
  readonly options: ResolvedBalanceOptions;
  readonly ledger: SpendLedger;
  readonly clock: Clock;
  /** Whether other processes share the balance. */
  readonly isShared: boolean;
}

/** Holds the state of an account and the spend recorded since its reading, and announces every change. */
export class BalanceCache {
  readonly #parts: BalanceCacheParts;
  readonly #changeListeners: ((view: BalanceView) => void)[] = [];
  readonly #spendListeners: (() => void)[] = [];
  #state: BalanceState = FIRST_BALANCE_STATE;
  #snapshot: BalanceSnapshot | undefined;
  /** When a limit resets, which changes the snapshot. */
  #snapshotUntil = Infinity;
  #announced: BalanceView | undefined;
  /** Views to be announced. A listener may add one by making the next change. */
  readonly #unannounced: BalanceView[] = [];
  #isSpendPending = false;
  #sweepAt = -Infinity;

  constructor(parts: BalanceCacheParts) {
    this.#parts = parts;
  }

  /** Calls a function with the view after every change. */
  onChange(listener: (view: BalanceView) => void): void {
    this.#changeListeners.push(listener);
  }

  /** Calls a function after spend was recorded, once for all that was recorded in one turn. */
  onSpend(listener: () => void): void {
    this.#spendListeners.push(listener);
  }

  get state(): BalanceState {
    return this.#state;
  }

  /** The current view. */
  get view(): BalanceView {
    const { held, stored } = this.#state;
    const servable = this.servable;
    return {
      snapshot: servable && this.snapshotOf(servable),
      spendableAsRead: servable ? snapshotOf(servable.figures, NOTHING_SPENT, false).spendable : null,
      outcome: this.#outcome,
      stored,
      isUnshared: this.#parts.isShared && held !== undefined && held.sequence === undefined,
    };
  }

  /** The current snapshot; `undefined` if none may be served. */
  peek(): BalanceSnapshot | undefined {
    const { servable } = this;
    return servable && this.snapshotOf(servable);
  }

  /** The latest snapshot; `undefined` if it is out of date. */
  get snapshot(): BalanceSnapshot | undefined {
    return this.#snapshot;
  }

  /** The last reading; `undefined` if it may not even be served after errors. */
  get servable(): HeldReading | undefined {
    const { held } = this.#state;
    return held && isServableOnError({ ...this.ageOf(held), ...this.#parts.options }) ? held : undefined;
  }

  /** Whether OpenRouter must not be asked yet after a failure. */
  get isPaused(): boolean {
    const { failure } = this.#state;
    return failure !== undefined && this.#now < failure.until;
  }

  /** Whether the store has to be followed: for newer readings, or since it may lose recorded spend. */
  get isFollowing(): boolean {
    const isRecorded = this.#now - this.#parts.ledger.lastSpentAt < SETTLED_AFTER_MS;
    return !this.#state.isClosed && (isRecorded || this.servable !== undefined);
  }

  /** The age of a reading, and how long it counts as fresh. */
  ageOf({ receivedAt, jitter }: HeldReading): { ageMs: number; freshMs: number } {
    return { ageMs: this.#now - receivedAt, freshMs: this.#parts.options.ttlMs * jitter };
  }

  /** Whether a limit has reset since a reading, so that its figures no longer hold. */
  isOutdated(held: HeldReading): boolean {
    return this.#now >= changesAt(held);
  }

  /** The snapshot of the last reading or an earlier one. */
  snapshotOf(held: HeldReading): BalanceSnapshot {
    const { ageMs, freshMs } = this.ageOf(held);
    const { failure } = this.#state;
    const isOutdated = this.isOutdated(held);
    const staleAtMs = failure === undefined ? freshMs + this.#parts.options.staleWhileRevalidateMs : freshMs;
    const stale = isOutdated || ageMs >= staleAtMs;
    const isLast = held === this.#state.held;
    if (isLast && this.#snapshot?.stale === stale && this.#now < this.#snapshotUntil) {
      return this.#snapshot;
    }
    const figures = isOutdated ? figuresOf(held.reading, ageMs) : held.figures;
    const spent = this.#parts.ledger.spentSince(held.began - SETTLED_AFTER_MS);
    const snapshot = snapshotOf(figures, spent, stale);
    if (isLast) {
      this.#snapshot = snapshot;
      this.#snapshotUntil = held.receivedAt + figures.changesInMs;
    }
    return snapshot;
  }

  /** Applies an event. */
  apply(event: BalanceEvent): void {
    const before = this.#state;
    this.#state = next(before, event);
    const { held } = this.#state;
    if (held !== undefined && held !== before.held) {
      this.#parts.ledger.forgetUntil(held.began - SETTLED_AFTER_MS);
      this.#parts.ledger.cut();
    }
    this.#announce();
  }

  /** Applies an answer of the store. */
  share(
    event: Extract<BalanceEvent, { type: 'shared' }>,
    spend: readonly SharedSpend[],
    exchange: Exchange,
  ): void {
    this.#parts.ledger.see(spend, exchange);
    this.apply(event);
  }

  /**
   * Records spend of this process, unless the reading includes it already.
   *
   * @param isOtherKey - Whether it was spent with another key than the account's own `apiKey`.
   * @param agoMs - How long ago it was spent.
   */
  recordSpend(usd: number, isOtherKey = false, agoMs = 0): void {
    const now = this.#now;
    const { held } = this.#state;
    if (held !== undefined && now - agoMs <= held.began - SETTLED_AFTER_MS) {
      return;
    }
    this.#parts.ledger.record(usd, now, isOtherKey, agoMs);
    this.#snapshot = undefined;
    if (!this.#isSpendPending) {
      this.#isSpendPending = true;
      queueMicrotask(() => this.#announceSpend());
    }
  }

  /** Counts all recorded spend against the limits of `apiKey`, which has become another key. */
  countForKey(): void {
    this.#parts.ledger.countForKey();
    this.#snapshot = undefined;
  }

  get #now(): number {
    return this.#parts.clock.now();
  }

  get #outcome(): ReadOutcome | undefined {
    const { held, failure } = this.#state;
    if (failure !== undefined) {
      return { failed: true, sequence: failure.sequence };
    }
    return held === undefined || this.isOutdated(held)
      ? undefined
      : { failed: false, sequence: held.sequence };
  }

  #announceSpend(): void {
    this.#isSpendPending = false;
    const now = this.#now;
    if (now >= this.#sweepAt) {
      this.#sweepAt = now + SWEEP_EVERY_MS;
      this.#parts.ledger.forgetUntil(now - spendKeptMs(this.#parts.options));
    }
    this.#announce();
    for (const listener of this.#spendListeners) {
      listener();
    }
  }

  #announce(): void {
    this.#snapshot = undefined;
    const { view } = this;
    if (this.#announced !== undefined && isSameView(view, this.#announced)) {
      return;
    }
    this.#announced = view;
    if (this.#unannounced.push(view) > 1) {
      return;
    }
    try {
      // The loop also visits views that listeners add.
      for (const each of this.#unannounced) {
        this.#changeListeners.forEach((listener) => listener(each));
      }
    } finally {
      // Also after a listener has thrown: a view that stayed here would silence every later change.
      this.#unannounced.length = 0;
    }
  }
}
