import { describe, expect, it } from '@jest/globals';
import { resolveSpendLimits } from '../../../lib/options/resolve-spend-limits.js';
import type { SpendPeriod } from '../../../lib/contracts/spend-period.js';
import { RuleBook } from '../../../lib/spend-limits/rules/rule-book.js';
import { Floors } from '../../../lib/spend-limits/watch/floors.js';

const HOUR = 3_600_000;
const NOON = Date.UTC(2026, 10, 28, 12);
const MIDNIGHT = Date.UTC(2026, 10, 28);

function opened(period: SpendPeriod) {
  const floors = new Floors();
  const rules = resolveSpendLimits({ rules: [{ by: 'tenant', usd: 5, period }] }).rules;
  const [applied] = new RuleBook(rules).applying({ tenant: 'a' });
  const note = (from: number, settledNanoUsd: number): void => {
    const amounts = { settledNanoUsd, heldNanoUsd: 0, unsettledNanoUsd: 0 };
    const figures = { spanId: 'any', from, to: null, ...amounts };
    floors.note([{ applied: applied!, limitNanoUsd: 1, figures }]);
  };
  return { note, at: (now: number) => floors.at(now).map(({ settledNanoUsd }) => settledNanoUsd) };
}

describe('the floors of sums', () => {
  it('are the highest that the store has told of the present window', () => {
    const { note, at } = opened('day');
    note(MIDNIGHT, 5);
    note(MIDNIGHT, 3);
    expect(at(NOON)).toEqual([5]);
    expect(at(NOON + 12 * HOUR)).toEqual([]);
  });

  it('begin anew with each window', () => {
    const { note, at } = opened('day');
    note(MIDNIGHT - 24 * HOUR, 9);
    note(MIDNIGHT, 3);
    expect(at(NOON)).toEqual([3]);
  });

  it('of a rolling window count as long as the same slots do', () => {
    const { note, at } = opened({ rollingHours: 48 });
    note(NOON - 48 * HOUR, 4);
    expect(at(NOON)).toEqual([4]);
    expect(at(NOON + HOUR)).toEqual([]);
  });

  it('are nothing where nothing was spent', () => {
    const { note, at } = opened('total');
    note(0, 0);
    expect(at(NOON)).toEqual([]);
  });
});
