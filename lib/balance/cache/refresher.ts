import { OpenRouterAbortException } from '../../errors/client.exceptions.js';
import { ownMembers } from '../../options/pollution.js';
import { abortException } from '../../errors/abort-exception.js';
import { type BalanceCache, SETTLED_AFTER_MS } from './balance-cache.js';
import { pause } from '../../async/bounded-waits.js';
import type { Clock } from '../../async/clock.js';
import { figuresOf } from '../reading/balance-snapshot.js';
import type { BalanceSource } from '../reading/balance-source.js';
import { jitterOf } from '../reading/freshness.js';
import type { HeldReading } from '../reading/held-reading.js';
import { SingleFlight } from '../../async/single-flight.js';
import { readingText } from '../reading/reading-codec.js';
import type { BoundedStore } from '../store/bounded-store.js';

/** The lead outlives the deadline of its flight by this much. */
const LEAD_MARGIN_MS = 1_000;

/** How long a flight waits for that of another process at most. */
const MAX_WAIT_MS = 15_000;

/** A flight of this process. */
interface Flight {
  readonly serial: number;
  readonly generation: number;
  readonly startedAt: number;
  /** Whether only a reading that began after the flight will do. */
  readonly isRefresh: boolean;
  /** Whether somebody waiting wants what is fresh. */
  wantsFresh: boolean;
  /** The least age that somebody waiting has asked for. */
  maxAgeMs: number;
  sequence: number | undefined;
}

/** What somebody wants of a flight. */
export interface FlightWish {
  /** Only a reading that begins from now on will do. */
  readonly isRefresh?: boolean;
  /** A reading up to this age will do; without it, one that is fresh. */
  readonly maxAgeMs?: number | undefined;
  /** Since when it has been waited for: its deadline began then. */
  readonly startedAt: number;
}

/** What flights need. */
export interface RefresherParts {
  readonly cache: BalanceCache;
  /** Time for a whole flight. */
  readonly deadlineMs: number;
  readonly source: Pick<BalanceSource, 'read'>;
  readonly store: BoundedStore;
  readonly clock: Clock;
}

/** Gets new readings, one at a time, whoever wants one: from OpenRouter, or from a process that asks it already. */
export class Refresher {
  readonly #parts: RefresherParts;
  #running: { readonly flight: Flight; readonly shared: SingleFlight<HeldReading> } | undefined;
  #serial = 0;
  /** Flights of an earlier generation began before an invalidation, and are not kept. */
  #generation = 0;
  #invalidating: Promise<unknown> | undefined;

  constructor(parts: RefresherParts) {
    this.#parts = parts;
  }

  /** Whether a flight is under way. */
  get isAny(): boolean {
    return this.#running !== undefined;
  }

  /** Finds a flight to wait for, or starts one. */
  join(wish: FlightWish): SingleFlight<HeldReading> {
    const { isRefresh = false, maxAgeMs, startedAt } = ownMembers(wish);
    const running = this.#running;
    if (running !== undefined && !running.shared.isAborted && (running.flight.isRefresh || !isRefresh)) {
      running.flight.wantsFresh ||= maxAgeMs === undefined;
      running.flight.maxAgeMs = Math.min(running.flight.maxAgeMs, maxAgeMs ?? Infinity);
      return running.shared;
    }
    if (running?.flight.sequence !== undefined) {
      // What comes of it will not be wanted; nobody need wait for it.
      void this.#parts.store.end(running.flight.sequence);
    }
    this.#serial += 1;
    const flight: Flight = {
      serial: this.#serial,
      generation: this.#generation,
      startedAt,
      isRefresh,
      wantsFresh: maxAgeMs === undefined,
      maxAgeMs: maxAgeMs ?? Infinity,
      sequence: undefined,
    };
    const shared = new SingleFlight((signal) => this.#fly(flight, signal));
    this.#running = { flight, shared };
    return shared;
  }

  /** Lets no flight that is under way be kept, here or on another process. */
  invalidate(): void {
    this.#generation += 1;
    this.#running = undefined;
    this.#invalidating = this.#parts.store.invalidate();
  }

  get #now(): number {
    return this.#parts.clock.now();
  }

