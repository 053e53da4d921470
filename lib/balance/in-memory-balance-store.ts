import type { BalanceFlight, BalanceStore, SharedBalance } from '../contracts/balance-store.js';

/** Amounts recorded within this time are kept as their sum. */
const SPEND_SPAN_MS = 1_000;

interface Spend {
  readonly startedAt: number;
  /** When its youngest amount was recorded. */
  at: number;
  microUsd: number;
  expiresAt: number;
}

interface Account {
  /** The highest number that was given. */
  drawn: number;
  /** Number of the last write or invalidation. */
  sequence: number;
  reading: { readonly text: string; readonly at: number; readonly expiresAt: number } | undefined;
  lead: { readonly sequence: number; readonly endsAt: number } | undefined;
  alert: { readonly state: string; readonly expiresAt: number } | undefined;
  spend: Spend[];
}

/**
 * Keeps balances in the memory of this process: the default of `balance.store`, where each account has one of its own.
 *
 * One instance may be given to several accounts, or to several clients of the same account, which then share its
 * readings as processes would by a store outside of them.
 */
export class InMemoryBalanceStore implements BalanceStore {
  /** @internal */
  declare private readonly accounts: Map<string, Account>;
  /** @internal */
  declare private readonly now: () => number;

  constructor();
  /** @internal */
  constructor(now: () => number);
  constructor(now: () => number = () => performance.now()) {
    // Hidden: printing a store does not show balances.
    Object.defineProperty(this, 'accounts', { value: new Map<string, Account>() });
    Object.defineProperty(this, 'now', { value: now });
  }

  /** Everything that is kept of an account. */
  read(account: string): Promise<SharedBalance> {
    const now = this.now();
    const found = this.accounts.get(account);
    if (found === undefined) {
      return Promise.resolve({ sequence: 0, reading: undefined, spend: [], alertState: undefined });
    }
    const { reading, alert, spend, sequence } = found;
    return Promise.resolve({
      sequence,
      reading: isKept(reading, now) ? { text: reading.text, ageMs: now - reading.at } : undefined,
      spend: spend
        .filter((amount) => isKept(amount, now))
        .map(({ microUsd, at }) => ({ microUsd, ageMs: now - at })),
      alertState: isKept(alert, now) ? alert.state : undefined,
    });
  }

  /** Draws a number for a flight, and tells whether it leads. */
  begin(account: string, holdMs: number): Promise<BalanceFlight> {
    const now = this.now();
    const found = this.accountOf(account);
    found.drawn += 1;
    const leads = found.lead === undefined || found.lead.endsAt <= now;
    if (leads) {
      found.lead = { sequence: found.drawn, endsAt: now + holdMs };
    }
    return Promise.resolve({ sequence: found.drawn, leads });
  }

  /** Gives up a flight's lead. */
  end(account: string, sequence: number): Promise<void> {
    const found = this.accountOf(account);
    if (found.lead?.sequence === sequence) {
      found.lead = undefined;
    }
    return Promise.resolve();
  }

  /** Replaces the reading, unless there was a later one or an invalidation. */
  async write(
    account: string,
    sequence: number,
    text: string,
    keepMs: number,
    bookedMs: number,
  ): Promise<boolean> {
    const now = this.now();
    const found = this.accountOf(account);
    if (sequence <= found.sequence) {
      return false;
    }
    found.sequence = sequence;
    found.reading = { text, at: now, expiresAt: now + keepMs };
    found.spend = found.spend.filter((amount) => isKept(amount, now) && now - amount.at < bookedMs);
    await this.end(account, sequence);
    return true;
  }

  /** Forgets the reading; flights that began before can no longer write. */
  invalidate(account: string): Promise<void> {
    const found = this.accountOf(account);
    found.drawn += 1;
    found.sequence = found.drawn;
    found.reading = undefined;
    found.lead = undefined;
    return Promise.resolve();
  }

  /** Records spend. */
  addSpend(account: string, microUsd: number, keepMs: number): Promise<void> {
    const now = this.now();
    const { spend } = this.accountOf(account);
    const last = spend.at(-1);
    if (last !== undefined && now - last.startedAt < SPEND_SPAN_MS) {
      last.at = now;
      last.microUsd += microUsd;
      last.expiresAt = now + keepMs;
    } else {
      while (spend.length > 0 && !isKept(spend[0], now)) {
        spend.shift();
      }
      spend.push({ startedAt: now, at: now, microUsd, expiresAt: now + keepMs });
    }
    return Promise.resolve();
  }

  /** Changes the alert state if it still is what was expected. */
  claimAlert(account: string, expected: string | undefined, next: string, keepMs: number): Promise<boolean> {
    const now = this.now();
    const found = this.accountOf(account);
    const state = isKept(found.alert, now) ? found.alert.state : undefined;
    if (state !== expected) {
      return Promise.resolve(false);
    }
    found.alert = { state: next, expiresAt: now + keepMs };
    return Promise.resolve(true);
  }

  /** @internal */
  private accountOf(account: string): Account {
    let found = this.accounts.get(account);
    if (found === undefined) {
      found = {
        drawn: 0,
        sequence: 0,
        reading: undefined,
        lead: undefined,
        alert: undefined,
        spend: [],
      };
      this.accounts.set(account, found);
    }
    return found;
  }
}

function isKept<T extends { readonly expiresAt: number }>(value: T | undefined, now: number): value is T {
  return value !== undefined && value.expiresAt > now;
}
