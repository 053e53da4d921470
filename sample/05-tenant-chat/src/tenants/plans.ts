import type { SpendLimitRule, SpendScope } from 'nestjs-openrouter';
import type { PlanName } from '../../shared/chat.js';
import type { Tenants } from './tenants.js';

/** What a plan allows, in US dollars. `null` is no limit. */
interface Plan {
  readonly tenantPerDay: number | null;
  readonly tenantPerMonth: number | null;
  readonly userPerDay: number | null;
}

const PLANS: Readonly<Record<PlanName, Plan>> = {
  free: { tenantPerDay: 0.5, tenantPerMonth: null, userPerDay: null },
  team: { tenantPerDay: null, tenantPerMonth: 20, userPerDay: 2 },
};

/** Every rule applies to every tenant; its limit follows from the tenant's plan, which may change at any time. */
export function planRules(tenants: Tenants): SpendLimitRule[] {
  const limit =
    (name: keyof Plan) =>
    async ({ tenant = '' }: SpendScope): Promise<number | null> =>
      PLANS[await tenants.planOf(tenant)][name];
  return [
    { name: 'tenant per day', by: 'tenant', period: 'day', usd: limit('tenantPerDay'), warnAt: [0.8, 1] },
    {
      name: 'tenant per month',
      by: 'tenant',
      period: 'month',
      usd: limit('tenantPerMonth'),
      warnAt: [0.8, 1],
    },
    { name: 'user per day', by: ['tenant', 'user'], period: 'day', usd: limit('userPerDay') },
  ];
}
