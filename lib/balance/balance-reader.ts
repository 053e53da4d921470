import type { SharedBalance } from '../contracts/balance-store.js';
import { OpenRouterAbortException } from '../errors/client.exceptions.js';
import { OpenRouterApiException } from '../errors/api.exceptions.js';
import type { ResolvedBalanceOptions } from '../options/openrouter-options.js';
import { abortException } from './abort-exception.js';
import type { BalanceEnvironment } from './balance-environment.js';
import { type BalanceReading, figuresOf, type ReadFigures, snapshotOf } from './balance-snapshot.js';
import { type BalanceSource, isDenied } from './balance-source.js';
import type { BalanceSnapshot } from './balance.models.js';
import { freshnessOf, isServableOnError, jitterOf, pauseAfterFailure } from './freshness.js';
import { SharedFlight } from './shared-flight.js';
import { parseReading, readingText } from './shared-reading.js';
import { SpendLedger } from './spend-ledger.js';
import type { StoreAccess } from './store-access.js';

/** OpenRouter's figures may be this old: spend is certain to be in a reading that began this much later. */
export const BOOKED_AFTER_MS = 60_000;

/** How often the reading at hand is compared with the store at most. */
const COMPARE_EVERY_MS = 1_000;

/** The lead outlives the deadline of its flight by this much. */
const LEAD_MARGIN_MS = 1_000;

/** How long a flight waits for that of another process at most. */
const LONGEST_WAIT_MS = 15_000;

/** A poll takes a reading of others for its own that is a little younger than the interval. */
const POLL_TOLERANCE = 0.9;

/** A reading with what is known of its age. All times are those of this process's monotonic clock. */
interface HeldReading {
  readonly reading: BalanceReading;
  readonly figures: ReadFigures;
  /** Before OpenRouter was asked. */
  readonly began: number;
  /** When it had answered. */
  readonly receivedAt: number;
  readonly jitter: number;
  /** Its number in the store, if it has one. */
  readonly sequence: number | undefined;
  /** Number of the flight, if it is of this process. */
  readonly serial: number | undefined;
}

/** A flight of this process. */
interface Flight {
  readonly serial: number;
  readonly generation: number;
  readonly startedAt: number;
  /** Whether only a reading that began after the flight will do. */
  readonly isRefresh: boolean;
  /** Whether somebody aboard wants what is fresh. */
  wantsFresh: boolean;
  /** The least age that somebody aboard has asked for. */
  maxAgeMs: number;
  sequence: number | undefined;
  shared: SharedFlight<HeldReading>;
}

interface Failure {
  readonly error: unknown;
  /** Number of its flight in the store, or the last one that was seen. */
  readonly sequence: number;
  readonly count: number;
  /** Nobody asks OpenRouter before. */
  readonly until: number;
}

/** What a reader needs. */
export interface BalanceReaderParts {
  readonly options: ResolvedBalanceOptions;
  /** Time for a whole flight. */
  readonly deadlineMs: number;
  readonly source: Pick<BalanceSource, 'read' | 'forget'>;
  readonly store: StoreAccess;
  /** Whether other processes use the store as well. */
  readonly isShared: boolean;
  readonly environment: BalanceEnvironment;
}

/** How an attempt to ask OpenRouter has ended. */
export interface ReadOutcome {
  readonly failed: boolean;
  /** Its number in the store, if it has one. */
  readonly sequence: number | undefined;
}

/** Settings of one `get`. */
export interface ReadOptions {
  readonly maxAgeMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

const NO_OPTIONS: ReadOptions = Object.freeze({});

/**
 * Holds the last reading of an account, serves it while it may be served, and has a new one made when it is needed:
 * by one flight at a time, whoever asks.
 */
export class BalanceReader {
  readonly #parts: BalanceReaderParts;
  readonly #ledger = new SpendLedger();
  #held: HeldReading | undefined;
  #failure: Failure | undefined;
  #flight: Flight | undefined;
  #serial = 0;
  /** Flights of an earlier generation began before an invalidation, and are not kept. */
  #generation = 0;
  /** Readings of other processes that began before are not taken over. */
  #voidUntil = -Infinity;
  #invalidating: Promise<unknown> | undefined;
  #sequenceSeen = 0;
  #compareAt = -Infinity;
  #snapshot: BalanceSnapshot | undefined;
  #warm: Promise<BalanceSnapshot> | undefined;
  #warmUntil = -Infinity;
  #isFlushing = false;
  #isFlushPlanned = false;
  #isClosed = false;
  /** The alert state as the store has told it last. */
  #alertState: string | undefined;
  #onChange: () => void = () => undefined;

