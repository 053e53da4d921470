import type { SpendLimitRule } from 'nestjs-openrouter';

/** Nothing but bursts spends for it, so that what fits under its limit is known beforehand. */
export const BURST_TENANT = 'globex';

/** Who uses the application, on which plan, and how many dollars a day the plan has. `null` is no limit. */
export const TENANTS = [
  { tenant: 'acme', plan: 'Team', usdPerDay: 2 },
  { tenant: BURST_TENANT, plan: 'Starter', usdPerDay: 1 },
  { tenant: 'initech', plan: 'Free', usdPerDay: 0.2 },
  { tenant: 'umbrella', plan: 'Enterprise', usdPerDay: null },
] as const;

export type Tenant = (typeof TENANTS)[number]['tenant'];

/** The rule for the whole account. */
export const ACCOUNT_RULE = 'account per day';

const ACCOUNT_USD_PER_DAY = 20;
const WARN_AT = [0.8, 1];

/** As a function, because an application would look the plan up in its database. */
function limitOf({ tenant }: Readonly<Record<string, string>>): number | null {
  const plan = TENANTS.find((each) => each.tenant === tenant);
  return plan === undefined ? 0 : plan.usdPerDay;
}

export const RULES: readonly SpendLimitRule[] = [
  { by: 'tenant', usd: limitOf, period: 'day', warnAt: WARN_AT },
  { name: ACCOUNT_RULE, by: [], usd: ACCOUNT_USD_PER_DAY, period: 'day', warnAt: WARN_AT },
];
