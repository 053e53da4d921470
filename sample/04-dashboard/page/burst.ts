import type { TenantSpend } from '../shared/dashboard.js';
import { count } from './format.js';

/** What became of the completions of a burst. */
export interface BurstResult {
  answered: number;
  /** Refused by the limit of the tenant. */
  byLimit: number;
  /** Refused by the guard of the route, for lack of credits. */
  byGuard: number;
  /** Refused because the store of the limits does not answer. */
  byStore: number;
  failed: number;
}

/** Corrects binary fractions: 0.06 / 0.02 is 2.9999999999999996. */
const TINY = 1e-6;

/** How many completions fit under the limit of a tenant. `null` if that is not known, or if there is no limit. */
export function fittingInto(tenant: TenantSpend | undefined, holdUsd: number): number | null {
  const remaining = tenant?.remaining ?? null;
  return remaining === null ? null : Math.floor(remaining / holdUsd + TINY);
}

export function describeBurst(result: BurstResult, tenant: string, fitting: number | null): string {
  const { answered, byLimit, byGuard, byStore, failed } = result;
  const parts = [
    `${count(answered, 'completion')} answered`,
    `${byLimit} refused by the limit of ${tenant}`,
    `${byGuard} refused by the guard for lack of credits`,
    ...(byStore === 0 ? [] : [`${byStore} refused because the spend store does not answer`]),
    `${failed} failed`,
  ];
  const verdict = byLimit > 0 && answered === fitting ? ` Exactly ${fitting} fitted under the limit.` : '';
  return `${parts.join(', ')}.${verdict} Compare “guard checks” with “balance calls”.`;
}
