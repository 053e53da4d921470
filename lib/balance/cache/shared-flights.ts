import { pause } from '../../async/bounded-waits.js';
import type { Clock } from '../../async/clock.js';
import type { SharedBalance } from '../../contracts/balance-store.js';
import type { ResolvedBalanceOptions } from '../../options/openrouter-options.js';
import { SETTLED_AFTER_MS, servableForMs } from '../reading/freshness.js';
import type { HeldReading } from '../reading/held-reading.js';
import { readingText } from '../reading/reading-codec.js';
import type { BoundedStore } from '../store/bounded-store.js';
import type { BalanceCache } from './balance-cache.js';
import { acceptableTo, type Flight } from './flight.js';
import type { StoreExchange } from './store-exchange.js';

/** The lead outlives the deadline of its flight by this much. */
const LEAD_MARGIN_MS = 1_000;

/** How long a flight waits for that of another process at most. */
const MAX_WAIT_MS = 15_000;

/** How often a waiting flight asks for the lead again if the store does not say whether the lead is free. */
const ASK_AGAIN_AFTER_MS = 1_000;

/** What shared flights need. */
export interface SharedFlightsParts {
  readonly options: ResolvedBalanceOptions;
  readonly deadlineMs: number;
  readonly cache: BalanceCache;
  readonly store: BoundedStore;
  readonly exchange: StoreExchange;
  readonly clock: Clock;
}

/** Has the processes that share a store agree on which of them asks OpenRouter. */
export class SharedFlights {
  readonly #parts: SharedFlightsParts;
  #invalidating: Promise<unknown> | undefined;

  constructor(parts: SharedFlightsParts) {
    this.#parts = parts;
  }

  /**
   * Finds a reading of another process, waiting for its flight if there is one. A waiting flight asks for the lead once
   * and then only reads, until the lead is free.
   *
   * @returns `undefined` if this process is to ask OpenRouter.
   */
  async find(flight: Flight, signal: AbortSignal): Promise<HeldReading | undefined> {
    const { cache, store, exchange, deadlineMs, clock } = this.#parts;
    await this.#invalidating;
    await store.identify();
    const waitUntil = flight.startedAt + Math.min(deadlineMs / 2, MAX_WAIT_MS);
    let askedAt = -Infinity;
    for (;;) {
      const shared = await exchange.compare();
      const found = shared && acceptableTo(flight, cache);
      if (shared === undefined || found !== undefined || signal.aborted) {
        return found;
      }
      const mustAsk = flight.isRefresh || clock.now() >= waitUntil;
      if (mustAsk || this.#mayLead(shared, flight, askedAt)) {
        askedAt = clock.now();
        const begun = await store.begin(deadlineMs + LEAD_MARGIN_MS);
        flight.sequence = begun?.sequence;
        if (begun === undefined || mustAsk || flight.generation !== cache.state.generation) {
          return undefined;
        }
        if (begun.leads) {
          return this.#takeLead(flight, begun.sequence);
        }
      }
      await pause(25 + 50 * clock.random(), signal);
    }
  }

  /** Gives the other processes a reading. */
  async publish({ began, receivedAt, sequence, reading, jitter }: HeldReading): Promise<void> {
    const { options, exchange } = this.#parts;
    if (sequence === undefined) {
      return;
    }
    const tookMs = receivedAt - began;
    const text = readingText({ reading, tookMs, jitter });
    const isWritten = await exchange.write(sequence, text, servableForMs(options), tookMs + SETTLED_AFTER_MS);
    if (isWritten === false) {
      await exchange.compare();
    } else if (isWritten === undefined) {
      this.giveUp({ sequence });
    }
  }

  /** Lets no other process wait for a flight any longer. */
  giveUp({ sequence }: Pick<Flight, 'sequence'>): void {
    if (sequence !== undefined) {
      void this.#parts.store.end(sequence);
    }
  }

  /** Forgets the reading in the store. Later flights wait for that. */
  invalidate(): void {
    this.#invalidating = this.#parts.store.invalidate();
  }

  /** Whether a flight would get the lead, or has lost the right to write since it asked for it. */
  #mayLead({ isLed, sequence }: SharedBalance, flight: Flight, askedAt: number): boolean {
    const isFree = isLed === undefined ? this.#parts.clock.now() - askedAt >= ASK_AGAIN_AFTER_MS : !isLed;
    return isFree || flight.sequence === undefined || sequence >= flight.sequence;
  }

  /** The flight that had the lead before may have settled between the last look and this one's turn. */
  async #takeLead(flight: Flight, sequence: number): Promise<HeldReading | undefined> {
    const { cache, exchange } = this.#parts;
    await exchange.compare();
    const found = acceptableTo(flight, cache);
    if (found !== undefined) {
      this.giveUp({ sequence });
    }
    return found;
  }
}
