import { describe, expect, it } from '@jest/globals';
import { monthOf, type Tenant, type TenantKey } from '../src/tenants/tenant.js';
import { type KeySpend, limitFor, spendOf } from '../src/tenants/usage.js';

const TENANT: Tenant = { id: 'acme', monthlyLimit: 100, disabled: false, createdAt: new Date(0) };
const ACTIVE: TenantKey = {
  name: 'tenant-keys:acme:2',
  tenantId: 'acme',
  state: 'active',
  since: 0,
  hash: 'second',
  disabled: false,
  shown: true,
  carried: 0,
  month: '2026-05',
  usage: null,
};
const FORMER: TenantKey = {
  ...ACTIVE,
  name: 'tenant-keys:acme:1',
  state: 'deleted',
  hash: 'first',
  usage: 0.1,
};

function live(spend: Record<string, KeySpend>): Map<string, KeySpend> {
  return new Map(Object.entries(spend));
}

describe('spendOf', () => {
  it('adds up the spend of all keys, in decimals', () => {
    const known = live({ second: { usage: 0.2, usageMonthly: 0.2 } });

    expect(spendOf(TENANT, [FORMER, { ...ACTIVE, carried: 0.1 }], known, '2026-05')).toEqual({
      spentThisMonth: 0.3,
      leftThisMonth: 99.7,
      spentInAll: 0.3,
    });
  });

  it('ignores what was carried over from an earlier month', () => {
    const known = live({ second: { usage: 7, usageMonthly: 2 } });

    expect(spendOf(TENANT, [FORMER, { ...ACTIVE, carried: 0.1 }], known, '2026-06')).toEqual({
      spentThisMonth: 2,
      leftThisMonth: 98,
      spentInAll: 7.1,
    });
  });

  it('shows an exceeded limit as it is', () => {
    const known = live({ second: { usage: 100.01, usageMonthly: 100.01 } });

    expect(spendOf(TENANT, [ACTIVE], known, '2026-05').leftThisMonth).toBe(-0.01);
  });

  it('prefers what OpenRouter says about a key to what was stored', () => {
    const known = live({ first: { usage: 0.4, usageMonthly: 0 }, second: { usage: 1, usageMonthly: 1 } });

    expect(spendOf(TENANT, [{ ...FORMER, state: 'retired' }, ACTIVE], known, '2026-05').spentInAll).toBe(1.4);
  });

  it('is null, never 0, if it is not known', () => {
    expect(spendOf(TENANT, [FORMER, ACTIVE], live({}), '2026-05')).toEqual({
      spentThisMonth: null,
      leftThisMonth: null,
      spentInAll: null,
    });
    const known = live({ second: { usage: 1, usageMonthly: 1 } });
    expect(spendOf(TENANT, [{ ...FORMER, usage: null }, ACTIVE], known, '2026-05')).toMatchObject({
      spentThisMonth: 1,
      spentInAll: null,
    });
  });

  it('leaves out keys that were never in use', () => {
    const coming: TenantKey[] = [
      { ...ACTIVE, state: 'intended', hash: null },
      { ...ACTIVE, state: 'abandoned', hash: null },
      { ...ACTIVE, state: 'stored', hash: 'third' },
    ];
    expect(spendOf(TENANT, coming, live({}), '2026-05')).toEqual({
      spentThisMonth: null,
      leftThisMonth: null,
      spentInAll: 0,
    });
  });
});

it.each([
  [0, 100],
  [99.99, 0.01],
  [100, 0],
  [100.5, 0],
])('limitFor: after %d, %d are left', (carried, left) => {
  expect(limitFor(TENANT, { carried })).toBe(left);
});

it.each([
  ['2026-05-31T23:59:59.999Z', '2026-05'],
  ['2026-06-01T00:00:00Z', '2026-06'],
  ['2026-06-01T01:00:00+02:00', '2026-05'],
])('monthOf %s', (time, month) => {
  expect(monthOf(Date.parse(time))).toBe(month);
});
