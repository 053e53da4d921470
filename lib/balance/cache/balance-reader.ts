import type { SharedBalance } from '../../contracts/balance-store.js';
import { OpenRouterAbortException } from '../../errors/client.exceptions.js';
import { ownMembers } from '../../options/pollution.js';
import type { ResolvedBalanceOptions } from '../../options/openrouter-options.js';
import type { Scrub } from '../../secret/scrub.js';
import { abortException } from '../../errors/abort-exception.js';
import type { SpendableRange } from '../watch/alert-state.js';
import { BalanceCache, COMPARE_EVERY_MS, type ReadOutcome } from './balance-cache.js';
import type { Clock } from '../../async/clock.js';
import { Refresher, type FlightWish } from './refresher.js';
import type { BalanceSource } from '../reading/balance-source.js';
import type { BalanceSnapshot } from '../balance.models.js';
import { freshnessOf } from '../reading/freshness.js';
import { changesAt, type HeldReading } from '../reading/held-reading.js';
import type { BoundedStore } from '../store/bounded-store.js';
import { StoreFollower } from '../store/store-follower.js';

/** A poll takes a reading of others for its own that is a little younger than the interval. */
const POLL_TOLERANCE = 0.9;

/** What a reader needs. */
export interface BalanceReaderParts {
  readonly options: ResolvedBalanceOptions;
  /** Time for a whole flight. */
  readonly deadlineMs: number;
  readonly source: Pick<BalanceSource, 'read' | 'forget'>;
  readonly store: BoundedStore;
  /** Whether other processes use the store as well. */
  readonly isShared: boolean;
  readonly clock: Clock;
  /** Takes the account's secrets out of a text. */
  readonly scrub?: Scrub;
}

/** Settings of one `get`. */
export interface ReadOptions {
  readonly maxAgeMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

const NO_OPTIONS: ReadOptions = Object.freeze(ownMembers({}));

/** Serves the last reading of an account while it may be served, and has a new one made when it is needed. */
export class BalanceReader {
  readonly #parts: BalanceReaderParts;
  readonly #cache: BalanceCache;
  readonly #refresher: Refresher;
  readonly #follower: StoreFollower;
  #onChange: () => void = () => undefined;
  /** What callers at a high rate get, and until when. */
  #warm:
    | {
        readonly snapshot: BalanceSnapshot;
        readonly promise: Promise<BalanceSnapshot>;
        readonly until: number;
      }
    | undefined;

