import { beforeEach, describe, expect, it } from '@jest/globals';
import type { CompletionCost, SpendUsage } from 'nestjs-openrouter';
import { describeBurst, fittingInto } from '../page/burst.js';
import type { TenantSpend } from '../shared/dashboard.js';
import { SpendLog } from '../src/spending/spend-log.js';

let now: number;
let log: SpendLog;

beforeEach(() => {
  now = 1_800_000_000_000;
  log = new SpendLog(() => now);
});

function cost(fields: Partial<CompletionCost>): CompletionCost {
  return {
    id: '1',
    usd: 0.1,
    source: 'answer',
    isByok: false,
    isStream: false,
    outcome: 'complete',
    scope: { tenant: 'acme' },
    startedAt: new Date(now),
    durationMs: 1,
    ...fields,
  };
}

function usage(fields: Partial<SpendUsage>): SpendUsage {
  return {
    rule: 'tenant per day',
    subject: { tenant: 'acme' },
    period: 'day',
    from: new Date(now),
    resetsAt: new Date(now + 1),
    limitUsd: 1,
    spentUsd: 1,
    heldUsd: 0,
    unsettledUsd: 0,
    remainingUsd: 0,
    ...fields,
  };
}

describe('the log of spend', () => {
  it('adds up exactly, and apart what was assumed', () => {
    for (let count = 0; count < 3; count += 1) log.onCost(cost({ usd: 0.1 }));
    log.onCost(cost({ usd: 0.000_000_001 }));
    log.onCost(cost({ usd: null, source: 'unknown' }));
    log.onCost(cost({ usd: 0.05, source: 'hold' }));
    expect([log.meteredUsd, log.assumedUsd]).toEqual([0.300_000_001, 0.05]);
  });

  it('keeps the last completions, newest first', () => {
    for (let count = 0; count < 100; count += 1) log.onCost(cost({ model: `model ${count}` }));
    const { latest } = log.completions;
    expect(latest).toHaveLength(40);
    expect(latest[0]).toEqual({
      number: 100,
      at: now,
      tenant: 'acme',
      model: 'model 99',
      usd: 0.1,
      source: 'answer',
      outcome: 'complete',
      isStream: false,
    });
    log.onCost(cost({ scope: {} }));
    expect(log.completions.latest[0]).toMatchObject({ tenant: 'nobody', model: 'unknown model' });
  });

  it('counts the refusals of each tenant and rule, the last refused first', () => {
    log.onRefusal(usage({}));
    log.onRefusal(usage({ rule: 'account per day', subject: {}, resetsAt: null }));
    now += 1_000;
    log.onRefusal(usage({}));
    expect(log.completions.refusals).toMatchObject([
      { tenant: 'acme', rule: 'tenant per day', count: 2, lastAt: now, limit: 1, resetsAt: now + 1 },
      { tenant: null, rule: 'account per day', count: 1, lastAt: now - 1_000, resetsAt: null },
    ]);
    for (let count = 0; count < 30; count += 1) log.onRefusal(usage({ subject: { tenant: `t${count}` } }));
    expect(log.completions.refusals).toHaveLength(20);
  });
});

describe('a burst', () => {
  const left = (remaining: number | null): TenantSpend => ({
    tenant: 'globex',
    plan: '',
    limit: 1,
    spent: 0,
    held: 0,
    unsettled: 0,
    remaining,
    resetsAt: null,
  });

  it.each([
    [left(1), 0.02, 50],
    [left(0.06), 0.02, 3],
    [left(0.059), 0.02, 2],
    [left(0), 0.02, 0],
    [left(null), 0.02, null],
    [undefined, 0.02, null],
  ])('%j has room for completions of %d: %p', (tenant, holdUsd, fitting) => {
    expect(fittingInto(tenant, holdUsd)).toBe(fitting);
  });

  const result = { answered: 50, byLimit: 150, byGuard: 0, byStore: 0, failed: 0 };

  it.each([
    [result, 50, 'Exactly 50 fitted under the limit.'],
    [{ ...result, answered: 0, byLimit: 200 }, 0, 'Exactly 0 fitted under the limit.'],
    [{ ...result, byStore: 7 }, 50, '7 refused because the spend store does not answer'],
    [{ ...result, answered: 1 }, 50, '1 completion answered, 150 refused by the limit of globex'],
  ])('%j is described', (given, fitting, text) => {
    expect(describeBurst(given, 'globex', fitting)).toContain(text);
  });

  it('says “exactly” only if that is so', () => {
    expect(describeBurst({ ...result, answered: 49 }, 'globex', 50)).not.toContain('Exactly');
    expect(describeBurst({ ...result, byLimit: 0 }, 'globex', 50)).not.toContain('Exactly');
    expect(describeBurst(result, 'globex', null)).not.toContain('Exactly');
  });
});
