import type { Clock } from '../../async/clock.js';
import { abortException } from '../../errors/abort-exception.js';
import { OpenRouterAbortException } from '../../errors/client.exceptions.js';
import type { ResolvedBalanceOptions } from '../../options/openrouter-options.js';
import { ownMembers } from '../../options/pollution.js';
import type { Scrub } from '../../secret/scrub.js';
import type { BalanceSnapshot } from '../../contracts/balance-snapshot.models.js';
import type { BalanceSource } from '../reading/balance-source.js';
import { freshnessOf } from '../reading/freshness.js';
import { changesAt, type HeldReading } from '../reading/held-reading.js';
import type { BalanceCache } from './balance-cache.js';
import type { FlightWish, Refresher } from './refresher.js';
import { COMPARE_EVERY_MS, type StoreExchange } from './store-exchange.js';

/** A poll accepts the reading of another process that is a little younger than the interval. */
const POLL_TOLERANCE = 0.9;

/** What a reader needs. */
export interface BalanceReaderParts {
  readonly options: ResolvedBalanceOptions;
  readonly cache: BalanceCache;
  readonly refresher: Refresher;
  readonly source: Pick<BalanceSource, 'forget'>;
  /** `undefined` if no other process shares the balance. */
  readonly exchange: StoreExchange | undefined;
  readonly clock: Clock;
  /** Takes the account's secrets out of a string. */
  readonly scrub?: Scrub;
}

/** Options of one `get`. */
export interface ReadOptions {
  readonly maxAgeMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

const NO_OPTIONS: ReadOptions = Object.freeze(ownMembers({}));

/** Serves the cached reading while it may be served, and requests a new one when it is needed. */
export class BalanceReader {
  readonly #parts: BalanceReaderParts;
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
  }

  /** Serves the cached reading, or waits for a new one. */
  get(options?: ReadOptions): Promise<BalanceSnapshot> {
    const warm = this.#warm;
    const isWarm =
      warm !== undefined && warm.snapshot === this.#parts.cache.snapshot && this.#now < warm.until;
    return isWarm && options === undefined ? warm.promise : this.#get(options ?? NO_OPTIONS);
  }

  /** Waits for a reading that begins now, or for that of another caller of `refresh`. */
  async refresh(signal: AbortSignal | undefined): Promise<BalanceSnapshot> {
    this.#check('balance.refresh', signal);
    return this.#join({ isRefresh: true, startedAt: this.#now }, signal, 'balance.refresh');
  }