  async #fly(flight: Flight, signal: AbortSignal): Promise<HeldReading> {
    try {
      return await this.#obtain(flight, signal);
    } catch (error) {
      if (flight.generation === this.#generation && !(error instanceof OpenRouterAbortException)) {
        this.#parts.cache.fail(error, flight.sequence);
      }
      throw error;
    } finally {
      if (this.#running?.flight === flight) {
        this.#running = undefined;
      }
    }
  }

  async #obtain(flight: Flight, signal: AbortSignal): Promise<HeldReading> {
    const { cache, source, store, deadlineMs, clock } = this.#parts;
    await this.#invalidating;
    await store.identify();
    const found = await this.#find(flight, signal);
    if (found !== undefined) {
      return found;
    }
    const { sequence, serial, startedAt } = flight;
    const began = this.#now;
    let kept = false;
    try {
      throwIfAborted(signal);
      const remainingMs = Math.max(1, Math.round(startedAt + deadlineMs - began));
      const reading = await source.read({ signal, deadlineMs: remainingMs });
      const held: HeldReading = {
        reading,
        figures: figuresOf(reading),
        began,
        receivedAt: this.#now,
        jitter: jitterOf(clock.random()),
        sequence,
        serial,
      };
      kept = this.#keep(flight, held);
      if (kept) {
        void this.#publish(held);
      }
      return kept || flight.generation !== this.#generation ? held : (cache.held ?? held);
    } finally {
      if (!kept && sequence !== undefined) {
        void store.end(sequence);
      }
    }
  }

  /** Finds a reading of another process, waiting for its flight if there is one; otherwise gets leave to ask. */
  async #find(flight: Flight, signal: AbortSignal): Promise<HeldReading | undefined> {
    const { cache, store, deadlineMs, clock } = this.#parts;
    const waitUntil = flight.startedAt + Math.min(deadlineMs / 2, MAX_WAIT_MS);
    for (;;) {
      if ((await cache.compare()) === undefined) {
        return undefined;
      }
      if (this.#accepts(flight)) {
        return cache.held;
      }
      throwIfAborted(signal);
      const begun = await store.begin(deadlineMs + LEAD_MARGIN_MS);
      flight.sequence = begun?.sequence;
      if (begun === undefined || flight.isRefresh || flight.generation !== this.#generation) {
        return undefined;
      }
      if (begun.leads) {
        // The one that had the lead may have landed in between.
        await cache.compare();
        const held = this.#accepts(flight) ? cache.held : undefined;
        if (held !== undefined) {
          void store.end(begun.sequence);
        }
        return held;
      }
      if (this.#now >= waitUntil) {
        return undefined;
      }
      await pause(25 + 50 * clock.random(), signal);
    }
  }

  /** Whether everybody waiting is content with the reading at hand. */
  #accepts({ generation, isRefresh, startedAt, wantsFresh, maxAgeMs }: Flight): boolean {
    const { held } = this.#parts.cache;
    if (held === undefined || generation !== this.#generation || this.#parts.cache.isOutdated(held)) {
      return false;
    }
    // One of another process: this one's own are what the flight was started for.
    const isOthers = held.serial === undefined;
    if (isRefresh) {
      return isOthers && held.began >= startedAt;
    }
    const { ageMs, freshMs } = this.#parts.cache.ageOf(held);
    const isSince = isOthers && held.receivedAt >= startedAt;
    return isSince || ageMs < Math.min(maxAgeMs, wantsFresh ? freshMs : Infinity);
  }

  #keep(flight: Flight, next: HeldReading): boolean {
    const { cache } = this.#parts;
    const { held } = cache;
    const isLater =
      held === undefined ||
      (held.serial === undefined ? next.began >= held.began : flight.serial > held.serial);
    if (flight.generation !== this.#generation || !isLater || cache.isClosed) {
      return false;
    }
    cache.hold(next);
    return true;
  }

  async #publish(held: HeldReading): Promise<void> {
    const { began, receivedAt, sequence, reading, jitter } = held;
    const { cache, store } = this.#parts;
    if (sequence === undefined) {
      return;
    }
    const tookMs = receivedAt - began;
    const text = readingText({ reading, tookMs, jitter });
    const written = await store.write(sequence, text, cache.servableForMs, tookMs + SETTLED_AFTER_MS);
    if (written === false) {
      await cache.compare();
    }
  }
}

/** Of a flight that everybody has left: nobody sees it. */
function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) {
    throw abortException('balance.get', signal, 'not-sent');
  }
}