  constructor(parts: BalanceReaderParts) {
    this.#parts = parts;
  }

  /** Calls a function whenever there may be something new to tell: figures, or a failure. */
  onChange(listener: () => void): void {
    this.#onChange = listener;
  }

  /** Serves the reading at hand, or waits for a new one. */
  get(options?: ReadOptions): Promise<BalanceSnapshot> {
    if (options === undefined && this.#warm !== undefined && this.#now < this.#warmUntil) {
      return this.#warm;
    }
    return this.#get(options ?? NO_OPTIONS);
  }

  /** Waits for a reading that begins now, or for the one of another caller of it. */
  async refresh(signal: AbortSignal | undefined): Promise<BalanceSnapshot> {
    this.#check('balance.refresh', signal);
    return this.#snapshotOf(await this.#join(this.#board({ isRefresh: true }), signal, 'balance.refresh'));
  }

  /** The snapshot at hand. */
  peek(): BalanceSnapshot | undefined {
    const held = this.#servable();
    return held && this.#snapshotOf(held);
  }

  /** How the last attempt to ask OpenRouter has ended, and its number in the store; `undefined` before the first. */
  get outcome(): ReadOutcome | undefined {
    if (this.#failure !== undefined) {
      return { failed: true, sequence: this.#failure.sequence };
    }
    return this.#held && { failed: false, sequence: this.#held.sequence };
  }

  /** The alert state as the store has told it last. */
  get alertState(): string | undefined {
    return this.#alertState;
  }

  /** Forgets the reading, the failures, and which routes have refused. */
  invalidate(): void {
    if (this.#isClosed) {
      return;
    }
    this.#generation += 1;
    this.#flight = undefined;
    this.#failure = undefined;
    this.#drop();
    this.#parts.source.forget();
    this.#invalidating = this.#parts.store.invalidate();
    this.#onChange();
  }

  /** Has a new reading made, for nobody in particular. */
  revalidate(): Promise<void> {
    return this.#join(this.#board({}), undefined, 'balance.get').then(ignore, ignore);
  }

  /**
   * Has a new reading made for a poll, unless there is one that is young enough, or OpenRouter is left alone.
   *
   * @returns What to wait for, and how not to wait for it any more.
   */
  poll(intervalMs: number): { readonly done: Promise<void>; readonly cancel: () => void } {
    const maxAgeMs = intervalMs * POLL_TOLERANCE;
    const held = this.#held;
    if (this.#isPaused || (held !== undefined && this.#now - held.receivedAt < maxAgeMs)) {
      return { done: this.compare().then(ignore), cancel: () => undefined };
    }
    const { shared } = this.#board({ maxAgeMs });
    const cancel = shared.hold();
    return { done: shared.outcome.then(ignore, ignore), cancel };
  }

  /**
   * When the next poll is due, in milliseconds from now.
   *
   * @param otherwiseMs - The delay if there is neither a reading nor a failure.
   */
  pollDelay(intervalMs: number, otherwiseMs: number): number {
    const dueAt = this.#failure?.until ?? (this.#held && this.#held.receivedAt + intervalMs);
    return dueAt === undefined ? otherwiseMs : Math.max(0, dueAt - this.#now);
  }

  /** Records spend of this process. */
  recordSpend(usd: number): void {
    this.#ledger.record(usd, this.#now);
    this.#forgetSnapshot();
    if (!this.#isFlushPlanned) {
      this.#isFlushPlanned = true;
      queueMicrotask(() => void this.#flushSpend());
    }
  }

  /** Takes over what the store tells; `undefined` if it does not. */
  async compare(): Promise<SharedBalance | undefined> {
    const askedAt = this.#now;
    this.#compareAt = askedAt + COMPARE_EVERY_MS;
    const shared = await this.#parts.store.read();
    if (shared !== undefined && !this.#isClosed) {
      this.#see(shared, askedAt);
    }
    return shared;
  }

  /** Serves nothing any more. */
  close(): void {
    this.#isClosed = true;
    this.#drop();
  }

  get #now(): number {
    return this.#parts.environment.now();
  }

  async #get({ maxAgeMs, signal }: ReadOptions): Promise<BalanceSnapshot> {
    this.#check('balance.get', signal);
    const { options, isShared } = this.#parts;
    const overdueMs = this.#now - this.#compareAt;
    if (isShared && overdueMs >= 0 && (this.#held !== undefined || this.#isPaused)) {
      const compared = this.compare();
      // A process that has just been idle does not know what the others have done meanwhile.
      if (overdueMs >= COMPARE_EVERY_MS) {
        await compared;
      }
    }
    const held = this.#held;
    if (held !== undefined) {
      const { ageMs, freshMs } = this.#ageOf(held);
      switch (freshnessOf({ ageMs, freshMs, maxAgeMs, ...options })) {
        case 'fresh':
          return this.#warmUp(held);
        case 'revalidate':
          if (!this.#isPaused && this.#flight === undefined) {
            void this.revalidate();
          }
          return this.#snapshotOf(held);
        case 'wait':
          break;
      }
    }
    if (this.#failure !== undefined && this.#isPaused && this.#flight === undefined) {
      return this.#insteadOf(this.#failure.error, maxAgeMs);
    }
    try {
      return this.#snapshotOf(await this.#join(this.#board({ maxAgeMs }), signal, 'balance.get'));
    } catch (error) {
      return this.#insteadOf(error, maxAgeMs);
    }
  }

  #check(operation: string, signal: AbortSignal | undefined): void {
    if (this.#isClosed) {
      throw new OpenRouterAbortException({
        message: `${operation} was not sent: the OpenRouter client is closed.`,
        delivery: 'not-sent',
      });
    }
    if (signal?.aborted === true) {
      throw abortException(operation, signal, 'not-sent');
    }
  }

  /** What a caller gets who cannot have a new reading: the old one, or why there is none. */
  #insteadOf(error: unknown, maxAgeMs: number | undefined): BalanceSnapshot {
    const held = maxAgeMs === undefined ? this.#servable() : undefined;
    if (held === undefined || error instanceof OpenRouterAbortException) {
      throw error;
    }
    return this.#snapshotOf(held);
  }

