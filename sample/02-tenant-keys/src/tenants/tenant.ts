/** A customer of this application, with a budget of its own. */
export interface Tenant {
  readonly id: string;
  /** US dollars for each calendar month, UTC. */
  readonly monthlyLimit: number;
  /** Whether its key is to be refused. The key follows. */
  readonly disabled: boolean;
  readonly createdAt: Date;
}

/**
 * Where a key is on its way:
 *
 * `intended` → `stored` → `active` → `retiring` → `retired` → `deleted`, or `intended` → `abandoned` → gone.
 *
 * - `intended`: its name is written down. OpenRouter may or may not have made it.
 * - `stored`: made, its secret is kept here, not yet tried.
 * - `active`: the key of the tenant.
 * - `retiring`: replaced, and not yet disabled at OpenRouter.
 * - `retired`: disabled, to be deleted some time later.
 * - `deleted`: gone at OpenRouter; what it has spent is remembered.
 * - `abandoned`: never got stored. OpenRouter may still come to make it, so its name is looked for once more.
 */
export type KeyState = 'intended' | 'stored' | 'active' | 'retiring' | 'retired' | 'deleted' | 'abandoned';

/** A key of a tenant, without its secret. */
export interface TenantKey {
  /** `app:tenant:uuid`: its name at OpenRouter, which is sent in one creation only. */
  readonly name: string;
  readonly tenantId: string;
  readonly state: KeyState;
  /** Since when it is in this state, in milliseconds. */
  readonly since: number;
  /** What OpenRouter knows it by. `null` before it is stored. */
  readonly hash: string | null;
  /** Whether OpenRouter was told to refuse it. */
  readonly disabled: boolean;
  /** Whether somebody was shown its secret. */
  readonly shown: boolean;
  /** US dollars that earlier keys had spent in the month of its creation; its own limit is lower by that. */
  readonly carried: number;
  /** That month, `2026-05`. */
  readonly month: string;
  /** US dollars it has spent in all, once that is final. `null`: not known. */
  readonly usage: number | null;
}

/** The month that the limits of OpenRouter go by, `2026-05`. */
export function monthOf(now: number): string {
  return new Date(now).toISOString().slice(0, 7);
}
