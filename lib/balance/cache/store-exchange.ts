import type { Clock } from '../../async/clock.js';
import type { SharedBalance } from '../../contracts/balance-store.js';
import { figuresOf } from '../reading/balance-snapshot.js';
import type { BalanceView } from '../reading/balance-view.js';
import type { HeldReading } from '../reading/held-reading.js';
import { parseReading } from '../reading/reading-codec.js';
import type { SpendOutbox } from '../spend/spend-outbox.js';
import type { BoundedStore } from '../store/bounded-store.js';
import { StoreFollower } from '../store/store-follower.js';
import type { BalanceCache } from './balance-cache.js';

/** The shortest time between two comparisons with the store that callers cause. */
export const COMPARE_EVERY_MS = 1_000;

/** A crossing that was emitted stays known over a holiday. */
const ALERT_KEPT_MS = 30 * 86_400_000;

/** The parts of an exchange. */
export interface StoreExchangeParts {
  readonly cache: BalanceCache;
  readonly store: BoundedStore;
  readonly outbox: SpendOutbox;
  readonly clock: Clock;
}

/** Keeps the cache and a shared store up to date with each other. */
export class StoreExchange {
  readonly #parts: StoreExchangeParts;
  readonly #follower: StoreFollower;
  #compareAt = -Infinity;
  /** The last write of a reading to the store, possibly still in progress. */
  #writing: Promise<unknown> = Promise.resolve();

  constructor(parts: StoreExchangeParts) {
    this.#parts = parts;
    const { cache, outbox } = parts;
    this.#follower = new StoreFollower({
      compare: () => this.compare(),
      isWanted: () => cache.isFollowing,
    });
    cache.onChange(() => this.#follower.wake());
    cache.onSpend(() => {
      this.#follower.wake();
      void outbox.send();
    });
  }

  /** From when on a caller causes the next comparison. */
  get compareAt(): number {
    return this.#compareAt;
  }

  /**
   * Reads the store into the cache, and sends the store what it has lost.
   *
   * @returns `undefined` if the store does not answer.
   */
  async compare(): Promise<SharedBalance | undefined> {
    const { cache, store, outbox, clock } = this.#parts;
    const askedAt = clock.now();
    this.#compareAt = askedAt + COMPARE_EVERY_MS;
    const shared = await store.read();
    if (shared === undefined) {
      cache.apply({ type: 'unanswered' });
      return undefined;
    }
    const { sequence, alertState, spend } = shared;
    const reading = heldReading(shared, askedAt);
    cache.share(
      { type: 'shared', sequence, alertState, hasReading: shared.reading !== undefined, reading },
      spend,
      { askedAt, answeredAt: clock.now() },
    );
    void outbox.send();
    return shared;
  }

  /**
   * Reads the store into the cache.
   *
   * @returns The view after that; `undefined` if the store does not answer.
   */
  async look(): Promise<BalanceView | undefined> {
    return (await this.compare()) && this.#parts.cache.view;
  }

  /** Writes a reading; `false` if the store has a later one, `undefined` if it does not answer. */
  write(...given: Parameters<BoundedStore['write']>): ReturnType<BoundedStore['write']> {
    const writing = this.#parts.store.write(...given);
    this.#writing = writing;
    return writing;
  }

  /**
   * Replaces the alert state in the store if it is the expected one.
   *
   * Waits until the reading is written: another process that judged the older one would take the alert back.
   *
   * @returns `false` if another process has changed it before; `undefined` if the store does not answer.
   */
  async claimAlert(expected: string | undefined, next: string): Promise<boolean | undefined> {
    const { cache, store } = this.#parts;
    // A new reading is announced, and judged for alerts, just before its write begins.
    await Promise.resolve();
    await this.#writing;
    const isClaimed = await store.claimAlert(expected, next, ALERT_KEPT_MS);
    if (isClaimed === true) {
      cache.apply({ type: 'claimed', alertState: next });
    }
    return isClaimed;
  }

  /** Waits up to 250 ms for recorded spend to reach the store. */
  flush(): Promise<void> {
    return this.#parts.outbox.flush();
  }

  /** Stops following the store. */
  end(): void {
    this.#follower.end();
  }
}

/** A reading of the store in times of this process. It never looks younger than it is. */
function heldReading(
  { reading, sequence }: SharedBalance,
  askedAt: number,
): (HeldReading & { readonly sequence: number }) | undefined {
  const record = reading && parseReading(reading.text);
  if (reading === undefined || record === undefined) {
    return undefined;
  }
  const receivedAt = askedAt - reading.ageMs;
  return {
    reading: record.reading,
    figures: figuresOf(record.reading),
    began: receivedAt - record.tookMs,
    receivedAt,
    jitter: record.jitter,
    sequence,
    serial: undefined,
  };
}
