import type { TenantSpend } from '../shared/dashboard.js';
import { byId, make, partsBar } from './dom.js';
import { moment, usd } from './format.js';

/** What counts against the limit of each tenant: what was billed, what is held, and what is held by lost processes. */
export function showTenants(tenants: readonly TenantSpend[]): void {
  const account = tenants.find(({ tenant }) => tenant === null)?.limit ?? null;
  byId('tenants').replaceChildren(...tenants.map((tenant) => row(tenant, account)));
}

/** @param accountLimit - The scale of a bar without a limit. */
function row(spend: TenantSpend, accountLimit: number | null): HTMLElement {
  const { tenant, plan, limit, spent, held, unsettled, remaining, resetsAt } = spend;
  const counted = spent + held + unsettled;
  const whole = Math.max(limit ?? accountLimit ?? 0, counted);
  const share = (part: number): number => (whole === 0 ? 0 : part / whole);
  const reset = resetsAt === null ? '' : `, resets ${moment(resetsAt)}`;
  return make(
    'li',
    { 'data-tenant': tenant ?? '', 'data-level': levelOf(spend) },
    make(
      'div',
      { class: 'row-line' },
      make('strong', {}, tenant ?? 'Whole account', ' ', make('small', {}, plan)),
      make('span', {}, limit === null ? 'no limit' : `${usd(remaining)} left of ${usd(limit)}${reset}`),
    ),
    partsBar([
      ['part-spent', share(spent)],
      ['part-held', share(held)],
      ['part-unsettled', share(unsettled)],
    ]),
    make(
      'div',
      { class: 'row-line' },
      make('span', {}, `spent ${usd(spent)} · held ${usd(held)} · unsettled ${usd(unsettled)}`),
    ),
  );
}

function levelOf({ limit, remaining }: TenantSpend): string {
  if (limit === null || remaining === null) return '';
  if (remaining <= limit * 0.05) return 'critical';
  return remaining <= limit * 0.2 ? 'low' : '';
}
