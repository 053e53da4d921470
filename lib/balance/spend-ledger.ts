import type { SharedSpend } from '../contracts/balance-store.js';
import { microToUsd, UsdSum } from '../money/micro-usd.js';

/** Amounts recorded within this time are kept as their sum. */
const SPAN_MS = 1_000;

interface Entry {
  readonly startedAt: number;
  /** When the youngest of its amounts was recorded. */
  at: number;
  readonly sum: UsdSum;
}

interface SentEntry extends Entry {
  /** Since when it is certain to be in the store. */
  storedAt: number | undefined;
}

/** An amount on its way to the store. */
export interface OutgoingSpend {
  readonly microUsd: number;
  /** To be called once the store has it. */
  readonly stored: (at: number) => void;
}

/**
 * Spend that OpenRouter's figures may not include yet: this process's own, exactly, and what the store tells of all
 * processes, without counting anything twice.
 *
 * Own spend counts by itself until the store must have told of it; from then on as a part of what it tells, and by
 * itself again where it tells less than that, since it has lost data then.
 */
export class SpendLedger {
  /** Own spend that was not sent to the store: all of it at first, then what is smaller than the store's unit. */
  #pending: Entry | undefined;
  #sent: SentEntry[] = [];
  #seen: readonly { readonly at: number; readonly usd: number }[] = [];
  /** When the store was asked for what was seen. */
  #seenAt = -Infinity;
  /** When the store was asked last, whether or not it has answered yet. */
  #askedAt = -Infinity;
  /** The sum for the last question, kept up to date: it is asked for after every amount. */
  #total: { readonly since: number; readonly sum: UsdSum } | undefined;

  /** Records own spend. */
  record(usd: number, now: number): void {
    this.#pending ??= { startedAt: now, at: now, sum: new UsdSum() };
    this.#pending.at = now;
    this.#pending.sum.add(usd);
    this.#total?.sum.add(usd);
  }

  /** Takes own spend to send it to the store; `undefined` if there is less than a millionth of a dollar. */
  take(): OutgoingSpend | undefined {
    const pending = this.#pending;
    const microUsd = pending?.sum.takeMicroUsd() ?? 0;
    if (pending === undefined || microUsd === 0) {
      return undefined;
    }
    if (pending.sum.usd === 0) {
      this.#pending = undefined;
    }
    const sum = new UsdSum();
    sum.add(microToUsd(microUsd));
    const entry: SentEntry = { startedAt: pending.startedAt, at: pending.at, sum, storedAt: undefined };
    this.#sent.push(entry);
    return {
      microUsd,
      stored: (at) => {
        entry.storedAt = at;
        this.#mergeWithPrevious(entry);
      },
    };
  }

  /** Notes that the store is asked now. What it has by then it is going to tell, if it answers. */
  ask(now: number): void {
    this.#askedAt = now;
  }

  /** Takes over what the store tells. `askedAt`: when it was asked. */
  see(spend: readonly SharedSpend[], askedAt: number): void {
    this.#seen = spend.map(({ microUsd, ageMs }) => ({ at: askedAt - ageMs, usd: microToUsd(microUsd) }));
    this.#seenAt = askedAt;
    this.#total = undefined;
  }

  /** Forgets what was recorded until then. */
  forgetUntil(moment: number): void {
    this.#sent = this.#sent.filter(({ at }) => at > moment);
    this.#seen = this.#seen.filter(({ at }) => at > moment);
    if (this.#pending !== undefined && this.#pending.at <= moment) {
      this.#pending = undefined;
    }
    this.#total = undefined;
  }

  /** What was recorded after a moment, in US dollars. */
  spentSince(moment: number): number {
    if (this.#total?.since !== moment) {
      this.#total = { since: moment, sum: this.#sumSince(moment) };
    }
    return this.#total.sum.usd;
  }

  #sumSince(moment: number): UsdSum {
    const told = new UsdSum();
    for (const { at, usd } of this.#seen) {
      if (at > moment) {
        told.add(usd);
      }
    }
    const toldOfOwn = new UsdSum();
    const rest = new UsdSum();
    for (const entry of this.#sent) {
      if (entry.at > moment) {
        (this.#isTold(entry) ? toldOfOwn : rest).addSum(entry.sum);
      }
    }
    if (this.#pending !== undefined && this.#pending.at > moment) {
      rest.addSum(this.#pending.sum);
    }
    rest.addSum(told.usd < toldOfOwn.usd ? toldOfOwn : told);
    return rest;
  }

  /** Whether the store must have told of it. */
  #isTold({ storedAt }: SentEntry): boolean {
    return storedAt !== undefined && storedAt <= this.#seenAt;
  }

  /**
   * Nobody may read the store for hours, in which the entries would pile up. One that the store is about to tell of
   * stays by itself: what it is merged with, the store need not tell of.
   */
  #mergeWithPrevious(entry: SentEntry): void {
    const index = this.#sent.lastIndexOf(entry);
    const previous = this.#sent[index - 1];
    const isAlike = previous?.storedAt !== undefined && previous.storedAt > this.#askedAt;
    if (isAlike && entry.at - previous.startedAt < SPAN_MS) {
      previous.at = entry.at;
      previous.storedAt = entry.storedAt;
      previous.sum.addSum(entry.sum);
      this.#sent.splice(index, 1);
    }
  }
}
