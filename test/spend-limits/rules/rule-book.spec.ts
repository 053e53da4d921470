import { describe, expect, it } from '@jest/globals';
import { resolveSpendLimits } from '../../../lib/options/resolve-spend-limits.js';
import type { SpendLimitRule } from '../../../lib/options/spend-limits-options.js';
import { RuleBook, ruleNumbers, subjectsOf } from '../../../lib/spend-limits/rules/rule-book.js';

const bookOf = (...rules: SpendLimitRule[]): RuleBook => new RuleBook(resolveSpendLimits({ rules }).rules);

const rule = (by: string | string[], period: SpendLimitRule['period'] = 'day'): SpendLimitRule => ({
  by,
  usd: 1,
  period,
});

describe('the rules that apply to a scope', () => {
  const book = bookOf(
    rule([]),
    rule('tenant'),
    rule(['tenant', 'user']),
    rule('feature'),
    rule('tenant', 'month'),
  );

  it.each<[Record<string, string> | undefined, number[]]>([
    [undefined, [0]],
    [{}, [0]],
    [{ user: 'u' }, [0]],
    [{ tenant: 'a' }, [1, 4, 0]],
    [{ tenant: 'a', user: 'u' }, [2, 1, 4, 0]],
    [{ tenant: 'a', user: 'u', feature: 'f' }, [2, 1, 4, 3, 0]],
  ])('are the narrowest first, those of one subject together: %j', (scope, numbers) => {
    expect(book.applying(scope).map(({ number }) => number)).toEqual(numbers);
  });

  it('make a subject for each combination of names, with a window for each rule', () => {
    const applied = book.applying({ tenant: 'a', user: 'u' });
    const subjects = subjectsOf(applied, [1, 2, 3, 4], 0);
    expect(ruleNumbers(applied)).toEqual([[0], [1, 2], [3]]);
    expect(subjects.map(({ windows }) => windows.map(({ limitNanoUsd }) => limitNanoUsd))).toEqual([
      [1],
      [2, 3],
      [4],
    ]);
    expect(subjects[0]?.root).toBe(subjects[1]?.root);
    expect(subjects[2]?.root).not.toBe(subjects[1]?.root);
    for (const { root, key } of subjects) {
      expect(root).toMatch(/^[0-9a-f]{32}$/);
      expect(key).toMatch(/^[0-9a-f]{32}$/);
    }
  });

  it.each<[Record<string, string>, Record<string, string>]>([
    [
      { tenant: 'a', user: 'b' },
      { tenant: 'b', user: 'a' },
    ],
    [
      { tenant: 'a4:user1:b', user: 'c' },
      { tenant: 'a', user: 'b4:user1:c' },
    ],
    [
      { tenant: '\ud800', user: 'b' },
      { tenant: '\ud801', user: 'b' },
    ],
  ])('tell the subjects of %j and %j apart', (one, other) => {
    const keyOf = (scope: Record<string, string>): string | undefined => book.applying(scope)[0]?.key;
    expect(keyOf(one)).not.toBe(keyOf(other));
  });

  it('count by the names, not by the name of the rule', () => {
    const keyOf = (name: string): string | undefined =>
      bookOf({ ...rule('tenant'), name }).applying({ tenant: 'a' })[0]?.key;
    expect(keyOf('one')).toBe(keyOf('other'));
  });
});

describe('a scope is attributed', () => {
  it.each<[SpendLimitRule[], Record<string, string> | undefined, boolean]>([
    [[rule('tenant')], undefined, false],
    [[rule('tenant')], {}, true],
    [[rule('tenant')], { tenant: 'a' }, true],
    [[rule('tenant')], { tennant: 'a' }, false],
    [[rule('tenant'), rule([])], { tennant: 'a' }, false],
    [[rule(['tenant', 'user'])], { tenant: 'a' }, false],
    [[rule([])], { tennant: 'a' }, true],
    [[rule([])], undefined, false],
  ])('to somebody if a rule with names applies, or there are none: %j %j', (rules, scope, expected) => {
    expect(bookOf(...rules).isAttributed(scope)).toBe(expected);
  });
});
