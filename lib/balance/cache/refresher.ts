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

/** What a caller requires of a flight. */
export interface FlightWish {
  /** Whether only a reading that begins from now on is accepted. */
  readonly isRefresh?: boolean;
  /** The maximum age of an accepted reading; a fresh one if absent. */
  readonly maxAgeMs?: number | undefined;
  /** When the caller began to wait, which is when its deadline began. */
  readonly startedAt: number;
}

/** The parts of a refresher. */
export interface RefresherParts {
  readonly cache: BalanceCache;
  /** The time limit of a whole flight. */
  readonly deadlineMs: number;
  readonly source: Pick<BalanceSource, 'read'>;
  /** `undefined` if no other process shares the balance. */
  readonly shared: SharedFlights | undefined;
  readonly clock: Clock;
}

/** Gets new readings in shared flights: from OpenRouter, or from another process that already asks it. */
export class Refresher {
  readonly #parts: RefresherParts;
  #running: { readonly flight: Flight; readonly work: SingleFlight<HeldReading> } | undefined;
  #serial = 0;

  constructor(parts: RefresherParts) {
    this.#parts = parts;
  }

  /** Whether a flight is in progress. */
  get isBusy(): boolean {
    return this.#running !== undefined;
  }

  /** Joins a flight, or starts one. */
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
      // Nobody will use its reading.
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

  /** Makes later callers start a new flight, in this process and in the others. */
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
        // If every caller has left, nobody receives the error.
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
