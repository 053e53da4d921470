import { describe, expect, it } from '@jest/globals';
import { nextStep, isCleanUp, statusOf } from '../src/tenants/key-steps.js';
import type { KeyState, Tenant, TenantKey } from '../src/tenants/tenant.js';

const NOW = Date.parse('2026-05-20T12:00:00Z');
const TIMES = { keepRetiredMs: 1_000, lateCreationMs: 500 };

function tenant(disabled = false): Tenant {
  return { id: 'acme', monthlyLimit: 25, disabled, createdAt: new Date(NOW) };
}

function key(state: KeyState, more: Partial<TenantKey> = {}): TenantKey {
  return {
    name: `tenant-keys:acme:${state}`,
    tenantId: 'acme',
    state,
    since: NOW,
    hash: state === 'intended' || state === 'abandoned' ? null : `hash-of-${state}`,
    disabled: false,
    shown: false,
    carried: 0,
    month: '2026-05',
    usage: null,
    ...more,
  };
}

function kindOf(keys: readonly TenantKey[], disabled = false): string | undefined {
  return nextStep(tenant(disabled), keys, TIMES, NOW)?.kind;
}

describe('nextStep', () => {
  it.each<[title: string, key: TenantKey, disabled: boolean, step: string | undefined]>([
    ['a name that was written down', key('intended'), false, 'replace'],
    ['a secret that was stored', key('stored'), false, 'take-over'],
    ['the key in use', key('active'), false, undefined],
    ['a key to be disabled', key('active'), true, 'set-disabled'],
    ['a disabled key', key('active', { disabled: true }), true, undefined],
    ['a key to be enabled', key('active', { disabled: true }), false, 'set-disabled'],
    ['a lower limit in its month', key('active', { carried: 5 }), false, undefined],
    [
      'a lower limit in the next month',
      key('active', { carried: 5, month: '2026-04' }),
      false,
      'restore-limit',
    ],
    ['a whole limit in the next month', key('active', { month: '2026-04' }), false, undefined],
    ['a replaced key', key('retiring'), false, 'disable'],
    ['a replaced key of a disabled tenant', key('retiring'), true, 'disable'],
    ['a disabled key that is kept', key('retired', { since: NOW - 999 }), false, undefined],
    ['a disabled key that was kept', key('retired', { since: NOW - 1_000 }), false, 'delete'],
    ['a deleted key', key('deleted', { since: 0 }), false, undefined],
    ['a creation that may still come', key('abandoned', { since: NOW - 499 }), false, undefined],
    ['a creation that came by now', key('abandoned', { since: NOW - 500 }), false, 'sweep'],
  ])('%s', (_title, it, disabled, step) => {
    expect(kindOf([it], disabled)).toBe(step);
  });

  it('has nothing to do for a tenant without keys', () => {
    expect(kindOf([])).toBeUndefined();
  });

  it('puts clean-up after the steps that affect users', () => {
    const rest = [
      key('abandoned', { since: 0 }),
      key('retired', { since: 0 }),
      key('intended'),
      key('retiring'),
      key('active'),
    ];
    const order: [kind: string, tidies: boolean][] = [];
    for (let keys = rest; keys.length > 0;) {
      const step = nextStep(tenant(true), keys, TIMES, NOW)!;
      order.push([step.kind, isCleanUp(step)]);
      keys = keys.filter((other) => other !== step.key);
    }
    expect(order).toEqual([
      ['set-disabled', false],
      ['disable', false],
      ['replace', false],
      ['delete', true],
      ['sweep', true],
    ]);
  });
});

describe('statusOf', () => {
  const off = { disabled: true };
  it.each<[status: string, keys: TenantKey[], disabled: boolean]>([
    ['creating', [key('intended')], false],
    ['creating', [key('abandoned'), key('stored')], true],
    ['active', [key('retired'), key('active')], false],
    ['rotating', [key('active'), key('intended')], false],
    ['rotating', [key('active', off), key('stored')], true],
    ['disabling', [key('active')], true],
    ['disabled', [key('active', off)], true],
    ['enabling', [key('active', off)], false],
    ['keyless', [key('abandoned'), key('retiring')], false],
    ['keyless', [], false],
  ])('%s', (status, keys, disabled) => {
    expect(statusOf(tenant(disabled), keys)).toBe(status);
  });
});
