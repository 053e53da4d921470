import type { NamedSpend, SharedSpend } from '../../contracts/balance-store.js';
import { type OwnSum, OwnSpend } from './own-spend.js';
import { type RecordedSpend, SpendSum } from './recorded-spend.js';
import { AGE_TOLERANCE_MS, type Exchange, ToldSpend } from './told-spend.js';
import { UnnamedSpend } from './unnamed-spend.js';

/** The maximum number of sums in one message. */
const MAX_SENT = 500;

/**
 * Amounts recorded within this time are one sum. Long enough to keep the sums few, because every process reads all sums
 * of all processes twice a second.
 */
const NAMED_SPAN_MS = 5_000;

/** The same for a store without names, where sums are not sent. */
const UNNAMED_SPAN_MS = 1_000;

/** The time between the earliest and the latest amount of a sum, if a store does not report it. */
const UNTOLD_SPAN_MS = 1_000;

/** Spend on its way to the store. */
export interface OutgoingSpend {
  /** The spend that was never sent before. */
  readonly microUsd: number;
  /** Every sum whose current value the store does not have; empty for a store that does not name sums. */
  readonly sums: readonly NamedSpend[];
  /** To be called once the store has it. */
  readonly stored: (at: number) => void;
}

/**
 * Spend that OpenRouter's figures may not include yet: this process's own, exactly, and that of others, as the store
 * reports it.
 *
 * Every amount is part of one sum, and every sum has one writer and a name. A process keeps every sum that it has
 * recorded or seen, with times on its own monotonic clock, until a reading that began late enough settles it. The store
 * is a meeting place, not an authority: any process that knows a sum sends it again if the store has lost it, and
 * merging keeps the greater value. So no sum that was seen is forgotten when the store is emptied, falls back to older
 * data or jumps in time, and no sum counts twice because it was sent or reported twice.
 */
export class SpendLedger {
  readonly #own: OwnSpend;
  readonly #told = new ToldSpend();
  readonly #unnamed = new UnnamedSpend();
  readonly #isNamed: boolean;
  #askedAt = -Infinity;
  #recordedAt = -Infinity;
  /** The last computed total, kept up to date because it is requested after every amount. */
  #total: { readonly since: number; readonly sum: SpendSum } | undefined;

  /**
   * @param writer - Name of this process, which no other process has.
   * @param isNamed - Whether the store keeps sums by name.
   */
  constructor(writer: string, isNamed: boolean) {
    this.#own = new OwnSpend(writer, isNamed ? NAMED_SPAN_MS : UNNAMED_SPAN_MS);
    this.#isNamed = isNamed;
  }

  /** When the latest amount of this process that still counts was spent; `-Infinity` if there is none. */
  get lastSpentAt(): number {
    return this.#own.lastAt;
  }

  /**
   * Records spend of this process.
   *
   * @param agoMs - How long ago it was spent.
   */
  record(usd: number, now: number, isOtherKey = false, agoMs = 0): void {
    this.#own.record(usd, isOtherKey, now - agoMs);
    this.#recordedAt = now;
    if (agoMs === 0) {
      this.#total?.sum.add(usd, isOtherKey);
    } else {
      this.#total = undefined;
    }
  }

  /**
   * Counts all known spend as spent with the account's own key. Called after that key was replaced: spend that was
   * recorded for another key may have been spent with the new one.
   */
  countForKey(): void {
    this.#own.countForKey();
    this.#told.countForKey();
    this.#total = undefined;
  }

  /** Keeps later amounts apart from those recorded until now. */
  cut(): void {
    this.#own.cut();
  }

  /** Takes the spend that the store lacks; `undefined` if there is none, or less than a millionth of a dollar. */
  take(now: number): OutgoingSpend | undefined {
    this.#own.settleMicro();
    return this.#isNamed ? this.#takeSums(now) : this.#takeAmount();
  }

  /** Merges the spend that the store reports. */
  see(spend: readonly SharedSpend[], { askedAt, answeredAt }: Exchange): void {
    // If two exchanges overlap, the one that was asked later knows more.
    if (askedAt < this.#askedAt) {
      return;
    }
    this.#askedAt = askedAt;
    const named = new Map<string, NamedSpend>();
    const unnamed: { at: number; microUsd: number }[] = [];
    for (const { id, microUsd, ageMs, otherKeysMicroUsd = 0, spanMs = UNTOLD_SPAN_MS } of spend) {
      if (id === undefined) {
        unnamed.push({ at: answeredAt - ageMs, microUsd });
      } else {
        named.set(id, { id, microUsd, ageMs, otherKeysMicroUsd, spanMs });
      }
    }
    if (this.#isNamed) {
      for (const sum of this.#own.sums) {
        seeOwn(sum, named.get(sum.id), { askedAt, answeredAt });
        named.delete(sum.id);
      }
    }
    this.#told.see(named, { askedAt, answeredAt });
    this.#unnamed.see(unnamed, askedAt);
    this.#total = undefined;
  }