  /** The reading at hand, if it may be served to somebody at all. */
  #servable(): HeldReading | undefined {
    const held = this.#held;
    return held && isServableOnError({ ...this.#ageOf(held), ...this.#parts.options }) ? held : undefined;
  }

  #ageOf({ receivedAt, jitter }: HeldReading): { ageMs: number; freshMs: number } {
    return { ageMs: this.#now - receivedAt, freshMs: this.#parts.options.ttlMs * jitter };
  }

  get #isPaused(): boolean {
    return this.#failure !== undefined && this.#now < this.#failure.until;
  }

  #warmUp(held: HeldReading): Promise<BalanceSnapshot> {
    if (this.#warm === undefined || this.#now >= this.#warmUntil) {
      const freshUntil = held.receivedAt + this.#ageOf(held).freshMs;
      this.#warm = Promise.resolve(this.#snapshotOf(held));
      this.#warmUntil = this.#parts.isShared ? Math.min(freshUntil, this.#compareAt) : freshUntil;
    }
    return this.#warm;
  }

  #snapshotOf(held: HeldReading): BalanceSnapshot {
    const { ageMs, freshMs } = this.#ageOf(held);
    const stale =
      ageMs >= freshMs &&
      (this.#failure !== undefined || ageMs >= freshMs + this.#parts.options.staleWhileRevalidateMs);
    if (held !== this.#held) {
      return snapshotOf(held.figures, this.#spentSince(held), stale);
    }
    if (this.#snapshot?.stale !== stale) {
      this.#snapshot = snapshotOf(held.figures, this.#spentSince(held), stale);
    }
    return this.#snapshot;
  }

  #spentSince({ began }: HeldReading): number {
    return this.#ledger.spentSince(began - BOOKED_AFTER_MS);
  }

