import type {
  BalanceFlight,
  BalanceStore,
  NamedSpend,
  SharedBalance,
} from '../../contracts/balance-store.js';
import { HiddenParts } from '../../secret/hidden-parts.js';

/** Amounts without a name that are recorded within this time are kept as one sum. */
const SPEND_SPAN_MS = 1_000;

interface Spend {
  readonly id: string;
  /** When its earliest amount was recorded. */
  startedAt: number;
  /** When its latest amount was recorded. */
  at: number;
  microUsd: number;
  otherKeysMicroUsd: number;
  expiresAt: number;
}

interface Account {
  /** The highest sequence number drawn so far. */
  drawn: number;
  /** Sequence number of the last write or invalidation. */
  sequence: number;
  reading: { readonly text: string; readonly at: number; readonly expiresAt: number } | undefined;
  lead: { readonly sequence: number; readonly endsAt: number } | undefined;
  alert: { readonly state: string; readonly expiresAt: number } | undefined;
  spend: Map<string, Spend>;
  /** Name of the current sum for amounts without a name. */
  unnamed: string;
}

/** Hidden, so that printing a store shows no balances. */
interface StoreParts {
  readonly accounts: Map<string, Account>;
  readonly now: () => number;
}

const storeParts = new HiddenParts<StoreParts>();

/**
 * A balance store in the memory of this process.
 *
 * One instance may be passed to several accounts, or to several clients of the same account. Clients of the same
 * account then share its readings, as processes do with an external store. A single client needs no store.
 */
export class InMemoryBalanceStore implements BalanceStore {
  constructor();
  /** @internal */
  constructor(now: () => number);
  constructor(now: () => number = () => performance.now()) {
    storeParts.hide(this, { accounts: new Map(), now });
  }

  /** Returns everything that is kept of an account. */
  read(account: string): Promise<SharedBalance> {
    const now = storeParts.of(this).now();
    const found = storeParts.of(this).accounts.get(account);
    if (found === undefined) {
      return Promise.resolve({
        sequence: 0,
        reading: undefined,
        spend: [],
        alertState: undefined,
        isLed: false,
      });
    }
    const { reading, alert, spend, sequence, lead } = found;
    return Promise.resolve({
      sequence,
      reading: isKept(reading, now) ? { text: reading.text, ageMs: now - reading.at } : undefined,
      spend: [...spend.values()]
        .filter((sum) => isKept(sum, now))
        .map(({ id, microUsd, otherKeysMicroUsd, at, startedAt }) => ({
          id,
          microUsd,
          otherKeysMicroUsd,
          ageMs: now - at,
          spanMs: at - startedAt,
        })),
      alertState: isKept(alert, now) ? alert.state : undefined,
      isLed: lead !== undefined && lead.endsAt > now,
    });
  }

  /** Draws a sequence number for a flight, and returns whether the flight leads. */
  begin(account: string, holdMs: number): Promise<BalanceFlight> {
    const now = storeParts.of(this).now();
    const found = this.accountOf(account);
    found.drawn += 1;
    const leads = found.lead === undefined || found.lead.endsAt <= now;
    if (leads) {
      found.lead = { sequence: found.drawn, endsAt: now + holdMs };
    }
    return Promise.resolve({ sequence: found.drawn, leads });
  }

  /** Ends a flight's lead. */
  end(account: string, sequence: number): Promise<void> {
    const found = this.accountOf(account);
    if (found.lead?.sequence === sequence) {
      found.lead = undefined;
    }
    return Promise.resolve();
  }

  /** Replaces the reading, unless there was a later reading or invalidation. */
  async write(
    account: string,
    sequence: number,
    text: string,
    keepMs: number,
    settledMs: number,
  ): Promise<boolean> {
    const now = storeParts.of(this).now();
    const found = this.accountOf(account);
    if (sequence <= found.sequence) {
      return false;
    }
    found.sequence = sequence;
    found.reading = { text, at: now, expiresAt: now + keepMs };
    forgetSpend(found.spend, (sum) => isKept(sum, now) && now - sum.at < settledMs);
    await this.end(account, sequence);
    return true;
  }

