import { randomBytes } from 'node:crypto';
import type { SharedBalance } from '../../contracts/balance-store.js';
import { OpenRouterApiException } from '../../errors/api.exception.js';
import type { ResolvedBalanceOptions } from '../../options/openrouter-options.js';
import type { Clock } from '../../async/clock.js';
import { figuresOf, snapshotOf } from '../reading/balance-snapshot.js';
import type { BalanceSnapshot } from '../balance.models.js';
import { isServableOnError, jitterOf, pauseAfterFailure } from '../reading/freshness.js';
import { changesAt, type HeldReading, isNewer } from '../reading/held-reading.js';
import { isDenied } from '../reading/refusals.js';
import { NOTHING_SPENT, type RecordedSpend } from '../spend/recorded-spend.js';
import { parseReading } from '../reading/reading-codec.js';
import { SpendLedger } from '../spend/spend-ledger.js';
import { SpendOutbox } from '../spend/spend-outbox.js';
import type { BoundedStore } from '../store/bounded-store.js';

/** OpenRouter's figures may be this old: spend is certain to be in a reading that began this much later. */
export const SETTLED_AFTER_MS = 60_000;

/** How often the reading at hand is compared with the store at most. */
export const COMPARE_EVERY_MS = 1_000;

/** How often spend is swept up that no reading can be told of any more. */
const SWEEP_EVERY_MS = 1_000;

/** Why there is no new reading. */
export interface ReadingFailure {
  readonly error: unknown;
  /** Number of its flight in the store, or the last one that was seen. */
  readonly sequence: number;
  readonly count: number;
  /** Nobody asks OpenRouter before. */
  readonly until: number;
}

/** How an attempt to ask OpenRouter has ended. */
export interface ReadOutcome {
  readonly failed: boolean;
  /** Its number in the store, if it has one. */
  readonly sequence: number | undefined;
}

/** What a cache needs. */
export interface BalanceCacheParts {
  readonly options: ResolvedBalanceOptions;
  readonly store: BoundedStore;
  readonly clock: Clock;
}

/**
 * What this process knows of an account: the last reading or why there is none, what was spent since, and what the
 * store has told.
 */
export class BalanceCache {
  readonly #parts: BalanceCacheParts;
  readonly #ledger: SpendLedger;
  readonly #outbox: SpendOutbox;
  #held: HeldReading | undefined;
  #failure: ReadingFailure | undefined;
  #snapshot: BalanceSnapshot | undefined;
  /** When a limit starts anew, so that the snapshot says something else. */
  #snapshotUntil = Infinity;
  /** Readings of other processes that began before are not taken over. */
  #voidUntil = -Infinity;
  #sequenceSeen = 0;
  #compareAt = -Infinity;
  #alertState: string | undefined;
  #isSendingPlanned = false;
  #sweepAt = -Infinity;
  #isClosed = false;
  #onChange: () => void = () => undefined;

  constructor(parts: BalanceCacheParts) {
    this.#parts = parts;
    const { store, clock } = parts;
    // Of no other process, on whatever machine.
    this.#ledger = new SpendLedger(randomBytes(8).toString('hex'), store.namesSpend);
    this.#outbox = new SpendOutbox({ ledger: this.#ledger, store, clock, keepMs: this.#spendKeptMs });
  }

  /** Calls a function whenever there may be something new to tell: figures, or a failure. */
  onChange(listener: () => void): void {
    this.#onChange = listener;
  }

  /** The last reading. */
  get held(): HeldReading | undefined {
    return this.#held;
  }

  /** Why there was no newer one. */
  get failure(): ReadingFailure | undefined {
    return this.#failure;
  }

  /** The snapshot that was made last, while it still says what is known. */
  get snapshot(): BalanceSnapshot | undefined {
    return this.#snapshot;
  }

  /** When the store is to be asked again. */
  get compareAt(): number {
    return this.#compareAt;
  }

  /** The alert state as the store has told it, if it has told it when it was asked last. */
  get alertState(): string | undefined {
    return this.#alertState;
  }