  #forgetSnapshot(): void {
    this.#snapshot = undefined;
    this.#warm = undefined;
  }

  /** Forgets the reading, and whatever of the same time may still come in. */
  #drop(): void {
    this.#held = undefined;
    this.#voidUntil = this.#now;
    this.#forgetSnapshot();
  }

  /** Finds a flight to wait for, or starts one. */
  #board({ isRefresh = false, maxAgeMs }: { isRefresh?: boolean; maxAgeMs?: number | undefined }): Flight {
    const running = this.#flight;
    if (running !== undefined && !running.shared.isEnded && (running.isRefresh || !isRefresh)) {
      running.wantsFresh ||= maxAgeMs === undefined;
      running.maxAgeMs = Math.min(running.maxAgeMs, maxAgeMs ?? Infinity);
      return running;
    }
    if (running?.sequence !== undefined) {
      // What comes of it will not be wanted; nobody need wait for it.
      void this.#parts.store.end(running.sequence);
    }
    this.#serial += 1;
    const flight: Omit<Flight, 'shared'> & { shared?: Flight['shared'] } = {
      serial: this.#serial,
      generation: this.#generation,
      startedAt: this.#now,
      isRefresh,
      wantsFresh: maxAgeMs === undefined,
      maxAgeMs: maxAgeMs ?? Infinity,
      sequence: undefined,
    };
    const complete = Object.assign(flight, {
      shared: new SharedFlight((signal) => this.#fly(flight as Flight, signal)),
    });
    this.#flight = complete;
    return complete;
  }

  #join({ shared }: Flight, signal: AbortSignal | undefined, operation: string): Promise<HeldReading> {
    return shared.join(signal, (fired) => abortException(operation, fired, 'unknown'));
  }

  async #fly(flight: Flight, signal: AbortSignal): Promise<HeldReading> {
    try {
      return await this.#obtain(flight, signal);
    } catch (error) {
      if (flight.generation === this.#generation && !(error instanceof OpenRouterAbortException)) {
        this.#fail(error, flight.sequence);
      }
      throw error;
    } finally {
      if (this.#flight === flight) {
        this.#flight = undefined;
      }
    }
  }

  async #obtain(flight: Flight, signal: AbortSignal): Promise<HeldReading> {
    const { source, store, deadlineMs, environment } = this.#parts;
    await this.#invalidating;
    await store.identify();
    const found = await this.#shared(flight, signal);
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
        jitter: jitterOf(environment.random()),
        sequence,
        serial,
      };
      kept = this.#keep(flight, held);
      if (kept) {
        void this.#publish(held);
      }
      return kept || flight.generation !== this.#generation ? held : (this.#held ?? held);
    } finally {
      if (!kept && sequence !== undefined) {
        void store.end(sequence);
      }
    }
  }

  /** Finds a reading of another process, waiting for its flight if there is one; otherwise gets leave to ask. */
  async #shared(flight: Flight, signal: AbortSignal): Promise<HeldReading | undefined> {
    const { store, deadlineMs, environment } = this.#parts;
    const waitUntil = flight.startedAt + Math.min(deadlineMs / 2, LONGEST_WAIT_MS);
    for (;;) {
      if ((await this.compare()) === undefined) {
        return undefined;
      }
      if (this.#accepts(flight)) {
        return this.#held;
      }
      throwIfAborted(signal);
      const begun = await store.begin(deadlineMs + LEAD_MARGIN_MS);
      flight.sequence = begun?.sequence;
      if (begun === undefined || flight.isRefresh || flight.generation !== this.#generation) {
        return undefined;
      }
      if (begun.leads) {
        // The one that had the lead may have landed in between.
        await this.compare();
        const held = this.#accepts(flight) ? this.#held : undefined;
        if (held !== undefined) {
          void store.end(begun.sequence);
        }
        return held;
      }
      if (this.#now >= waitUntil) {
        return undefined;
      }
      await pause(25 + 50 * environment.random(), signal);
    }
  }

  /** Whether everybody aboard is content with the reading at hand. */
  #accepts({ generation, isRefresh, startedAt, wantsFresh, maxAgeMs }: Flight): boolean {
    const held = this.#held;
    if (held === undefined || generation !== this.#generation) {
      return false;
    }
    // One of another process: this one's own are what the flight was started for.
    const isOthers = held.serial === undefined;
    if (isRefresh) {
      return isOthers && held.began >= startedAt;
    }
    const { ageMs, freshMs } = this.#ageOf(held);
    const isSince = isOthers && held.receivedAt >= startedAt;
    return isSince || ageMs < Math.min(maxAgeMs, wantsFresh ? freshMs : Infinity);
  }

  #keep(flight: Flight, next: HeldReading): boolean {
    const held = this.#held;
    const isLater =
      held === undefined ||
      (held.serial === undefined ? next.began >= held.began : flight.serial > held.serial);
    if (flight.generation !== this.#generation || !isLater || this.#isClosed) {
      return false;
    }
    this.#hold(next);
    return true;
  }

  #hold(next: HeldReading): void {
    this.#held = next;
    this.#failure = undefined;
    this.#ledger.forgetUntil(next.began - BOOKED_AFTER_MS);
    this.#forgetSnapshot();
    this.#onChange();
  }

  async #publish(held: HeldReading): Promise<void> {
    const { began, receivedAt, sequence, reading, jitter } = held;
    if (sequence === undefined) {
      return;
    }
    const tookMs = receivedAt - began;
    const text = readingText({ reading, tookMs, jitter });
    const written = await this.#parts.store.write(
      sequence,
      text,
      this.#servableForMs,
      tookMs + BOOKED_AFTER_MS,
    );
    if (written === false) {
      await this.compare();
    }
  }

  /** For how long a reading may be served at most. */
  get #servableForMs(): number {
    const { ttlMs, staleWhileRevalidateMs, staleIfErrorMs } = this.#parts.options;
    return ttlMs * jitterOf(1) + Math.max(staleWhileRevalidateMs, staleIfErrorMs);
  }

  #fail(error: unknown, sequence = this.#sequenceSeen): void {
    const count = (this.#failure?.count ?? 0) + 1;
    const asked = error instanceof OpenRouterApiException ? error.retryAfterMs : undefined;
    const pauseMs = pauseAfterFailure(count, this.#parts.environment.random(), asked);
    this.#failure = { error, sequence, count, until: this.#now + pauseMs };
    if (isDenied(error)) {
      this.#drop();
    }
    this.#forgetSnapshot();
    this.#onChange();
  }

  #see({ sequence, reading, spend, alertState }: SharedBalance, askedAt: number): void {
    this.#alertState = alertState;
    this.#ledger.see(spend, askedAt);
    this.#forgetSnapshot();
    const held = this.#held;
    const wasSeen = this.#sequenceSeen;
    this.#sequenceSeen = sequence;
    const record = reading && parseReading(reading.text);
    if (reading === undefined && held !== undefined && sequence > (held.sequence ?? wasSeen)) {
      // Another process has invalidated it; what is to come is told apart by its number.
      this.#held = undefined;
    } else if (reading !== undefined && record !== undefined) {
      const receivedAt = askedAt - reading.ageMs;
      const began = receivedAt - record.tookMs;
      if (began > this.#voidUntil && isNewer({ sequence, began }, held)) {
        const { reading: said, jitter } = record;
        this.#hold({
          reading: said,
          figures: figuresOf(said),
          began,
          receivedAt,
          jitter,
          sequence,
          serial: undefined,
        });
        return;
      }
    }
    this.#onChange();
  }

  async #flushSpend(): Promise<void> {
    this.#isFlushPlanned = false;
    if (this.#servable() === undefined) {
      // No reading that is still to come needs to be told.
      this.#ledger.forgetUntil(this.#now - BOOKED_AFTER_MS);
    }
    this.#onChange();
    if (this.#isFlushing) {
      return;
    }
    this.#isFlushing = true;
    for (let spend = this.#ledger.take(); spend !== undefined; spend = this.#ledger.take()) {
      await this.#parts.store.addSpend(spend, this.#servableForMs + BOOKED_AFTER_MS);
    }
    this.#isFlushing = false;
  }
}

function isNewer(
  { sequence, began }: { readonly sequence: number; readonly began: number },
  held: HeldReading | undefined,
): boolean {
  if (held?.sequence === undefined) {
    return held === undefined || began > held.began;
  }
  // A store that has lost its data may number anew.
  return sequence > held.sequence || (sequence < held.sequence && began > held.began);
}

/** Of a flight that everybody has left: nobody sees it. */
function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) {
    throw abortException('balance.get', signal, 'not-sent');
  }
}

function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, delayMs);
    signal.addEventListener('abort', end);
  });
}

function ignore(): void {
  // Somebody else is told, or nobody.
}