  constructor(parts: BalanceReaderParts) {
    this.#parts = parts;
    this.#cache = new BalanceCache(parts);
    this.#refresher = new Refresher({ ...parts, cache: this.#cache });
    this.#follower = new StoreFollower({
      compare: () => this.#cache.compare(),
      isWanted: () => parts.isShared && this.#cache.isFollowing,
    });
    this.#cache.onChange(() => {
      this.#follower.wake();
      this.#onChange();
    });
  }

  /** Calls a function whenever there may be something new to tell: figures, or a failure. */
  onChange(listener: () => void): void {
    this.#onChange = listener;
  }

  /** Serves the reading at hand, or waits for a new one. */
  get(options?: ReadOptions): Promise<BalanceSnapshot> {
    const warm = this.#warm;
    const isWarm = warm !== undefined && warm.snapshot === this.#cache.snapshot && this.#now < warm.until;
    return isWarm && options === undefined ? warm.promise : this.#get(options ?? NO_OPTIONS);
  }

  /** Waits for a reading that begins now, or for the one of another caller of it. */
  async refresh(signal: AbortSignal | undefined): Promise<BalanceSnapshot> {
    this.#check('balance.refresh', signal);
    return this.#fly({ isRefresh: true, startedAt: this.#now }, signal, 'balance.refresh');
  }

  /** The snapshot at hand. */
  peek(): BalanceSnapshot | undefined {
    const { servable } = this.#cache;
    return servable && this.#cache.snapshotOf(servable);
  }

  /** What the reading at hand says can be spent, and what is left of that less the spend recorded since. */
  get spendableRange(): SpendableRange | undefined {
    const { servable } = this.#cache;
    return (
      servable && {
        spendable: this.#cache.spendableIn(servable),
        leastSpendable: this.#cache.snapshotOf(servable).spendable,
      }
    );
  }

  /**
   * How the last attempt to ask OpenRouter has ended, and its number in the store; `undefined` before the first, and while
   * what it has told is known to be past.
   */
  get outcome(): ReadOutcome | undefined {
    return this.#cache.outcome;
  }

  /** Whether the reading at hand was made without the store, so that the others do not have it. */
  get isReadingApart(): boolean {
    const { held } = this.#cache;
    return held !== undefined && held.sequence === undefined;
  }

  /** The alert state as the store has told it, if it has told it when it was asked last. */
  get alertState(): string | undefined {
    return this.#cache.alertState;
  }

  /** Forgets the reading, the failures, and which routes have refused. */
  invalidate(): void {
    if (!this.#cache.isClosed) {
      this.#parts.source.forget();
      this.#refresher.invalidate();
      this.#cache.forget();
    }
  }

  /** Has a new reading made, for nobody in particular. */
  revalidate(): Promise<void> {
    return this.#fly({ startedAt: this.#now }, undefined, 'balance.get').then(ignore, ignore);
  }

  /** Has a new reading made, unless OpenRouter is left alone. */
  renew(): Promise<void> {
    return this.poll(0).done;
  }

  /**
   * Has a new reading made for a poll, unless one of others is young enough, or OpenRouter is left alone.
   *
   * @returns What to wait for, and how not to wait for it any more.
   */
  poll(intervalMs: number): { readonly done: Promise<void>; readonly cancel: () => void } {
    if (this.#cache.isPaused) {
      return { done: this.compare().then(ignore), cancel: () => undefined };
    }
    const flight = this.#refresher.join({ maxAgeMs: intervalMs * POLL_TOLERANCE, startedAt: this.#now });
    const cancel = flight.hold();
    return { done: flight.outcome.then(ignore, ignore), cancel };
  }

  /**
   * When the next poll is due, in milliseconds from now.
   *
   * @param otherwiseMs - The delay if there is neither a reading nor a failure.
   */
  pollDelay(intervalMs: number, otherwiseMs: number): number {
    const { failure, held } = this.#cache;
    const dueAt = failure?.until ?? (held && Math.min(held.receivedAt + intervalMs, changesAt(held)));
    return dueAt === undefined ? otherwiseMs : Math.max(0, dueAt - this.#now);
  }

  /**
   * Records spend of this process.
   *
   * @param isOtherKey - Whether it was spent with another key than the account's own `apiKey`.
   */
  recordSpend(usd: number, isOtherKey = false): void {
    this.#cache.recordSpend(usd, isOtherKey);
  }

  /** Takes all that was recorded from the limits of `apiKey`, too: it has become another key. */
  countForKey(): void {
    this.#cache.countForKey();
  }

  /** Takes over what the store tells; `undefined` if it does not. */
  compare(): Promise<SharedBalance | undefined> {
    return this.#cache.compare();
  }

  /** Waits a moment for what was recorded to reach the store. */
  flush(): Promise<void> {
    return this.#cache.flush();
  }

  /** Serves nothing any more; waits a moment for what was recorded to reach the store. */
  close(): Promise<void> {
    this.#follower.end();
    return this.#cache.close();
  }

  get #now(): number {
    return this.#parts.clock.now();
  }

  async #get({ maxAgeMs, signal }: ReadOptions): Promise<BalanceSnapshot> {
    this.#check('balance.get', signal);
    const startedAt = this.#now;
    const compared = this.#compareIfDue();
    // Those who need not wait come together in one turn.
    if (compared !== undefined) {
      await compared;
    }
    const cache = this.#cache;
    const { held } = cache;
    if (held !== undefined) {
      const isOutdated = cache.isOutdated(held);
      switch (freshnessOf({ ...cache.ageOf(held), isOutdated, maxAgeMs, ...this.#parts.options })) {
        case 'fresh':
          return this.#warmUp(held);
        case 'revalidate':
          if (!cache.isPaused && !this.#refresher.isAny) {
            void this.revalidate();
          }
          return cache.snapshotOf(held);
        case 'wait':
          break;
      }
    }
    if (cache.failure !== undefined && cache.isPaused && !this.#refresher.isAny) {
      return this.#insteadOf(cache.failure.error, maxAgeMs);
    }
    try {
      return await this.#fly({ maxAgeMs, startedAt }, signal, 'balance.get');
    } catch (error) {
      return this.#insteadOf(error, maxAgeMs);
    }
  }

  /** Compares with the store once a second; gives what to wait for where that may have much to tell. */
  #compareIfDue(): Promise<unknown> | undefined {
    const { held, isPaused, compareAt } = this.#cache;
    const overdueMs = this.#now - compareAt;
    if (!this.#parts.isShared || overdueMs < 0 || (held === undefined && !isPaused)) {
      return undefined;
    }
    const compared = this.#cache.compare();
    // A process that has just been idle does not know what the others have done meanwhile.
    return overdueMs >= COMPARE_EVERY_MS ? compared : undefined;
  }

  async #fly(wish: FlightWish, signal: AbortSignal | undefined, operation: string): Promise<BalanceSnapshot> {
    const flight = this.#refresher.join(wish);
    const held = await flight.join(signal, (fired) =>
      abortException(operation, fired, 'unknown', this.#parts.scrub),
    );
    return this.#cache.snapshotOf(held);
  }

  #check(operation: string, signal: AbortSignal | undefined): void {
    if (this.#cache.isClosed) {
      throw new OpenRouterAbortException({
        message: `${operation} was not sent: the OpenRouter client is closed.`,
        delivery: 'not-sent',
      });
    }
    if (signal?.aborted === true) {
      throw abortException(operation, signal, 'not-sent', this.#parts.scrub);
    }
  }

  /** What a caller gets who cannot have a new reading: the old one, or why there is none. */
  #insteadOf(error: unknown, maxAgeMs: number | undefined): BalanceSnapshot {
    const held = maxAgeMs === undefined ? this.#cache.servable : undefined;
    if (held === undefined || error instanceof OpenRouterAbortException) {
      throw error;
    }
    return this.#cache.snapshotOf(held);
  }

  #warmUp(held: HeldReading): Promise<BalanceSnapshot> {
    const snapshot = this.#cache.snapshotOf(held);
    if (this.#warm?.snapshot !== snapshot || this.#now >= this.#warm.until) {
      const freshUntil = Math.min(held.receivedAt + this.#cache.ageOf(held).freshMs, changesAt(held));
      this.#warm = {
        snapshot,
        promise: Promise.resolve(snapshot),
        until: this.#parts.isShared ? Math.min(freshUntil, this.#cache.compareAt) : freshUntil,
      };
    }
    return this.#warm.promise;
  }
}

function ignore(): void {
  // Somebody else is told, or nobody.
}