  /** Forgets the reading, the failures, and which routes have refused. */
  invalidate(): void {
    const { cache, refresher, source } = this.#parts;
    if (!cache.state.isClosed) {
      source.forget();
      refresher.invalidate();
      cache.apply({ type: 'invalidated', at: this.#now });
    }
  }

  /** Has a new reading made in the background. */
  revalidate(): Promise<void> {
    return this.#join({ startedAt: this.#now }, undefined, 'balance.get').then(ignore, ignore);
  }

  /**
   * Has a new reading made for a poll, unless one of another process is young enough, or OpenRouter is left alone.
   *
   * @returns A promise of its end, and a function that stops waiting for it.
   */
  poll(intervalMs: number): { readonly done: Promise<void>; readonly cancel: () => void } {
    const { cache, refresher, exchange } = this.#parts;
    if (cache.isPaused) {
      return { done: Promise.resolve(exchange?.compare()).then(ignore), cancel: () => undefined };
    }
    const flight = refresher.join({ maxAgeMs: intervalMs * POLL_TOLERANCE, startedAt: this.#now });
    const cancel = flight.hold();
    return { done: flight.outcome.then(ignore, ignore), cancel };
  }

  /**
   * When the next poll is due, in milliseconds from now.
   *
   * @param otherwiseMs - The delay if there is neither a reading nor a failure.
   */
  pollDelay(intervalMs: number, otherwiseMs: number): number {
    const { failure, held } = this.#parts.cache.state;
    const dueAt = failure?.until ?? (held && Math.min(held.receivedAt + intervalMs, changesAt(held)));
    return dueAt === undefined ? otherwiseMs : Math.max(0, dueAt - this.#now);
  }

  get #now(): number {
    return this.#parts.clock.now();
  }

  async #get({ maxAgeMs, signal }: ReadOptions): Promise<BalanceSnapshot> {
    this.#check('balance.get', signal);
    const { cache, refresher, options } = this.#parts;
    const startedAt = this.#now;
    const compared = this.#compareIfDue();
    // Skip the await when there is nothing to wait for, so that concurrent callers join the flight in one turn.
    if (compared !== undefined) {
      await compared;
    }
    const { held } = cache.state;
    if (held !== undefined) {
      const isOutdated = cache.isOutdated(held);
      switch (freshnessOf({ ...cache.ageOf(held), isOutdated, maxAgeMs, ...options })) {
        case 'fresh':
          return this.#warmUp(held);
        case 'revalidate':
          if (!cache.isPaused && !refresher.isBusy) {
            void this.revalidate();
          }
          return cache.snapshotOf(held);
        case 'wait':
          break;
      }
    }
    const { failure } = cache.state;
    if (failure !== undefined && cache.isPaused && !refresher.isBusy) {
      return this.#insteadOf(failure.error, maxAgeMs);
    }
    try {
      return await this.#join({ maxAgeMs, startedAt }, signal, 'balance.get');
    } catch (error) {
      return this.#insteadOf(error, maxAgeMs);
    }
  }

  /** Compares with the store once a second. Returns a promise if the caller has to wait for that. */
  #compareIfDue(): Promise<unknown> | undefined {
    const { cache, exchange } = this.#parts;
    if (exchange === undefined) {
      return undefined;
    }
    const overdueMs = this.#now - exchange.compareAt;
    if (overdueMs < 0 || (cache.state.held === undefined && !cache.isPaused)) {
      return undefined;
    }
    const compared = exchange.compare();
    // A process that was idle does not know what the others have done meanwhile.
    return overdueMs >= COMPARE_EVERY_MS ? compared : undefined;
  }

  async #join(
    wish: FlightWish,
    signal: AbortSignal | undefined,
    operation: string,
  ): Promise<BalanceSnapshot> {
    const { cache, refresher, scrub } = this.#parts;
    const held = await refresher
      .join(wish)
      .join(signal, (aborted) => abortException(operation, aborted, 'unknown', scrub));
    return cache.snapshotOf(held);
  }

  #check(operation: string, signal: AbortSignal | undefined): void {
    const { cache, scrub } = this.#parts;
    if (cache.state.isClosed) {
      throw new OpenRouterAbortException({
        message: `${operation} was not sent: the OpenRouter client is closed.`,
        delivery: 'not-sent',
      });
    }
    if (signal?.aborted === true) {
      throw abortException(operation, signal, 'not-sent', scrub);
    }
  }

  /** The old reading for a caller that cannot have a new one, or else the error. */
  #insteadOf(error: unknown, maxAgeMs: number | undefined): BalanceSnapshot {
    const { cache } = this.#parts;
    const held = maxAgeMs === undefined ? cache.servable : undefined;
    if (held === undefined || error instanceof OpenRouterAbortException) {
      throw error;
    }
    return cache.snapshotOf(held);
  }

  #warmUp(held: HeldReading): Promise<BalanceSnapshot> {
    const { cache, exchange } = this.#parts;
    const snapshot = cache.snapshotOf(held);
    if (this.#warm?.snapshot !== snapshot || this.#now >= this.#warm.until) {
      const freshUntil = Math.min(held.receivedAt + cache.ageOf(held).freshMs, changesAt(held));
      this.#warm = {
        snapshot,
        promise: Promise.resolve(snapshot),
        until: Math.min(freshUntil, exchange?.compareAt ?? Infinity),
      };
    }
    return this.#warm.promise;
  }
}

function ignore(): void {
  // Whoever wants the result has it from the cache.
}
