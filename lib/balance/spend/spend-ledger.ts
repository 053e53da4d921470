import type { NamedSpend, SharedSpend } from '../../contracts/balance-store.js';
import { type OwnSum, OwnSpend } from './own-spend.js';
import { type RecordedSpend, SpendSum } from './recorded-spend.js';
import { AGE_TOLERANCE_MS, type Exchange, ToldSpend } from './told-spend.js';
import { UnnamedSpend } from './unnamed-spend.js';

/** More sums than this go out in several messages. */
const MAX_SENT = 500;

/** Amounts recorded within this time are one sum; every process has all sums of all of them told twice a second. */
const NAMED_SPAN_MS = 5_000;

/** The same where sums do not go over the wire. */
const UNNAMED_SPAN_MS = 1_000;

/** Amounts of a sum are this far apart where a store does not tell. */
const UNTOLD_SPAN_MS = 1_000;

/** Spend on its way to the store. */
export interface OutgoingSpend {
  /** What was never sent before. */
  readonly microUsd: number;
  /** Every sum that the store does not have as it is; none for a store that does not name sums. */
  readonly sums: readonly NamedSpend[];
  /** To be called once the store has it. */
  readonly stored: (at: number) => void;
}

/**
 * Spend that OpenRouter's figures may not include yet: this process's own, exactly, and what the store has told of
 * others.
 *
 * Every amount is part of one sum, and every sum has one writer and a name. What a process has recorded or seen it
 * keeps by itself, at the time by its own monotonic clock, until it is settled by a reading that began late enough.
 * The store is a place to meet, and no authority: a sum that it has lost is sent again by whoever knows it, and joined
 * by the greater of the two. So nothing that was seen is forgotten when the store is emptied, falls back or jumps in
 * time, and nothing counts twice that is sent or told twice.
 */
export class SpendLedger {
  readonly #own: OwnSpend;
  readonly #told = new ToldSpend();
  readonly #unnamed = new UnnamedSpend();
  readonly #isNamed: boolean;
  #askedAt = -Infinity;
  /** The sum for the last question, kept up to date: it is asked for after every amount. */
  #total: { readonly since: number; readonly sum: SpendSum } | undefined;

  /**
   * @param writer - Name of this process, which no other one has.
   * @param isNamed - Whether the store keeps sums by their names.
   */
  constructor(writer: string, isNamed: boolean) {
    this.#own = new OwnSpend(writer, isNamed ? NAMED_SPAN_MS : UNNAMED_SPAN_MS);
    this.#isNamed = isNamed;
  }

  /** When this process has recorded an amount that still counts; `-Infinity` if it has none. */
  get lastRecordedAt(): number {
    return this.#own.lastAt;
  }

  /** Records own spend. */
  record(usd: number, now: number, isOtherKey = false): void {
    this.#own.record(usd, isOtherKey, now);
    this.#total?.sum.add(usd, isOtherKey);
  }

  /**
   * Counts all that is known as spent with the account's own key. That has become another one, and what was recorded as
   * spent with an other key before may have been spent with it.
   */
  countForKey(): void {
    this.#own.countForKey();
    this.#told.countForKey();
    this.#total = undefined;
  }

  /** Tells apart what is recorded from now on and what was before. */
  cut(): void {
    this.#own.cut();
  }

  /** Takes what the store does not have; `undefined` if that is nothing, or less than a millionth of a dollar. */
  take(now: number): OutgoingSpend | undefined {
    this.#own.settleMicro();
    return this.#isNamed ? this.#takeSums(now) : this.#takeAmount();
  }

  /** Takes over what the store tells. */
  see(spend: readonly SharedSpend[], { askedAt, answeredAt }: Exchange): void {
    // Of two answers that cross, the later one knows more.
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

  /** Counts nothing any more that was recorded until then. */
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

  /** What may have been recorded after a moment: never too little. */
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
    const youngest = this.#own.sums.at(-1);
    const microUsd = this.#own.sums.reduce((total, sum) => total + takeAdded(sum), 0);
    return youngest === undefined || microUsd === 0
      ? undefined
      : { microUsd, sums: [], stored: this.#onAdded(youngest.at, microUsd) };
  }

  #onAdded(at: number, microUsd: number): (storedAt: number) => void {
    return (storedAt) => this.#unnamed.stored({ at, microUsd, storedAt });
  }
}

function isUnsent(sum: OwnSum): boolean {
  return sum.microUsd > sum.storedMicroUsd || sum.otherMicroUsd > sum.storedOtherMicroUsd;
}

/** What was never sent of a sum, which is sent from then on. */
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

/** Notes what the store has of an own sum, unless it has got it while it was asked. */
function seeOwn(sum: OwnSum, told: NamedSpend | undefined, { askedAt, answeredAt }: Exchange): void {
  if (sum.storedAt > askedAt) {
    return;
  }
  const isWhole = told?.microUsd === sum.microUsd;
  const isTooOld = isWhole && told.ageMs > answeredAt - sum.at + AGE_TOLERANCE_MS;
  sum.storedMicroUsd = told === undefined || isTooOld ? 0 : told.microUsd;
  sum.storedOtherMicroUsd = told === undefined || isTooOld ? 0 : told.otherKeysMicroUsd;
}
