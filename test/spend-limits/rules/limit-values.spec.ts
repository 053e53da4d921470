import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { resolveSpendLimits } from '../../../lib/options/resolve-spend-limits.js';
import type { SpendLimitUsd } from '../../../lib/options/spend-limits-options.js';
import { LimitValues } from '../../../lib/spend-limits/rules/limit-values.js';
import { RuleBook } from '../../../lib/spend-limits/rules/rule-book.js';

const MINUTE = 60_000;

function opened(usd: SpendLimitUsd): {
  readonly faults: string[];
  pass(ms: number): void;
  of(tenant?: string): Promise<readonly (number | null)[] | undefined>;
  forget(tenant?: string): void;
} {
  let now = 0;
  const faults: string[] = [];
  const rules = new RuleBook(resolveSpendLimits({ rules: [{ by: 'tenant', usd, period: 'day' }] }).rules);
  const values = new LimitValues({ now: () => now, wallNow: () => now, random: () => 0 }, (_rule, fault) =>
    faults.push(fault),
  );
  return {
    faults,
    pass: (ms) => {
      now += ms;
    },
    of: async (tenant = 'a') => values.of(rules.applying({ tenant })),
    forget: (tenant) => values.forget(tenant === undefined ? undefined : rules.applying({ tenant })),
  };
}

afterEach(() => {
  jest.useRealTimers();
});

const NO_LIMIT = 'returned no limit, which is a number from 0 to 9 000 000, or `null` for none';

describe('the limits of rules', () => {
  it.each<[SpendLimitUsd, readonly (number | null)[]]>([
    [2, [2_000_000_000]],
    [0, [0]],
    [null, [null]],
    [() => 0.5, [500_000_000]],
    [() => null, [null]],
    [() => Promise.resolve(1), [1_000_000_000]],
  ])('are whole nano-dollars: %p', async (usd, limits) => {
    expect(await opened(usd).of()).toEqual(limits);
  });

  it('are asked for once a minute, a subject at a time', async () => {
    let asked = 0;
    const values = opened(() => (asked += 1));
    await Promise.all([values.of(), values.of()]);
    values.pass(MINUTE - 1);
    expect(await values.of()).toEqual([1e9]);
    values.pass(1);
    expect(await values.of()).toEqual([2e9]);
    expect(await values.of('b')).toEqual([3e9]);
  });

  it('count for ten minutes while the function fails', async () => {
    let answer: unknown = 1;
    const values = opened(() => answer as number);
    await values.of();
    values.pass(MINUTE);
    answer = 'much';
    expect(await values.of()).toEqual([1e9]);
    values.pass(9 * MINUTE);
    expect(await values.of()).toBeUndefined();
    answer = 2;
    expect(await values.of()).toEqual([2e9]);
    expect(values.faults).toEqual([NO_LIMIT, NO_LIMIT]);
  });

  it('keep nobody waiting for a function that hangs, once it has said something', async () => {
    jest.useFakeTimers();
    let asked = 0;
    const values = opened(() => ((asked += 1) === 1 ? 1 : new Promise<number>(() => undefined)));
    await values.of();
    values.pass(MINUTE);
    const late = values.of();
    await jest.advanceTimersByTimeAsync(2_000);
    expect(await late).toEqual([1e9]);
    values.pass(4_999);
    expect([await values.of(), asked]).toEqual([[1e9], 2]);
    values.pass(1);
    const again = values.of();
    await jest.advanceTimersByTimeAsync(2_000);
    expect([await again, asked]).toEqual([[1e9], 3]);
    expect(values.faults).toEqual(['did not return within 2000 ms', 'did not return within 2000 ms']);
  });

  it.each<[string, SpendLimitUsd, string]>([
    [
      'throws',
      () => {
        throw new Error('secret');
      },
      'threw an error',
    ],
    ['rejects', () => Promise.reject(new Error('secret')), 'threw an error'],
    ['returns too much', () => 9_000_001, NO_LIMIT],
    ['returns no number', () => NaN, NO_LIMIT],
    ['returns a negative number', () => -1, NO_LIMIT],
    ['returns nothing', () => undefined as never, NO_LIMIT],
  ])('are not known if the function %s', async (_name, usd, fault) => {
    const values = opened(usd);
    expect(await values.of()).toBeUndefined();
    expect(values.faults).toEqual([fault]);
  });

  it('are forgotten for one subject or for all', async () => {
    let asked = 0;
    const values = opened(() => (asked += 1));
    await values.of('a');
    await values.of('b');
    values.forget('a');
    expect(await values.of('a')).toEqual([3e9]);
    expect(await values.of('b')).toEqual([2e9]);
    values.forget();
    expect(await values.of('b')).toEqual([4e9]);
  });
});
