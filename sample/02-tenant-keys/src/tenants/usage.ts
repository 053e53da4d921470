import Big from 'big.js';
import type { Tenant, TenantKey } from './tenant.js';

/** What a key has spent according to OpenRouter. */
export interface KeySpend {
  /** US dollars in total. */
  readonly usage: number;
  /** US dollars in this month (UTC). */
  readonly usageMonthly: number;
}

/** US dollars. `null` means not known; it never stands for 0. */
export interface Spend {
  readonly spentThisMonth: number | null;
  readonly leftThisMonth: number | null;
  readonly spentInAll: number | null;
}

/**
 * What a tenant has spent with all of its keys.
 *
 * @param live - The keys that OpenRouter still has, by hash.
 */
export function spendOf(
  tenant: Tenant,
  keys: readonly TenantKey[],
  live: ReadonlyMap<string, KeySpend>,
  month: string,
): Spend {
  const active = keys.find(({ state }) => state === 'active');
  const spentThisMonth = spentInMonth(active, live, month);
  return {
    spentThisMonth,
    leftThisMonth: spentThisMonth === null ? null : subtract(tenant.monthlyLimit, spentThisMonth),
    spentInAll: sum(keys.filter(wasInUse).map((key) => lookUp(key, live)?.usage ?? key.usage)),
  };
}

/** US dollars spent in this month, by the active key and by the keys that it replaced. */
export function spentInMonth(
  active: TenantKey | undefined,
  live: ReadonlyMap<string, KeySpend>,
  month: string,
): number | null {
  if (active === undefined) return null;
  const carried = active.month === month ? active.carried : 0;
  return sum([carried, lookUp(active, live)?.usageMonthly ?? null]);
}

/** The limit of a new key: what is left of the month. */
export function limitFor(tenant: Tenant, { carried }: Pick<TenantKey, 'carried'>): number {
  return Math.max(0, subtract(tenant.monthlyLimit, carried));
}

function wasInUse({ state }: TenantKey): boolean {
  return state === 'active' || state === 'retiring' || state === 'retired' || state === 'deleted';
}

function lookUp(key: TenantKey, live: ReadonlyMap<string, KeySpend>): KeySpend | undefined {
  return key.hash === null ? undefined : live.get(key.hash);
}

function subtract(minuend: number, subtrahend: number): number {
  return new Big(minuend).minus(subtrahend).toNumber();
}

/** Adds decimals, because in binary `0.1 + 0.2` is not `0.3`. */
function sum(amounts: readonly (number | null)[]): number | null {
  let total = new Big(0);
  for (const amount of amounts) {
    if (amount === null) return null;
    total = total.plus(amount);
  }
  return total.toNumber();
}