  /** Drops the reading; flights that began earlier can no longer write. */
  invalidate(account: string): Promise<void> {
    const found = this.accountOf(account);
    found.drawn += 1;
    found.sequence = found.drawn;
    found.reading = undefined;
    found.lead = undefined;
    return Promise.resolve();
  }

  /** `true`: the store keeps sums by name. */
  // eslint-disable-next-line @typescript-eslint/class-literal-property-style -- A field would be visible when the store is printed.
  get namesSpend(): true {
    return true;
  }

  /** Records spend: the named sums, or the amount if there are none. */
  addSpend(
    account: string,
    microUsd: number,
    keepMs: number,
    sums: readonly NamedSpend[] = [],
  ): Promise<void> {
    const now = storeParts.of(this).now();
    const found = this.accountOf(account);
    const { spend } = found;
    const expiresAt = now + keepMs;
    if (sums.length === 0) {
      const last = spend.get(found.unnamed);
      const isRecent = last !== undefined && now - last.startedAt < SPEND_SPAN_MS;
      if (!isRecent) {
        found.drawn += 1;
        found.unnamed = String(found.drawn);
      }
      const { startedAt, microUsd: before } = isRecent ? last : { startedAt: now, microUsd: 0 };
      const sum = before + microUsd;
      this.keep(spend, {
        id: found.unnamed,
        startedAt,
        at: now,
        microUsd: sum,
        otherKeysMicroUsd: 0,
        expiresAt,
      });
    }
    for (const { id, ageMs, spanMs, ...sum } of sums) {
      const known = spend.get(id);
      this.keep(spend, {
        id,
        startedAt: Math.min(known?.startedAt ?? Infinity, now - ageMs - spanMs),
        at: Math.max(known?.at ?? -Infinity, now - ageMs),
        microUsd: Math.max(known?.microUsd ?? 0, sum.microUsd),
        otherKeysMicroUsd: Math.max(known?.otherKeysMicroUsd ?? 0, sum.otherKeysMicroUsd),
        expiresAt,
      });
    }
    return Promise.resolve();
  }

  /** Changes the alert state if it is still the expected one. */
  claimAlert(account: string, expected: string | undefined, next: string, keepMs: number): Promise<boolean> {
    const now = storeParts.of(this).now();
    const found = this.accountOf(account);
    const state = isKept(found.alert, now) ? found.alert.state : undefined;
    if (state !== expected) {
      return Promise.resolve(false);
    }
    found.alert = { state: next, expiresAt: now + keepMs };
    return Promise.resolve(true);
  }

  /** @internal */
  private keep(spend: Map<string, Spend>, sum: Spend): void {
    if (!spend.has(sum.id)) {
      const now = storeParts.of(this).now();
      forgetSpend(spend, (kept) => isKept(kept, now));
    }
    spend.set(sum.id, sum);
  }

  /** @internal */
  private accountOf(account: string): Account {
    let found = storeParts.of(this).accounts.get(account);
    if (found === undefined) {
      found = {
        drawn: 0,
        sequence: 0,
        reading: undefined,
        lead: undefined,
        alert: undefined,
        spend: new Map(),
        unnamed: '',
      };
      storeParts.of(this).accounts.set(account, found);
    }
    return found;
  }
}

function isKept<T extends { readonly expiresAt: number }>(value: T | undefined, now: number): value is T {
  return value !== undefined && value.expiresAt > now;
}

function forgetSpend(spend: Map<string, Spend>, keeps: (sum: Spend) => boolean): void {
  for (const sum of spend.values()) {
    if (!keeps(sum)) {
      spend.delete(sum.id);
    }
  }
}
