/** A customer of this application, with a budget of its own. */
export interface Tenant {
  readonly id: string;
  /** US dollars for each calendar month, UTC. */
  readonly monthlyLimit: number;
  /** Whether the tenant is disabled. Its key follows. */
  readonly disabled: boolean;
  readonly createdAt: Date;
}

/**
 * The life of a key:
 *
 * `intended` → `stored` → `active` → `retiring` → `retired` → `deleted`, or `intended` → `abandoned` → gone.
 *
 * - `intended`: its name is written down. It is unknown whether OpenRouter has created it.
 * - `stored`: created, and its secret is stored here. Not tested yet.
 * - `active`: the key of the tenant.
 * - `retiring`: replaced, and not yet disabled at OpenRouter.
 * - `retired`: disabled, and deleted some time later.
 * - `deleted`: deleted at OpenRouter. What it has spent is remembered.
 * - `abandoned`: never stored. OpenRouter may still create it, so its name is looked up once more.
 */
export type KeyState = 'intended' | 'stored' | 'active' | 'retiring' | 'retired' | 'deleted' | 'abandoned';

/** A key of a tenant, without its secret. */
export interface TenantKey {
  /** `app:tenant:uuid`: its name at OpenRouter. Only one request uses it. */
  readonly name: string;
  readonly tenantId: string;
  readonly state: KeyState;
  /** When it got into this state, in milliseconds since 1970. */
  readonly since: number;
  /** Its identifier at OpenRouter. `null` before it is stored. */
  readonly hash: string | null;
  /** Whether it is disabled at OpenRouter. */
  readonly disabled: boolean;
  /** Whether its secret was shown. */
  readonly shown: boolean;
  /** US dollars that earlier keys had spent in the month of its creation. Its own limit is lower by this amount. */
  readonly carried: number;
  /** That month, `2026-05`. */
  readonly month: string;
  /** US dollars that it has spent in total, once that is final. `null` if not known. */
  readonly usage: number | null;
}

/** The month in UTC, which OpenRouter's limits use: `2026-05`. */
export function monthOf(now: number): string {
  return new Date(now).toISOString().slice(0, 7);
}