  /** Stops counting everything recorded no later than a moment. */
  forgetUntil(moment: number): void {
    const settled = this.#own.takeUntil(moment);
    if (this.#isNamed) {
      for (const sum of settled) {
        this.#told.adopt(sum.id, sum);
      }
    }
    this.#told.settleUntil(moment);
    this.#unnamed.settleUntil(moment);
    this.#total = undefined;
  }

  /** The spend that may have been recorded after a moment; never too little. */
  spentSince(moment: number): RecordedSpend {
    if (this.#total?.since !== moment) {
      this.#total = { since: moment, sum: this.#sumSince(moment) };
    }
    return this.#total.sum.spend;
  }

  #sumSince(moment: number): SpendSum {
    const total = new SpendSum();
    for (const { at, exact } of this.#own.sums) {
      if (at > moment) {
        total.addSum(exact);
      }
    }
    this.#told.addSince(moment, total);
    const others = this.#unnamed.usdSince(moment);
    if (others > 0) {
      total.add(others, false);
    }
    return total;
  }

  #takeSums(now: number): OutgoingSpend | undefined {
    const own = this.#own.sums.filter(isUnsent).slice(0, MAX_SENT);
    const lost = this.#told.lost(now).slice(0, MAX_SENT - own.length);
    if (own.length + lost.length === 0) {
      return undefined;
    }
    const sent = own.map((sum) => ({ sum, message: messageOf(sum, now) }));
    return {
      microUsd: own.reduce((total, sum) => total + takeAdded(sum), 0),
      sums: [...sent.map(({ message }) => message), ...lost],
      stored: (at) => {
        for (const { sum, message } of sent) {
          sum.storedMicroUsd = Math.max(sum.storedMicroUsd, message.microUsd);
          sum.storedOtherMicroUsd = Math.max(sum.storedOtherMicroUsd, message.otherKeysMicroUsd);
          sum.storedAt = at;
        }
        for (const message of lost) {
          this.#told.stored(message);
        }
      },
    };
  }

  #takeAmount(): OutgoingSpend | undefined {
    const microUsd = this.#own.sums.reduce((total, sum) => total + takeAdded(sum), 0);
    // Such a store dates an amount by its arrival, however long ago it was spent.
    return microUsd === 0
      ? undefined
      : { microUsd, sums: [], stored: this.#onAdded(this.#recordedAt, microUsd) };
  }

  #onAdded(at: number, microUsd: number): (storedAt: number) => void {
    return (storedAt) => this.#unnamed.stored({ at, microUsd, storedAt });
  }
}

function isUnsent(sum: OwnSum): boolean {
  return sum.microUsd > sum.storedMicroUsd || sum.otherMicroUsd > sum.storedOtherMicroUsd;
}

/** The part of a sum that was never sent; counts as sent from then on. */
function takeAdded(sum: OwnSum): number {
  const added = sum.microUsd - sum.addedMicroUsd;
  sum.addedMicroUsd = sum.microUsd;
  return added;
}

function messageOf({ id, microUsd, otherMicroUsd, at, startedAt }: OwnSum, now: number): NamedSpend {
  return {
    id,
    microUsd,
    otherKeysMicroUsd: otherMicroUsd,
    ageMs: Math.max(0, now - at),
    spanMs: at - startedAt,
  };
}

/** Notes what the store has of an own sum, unless the sum was stored after the store was asked. */
function seeOwn(sum: OwnSum, told: NamedSpend | undefined, { askedAt, answeredAt }: Exchange): void {
  if (sum.storedAt > askedAt) {
    return;
  }
  const isWhole = told?.microUsd === sum.microUsd;
  const isTooOld = isWhole && told.ageMs > answeredAt - sum.at + AGE_TOLERANCE_MS;
  sum.storedMicroUsd = told === undefined || isTooOld ? 0 : told.microUsd;
  sum.storedOtherMicroUsd = told === undefined || isTooOld ? 0 : told.otherKeysMicroUsd;
}
