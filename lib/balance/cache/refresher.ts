import type { Clock } from '../../async/clock.js';
import { SingleFlight } from '../../async/single-flight.js';
import { abortException } from '../../errors/abort-exception.js';
import { OpenRouterAbortException } from '../../errors/client.exceptions.js';
import { ownMembers } from '../../options/pollution.js';
import { figuresOf } from '../reading/balance-snapshot.js';
import type { BalanceSource } from '../reading/balance-source.js';
import { jitterOf } from '../reading/freshness.js';
import type { HeldReading } from '../reading/held-reading.js';
import type { BalanceCache } from './balance-cache.js';
import type { Flight } from './flight.js';
import type { SharedFlights } from './shared-flights.js';

/** What a caller wants of a flight. */
export interface FlightWish {
  /** Only a reading that begins from now on will do. */
  readonly isRefresh?: boolean;
  /** A reading up to this age will do; without it, one that is fresh. */
  readonly maxAgeMs?: number | undefined;
  /** Since when the caller has waited: its deadline began then. */
  readonly startedAt: number;
}

/** What a refresher needs. */
export interface RefresherParts {
  readonly cache: BalanceCache;
  /** Time for a whole flight. */
  readonly deadlineMs: number;
  readonly source: Pick<BalanceSource, 'read'>;
  /** `undefined` where no other process shares the balance. */
  readonly shared: SharedFlights | undefined;
  readonly clock: Clock;
}

/** Gets new readings, one at a time, whoever wants one: from OpenRouter, or from a process that asks it already. */
export class Refresher {
  readonly #parts: RefresherParts;
  #running: { readonly flight: Flight; readonly work: SingleFlight<HeldReading> } | undefined;
  #serial = 0;

  constructor(parts: RefresherParts) {
    this.#parts = parts;
  }

  /** Whether a flight is under way. */
  get isBusy(): boolean {
    return this.#running !== undefined;
  }

  /** Finds a flight to wait for, or starts one. */
  join(wish: FlightWish): SingleFlight<HeldReading> {
    const { isRefresh = false, maxAgeMs, startedAt } = ownMembers(wish);
    const running = this.#running;
    if (running !== undefined && !running.work.isAborted && (running.flight.isRefresh || !isRefresh)) {
      running.flight.wantsFresh ||= maxAgeMs === undefined;
      running.flight.maxAgeMs = Math.min(running.flight.maxAgeMs, maxAgeMs ?? Infinity);
      return running.work;
    }
    const { cache, shared } = this.#parts;
    if (running !== undefined) {
      // Its reading will not be wanted.
      shared?.giveUp(running.flight);
    }
    this.#serial += 1;
    const flight: Flight = {
      serial: this.#serial,
      generation: cache.state.generation,
      startedAt,
      isRefresh,
      wantsFresh: maxAgeMs === undefined,
      maxAgeMs: maxAgeMs ?? Infinity,
      sequence: undefined,
    };
    const work = new SingleFlight((signal) => this.#fly(flight, signal));
    this.#running = { flight, work };
    return work;
  }

  /** Lets later callers start a flight of their own, here and on the other processes. */
  invalidate(): void {
    this.#running = undefined;
    this.#parts.shared?.invalidate();
  }

  async #fly(flight: Flight, signal: AbortSignal): Promise<HeldReading> {
    const { cache, shared, clock } = this.#parts;
    try {
      return (await shared?.find(flight, signal)) ?? (await this.#ask(flight, signal));
    } catch (error) {
      if (!(error instanceof OpenRouterAbortException)) {
        const { generation, sequence } = flight;
        cache.apply({ type: 'failed', error, generation, sequence, at: clock.now(), random: clock.random() });
      }
      throw error;
    } finally {
      if (this.#running?.flight === flight) {
        this.#running = undefined;
      }
    }
  }

  async #ask(flight: Flight, signal: AbortSignal): Promise<HeldReading> {
    const { cache, shared, source, deadlineMs, clock } = this.#parts;
    const { generation, sequence, serial, startedAt } = flight;
    let isKept = false;
    try {
      if (signal.aborted) {
        // Every caller has left: nobody sees the error.
        throw abortException('balance.get', signal, 'not-sent');
      }
      const began = clock.now();
      const remainingMs = Math.max(1, Math.round(startedAt + deadlineMs - began));
      const reading = await source.read({ signal, deadlineMs: remainingMs });
      const held: HeldReading = {
        reading,
        figures: figuresOf(reading),
        began,
        receivedAt: clock.now(),
        jitter: jitterOf(clock.random()),
        sequence,
        serial,
      };
      cache.apply({ type: 'read', held, generation });
      isKept = cache.state.held === held;
      if (isKept) {
        void shared?.publish(held);
        return held;
      }
      return generation === cache.state.generation ? (cache.state.held ?? held) : held;
    } finally {
      if (!isKept) {
        shared?.giveUp(flight);
      }
    }
  }
}