  /**
   * How the last attempt to ask OpenRouter has ended; `undefined` before the first, and while what it has told is known to
   * be past: nobody is to be alerted of what is only assumed.
   */
  get outcome(): ReadOutcome | undefined {
    if (this.#failure !== undefined) {
      return { failed: true, sequence: this.#failure.sequence };
    }
    const held = this.#held;
    return held === undefined || this.isOutdated(held)
      ? undefined
      : { failed: false, sequence: held.sequence };
  }

  /** Whether OpenRouter is left alone after a failure. */
  get isPaused(): boolean {
    return this.#failure !== undefined && this.#now < this.#failure.until;
  }

  /** Whether nothing is served or kept any more. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** For how long a reading may be served at most. */
  get servableForMs(): number {
    const { ttlMs, staleWhileRevalidateMs, staleIfErrorMs } = this.#parts.options;
    return ttlMs * jitterOf(1) + Math.max(staleWhileRevalidateMs, staleIfErrorMs);
  }

  /** Whether what the store tells would change anything: what is at hand, or what was recorded and may be lost. */
  get isFollowing(): boolean {
    const isRecorded = this.#now - this.#ledger.lastRecordedAt < SETTLED_AFTER_MS;
    return !this.#isClosed && (isRecorded || this.servable !== undefined);
  }

  /** The last reading, if it may be served to somebody at all. */
  get servable(): HeldReading | undefined {
    const held = this.#held;
    return held && isServableOnError({ ...this.ageOf(held), ...this.#parts.options }) ? held : undefined;
  }

  /** How old a reading is, and how long it counts as fresh. */
  ageOf({ receivedAt, jitter }: HeldReading): { ageMs: number; freshMs: number } {
    return { ageMs: this.#now - receivedAt, freshMs: this.#parts.options.ttlMs * jitter };
  }

  /** Whether a limit has started anew since a reading, which therefore says no more how much is left. */
  isOutdated(held: HeldReading): boolean {
    return this.#now >= changesAt(held);
  }

  /** What a reading says can be spent, whatever was recorded since. */
  spendableIn({ figures }: HeldReading): number | null {
    return snapshotOf(figures, NOTHING_SPENT, false).spendable;
  }

  /** What a reading says by now, which need not be the last one. */
  snapshotOf(held: HeldReading): BalanceSnapshot {
    const { ageMs, freshMs } = this.ageOf(held);
    const stale =
      this.isOutdated(held) ||
      (ageMs >= freshMs &&
        (this.#failure !== undefined || ageMs >= freshMs + this.#parts.options.staleWhileRevalidateMs));
    const isLast = held === this.#held;
    if (isLast && this.#snapshot?.stale === stale && this.#now < this.#snapshotUntil) {
      return this.#snapshot;
    }
    const figures = this.isOutdated(held) ? figuresOf(held.reading, ageMs) : held.figures;
    const snapshot = snapshotOf(figures, this.#spentSince(held), stale);
    if (isLast) {
      this.#snapshot = snapshot;
      this.#snapshotUntil = held.receivedAt + figures.changesInMs;
    }
    return snapshot;
  }

  /** Takes a reading for the last one. */
  hold(next: HeldReading): void {
    this.#held = next;
    this.#failure = undefined;
    this.#ledger.forgetUntil(next.began - SETTLED_AFTER_MS);
    this.#ledger.cut();
    this.#snapshot = undefined;
    this.#onChange();
  }

  /** Notes that a flight has failed. After a denial, what was read before is not to be served any more. */
  fail(error: unknown, sequence = this.#sequenceSeen): void {
    const count = (this.#failure?.count ?? 0) + 1;
    const asked = error instanceof OpenRouterApiException ? error.retryAfterMs : undefined;
    const pauseMs = pauseAfterFailure(count, this.#parts.clock.random(), asked);
    this.#failure = { error, sequence, count, until: this.#now + pauseMs };
    if (isDenied(error)) {
      this.#drop();
    }
    this.#snapshot = undefined;
    this.#onChange();
  }

  /** Forgets the reading, and the failures. */
  forget(): void {
    this.#failure = undefined;
    this.#drop();
    this.#onChange();
  }

  /**
   * Records spend of this process.
   *
   * @param isOtherKey - Whether it was spent with another key than the account's own `apiKey`.
   */
  recordSpend(usd: number, isOtherKey: boolean): void {
    this.#ledger.record(usd, this.#now, isOtherKey);
    this.#snapshot = undefined;
    if (!this.#isSendingPlanned) {
      this.#isSendingPlanned = true;
      // What is recorded in one go is told and sent in one.
      queueMicrotask(() => this.#sendSpend());
    }
  }

  /** Takes all that was recorded from the limits of `apiKey`, too: it has become another key. */
  countForKey(): void {
    this.#ledger.countForKey();
    this.#snapshot = undefined;
  }

  /** Takes over what the store tells; `undefined` if it does not. */
  async compare(): Promise<SharedBalance | undefined> {
    const askedAt = this.#now;
    this.#compareAt = askedAt + COMPARE_EVERY_MS;
    const shared = await this.#parts.store.read();
    // Of a store that is gone nobody knows what the others have told since.
    this.#alertState = shared?.alertState;
    if (shared !== undefined) {
      this.#see(shared, askedAt);
      // What the store has lost, or has not taken before.
      void this.#outbox.send();
    }
    return shared;
  }

  /** Forgets the reading, and keeps none any more; waits a moment for what was recorded to reach the store. */
  close(): Promise<void> {
    this.#isClosed = true;
    this.#drop();
    return this.flush();
  }

  /** Waits a moment for what was recorded to reach the store. */
  flush(): Promise<void> {
    return this.#outbox.flush();
  }

  get #now(): number {
    return this.#parts.clock.now();
  }

  /** How long spend may still be asked for: a reading that is served may have begun as long ago. */
  get #spendKeptMs(): number {
    return this.servableForMs + 2 * SETTLED_AFTER_MS;
  }

  #spentSince({ began }: HeldReading): RecordedSpend {
    return this.#ledger.spentSince(began - SETTLED_AFTER_MS);
  }

  /** Forgets the reading, and whatever of the same time may still come in. */
  #drop(): void {
    this.#held = undefined;
    this.#voidUntil = this.#now;
    this.#snapshot = undefined;
  }

  #see({ sequence, reading, spend }: SharedBalance, askedAt: number): void {
    this.#ledger.see(spend, { askedAt, answeredAt: this.#now });
    this.#snapshot = undefined;
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
        this.hold({
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

  #sendSpend(): void {
    this.#isSendingPlanned = false;
    if (this.#now >= this.#sweepAt) {
      this.#sweepAt = this.#now + SWEEP_EVERY_MS;
      this.#ledger.forgetUntil(this.#now - this.#spendKeptMs);
    }
    this.#onChange();
    void this.#outbox.send();
  }
}
