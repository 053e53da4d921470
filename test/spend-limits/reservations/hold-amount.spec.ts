import { describe, expect, it } from '@jest/globals';
import type { ResolvedSpendLimitsOptions } from '../../../lib/options/spend-limits-options.js';
import { holdNanoUsd } from '../../../lib/spend-limits/reservations/hold-amount.js';

const REQUEST = {
  path: '/chat/completions',
  model: 'openai/gpt-5-mini',
  isStream: true,
  scope: { tenant: 'a' },
};

type Amounts = Pick<ResolvedSpendLimitsOptions, 'holdUsd' | 'maxHoldUsd'>;

const NO_AMOUNT =
  'the function `holdUsd` returned no amount, which is a number from 0 to 9 000 000, or `undefined` to leave it to what was ' +
  'learned';

describe('how much is held', () => {
  it.each<[string, Amounts, number | undefined, number | undefined, number, string?]>([
    ['the number of the options', { holdUsd: 0.05, maxHoldUsd: 1 }, undefined, undefined, 50_000_000],
    [
      'what was learned and a quarter more',
      { holdUsd: 0.05, maxHoldUsd: 1 },
      undefined,
      4_000_001,
      5_000_002,
    ],
    ['no more than the maximum of what was learned', { holdUsd: 0.05, maxHoldUsd: 1 }, undefined, 9e9, 1e9],
    [
      'the function before what was learned',
      { holdUsd: () => 0.2, maxHoldUsd: 1 },
      undefined,
      1,
      200_000_000,
    ],
    [
      'what was learned if the function leaves it open',
      { holdUsd: () => undefined, maxHoldUsd: 1 },
      undefined,
      8,
      10,
    ],
    [
      'the default if nothing is known',
      { holdUsd: () => undefined, maxHoldUsd: 1 },
      undefined,
      undefined,
      50_000_000,
    ],
    ['the call before the function', { holdUsd: () => 0.2, maxHoldUsd: 1 }, 0.3, 1, 300_000_000],
    [
      'the maximum if the call wants more',
      { holdUsd: 0.05, maxHoldUsd: 1 },
      2,
      undefined,
      1e9,
      'a `holdUsd` is above `maxHoldUsd`, which is held instead',
    ],
    ['at least something', { holdUsd: 0, maxHoldUsd: 1 }, undefined, undefined, 1],
    ['at least something of what was learned', { holdUsd: 0.05, maxHoldUsd: 1 }, undefined, 0, 1],
    [
      'the maximum if the function returns more',
      { holdUsd: () => 5, maxHoldUsd: 1 },
      undefined,
      undefined,
      1e9,
      'the function `holdUsd` returned more than `maxHoldUsd`, which is held instead',
    ],
    [
      'what was learned if the function is wrong',
      { holdUsd: () => NaN, maxHoldUsd: 1 },
      undefined,
      4,
      5,
      NO_AMOUNT,
    ],
    [
      'what was learned if the function throws',
      {
        holdUsd: () => {
          throw new Error('secret');
        },
        maxHoldUsd: 1,
      },
      undefined,
      4,
      5,
      'the function `holdUsd` threw an error',
    ],
  ])('is %s', (...row) => {
    const [, options, explicitUsd, learnedNanoUsd, expected, fault] = row;
    const faults: string[] = [];
    const facts = { request: REQUEST, explicitUsd, learnedNanoUsd };
    expect(holdNanoUsd(options, facts, (told) => faults.push(told))).toBe(expected);
    expect(faults).toEqual(fault === undefined ? [] : [fault]);
  });

  it('is decided by a function that gets the request', () => {
    const asked: unknown[] = [];
    const holdUsd = (request: unknown): number => asked.push(request);
    holdNanoUsd(
      { holdUsd, maxHoldUsd: 1 },
      { request: REQUEST, explicitUsd: undefined, learnedNanoUsd: undefined },
      () => undefined,
    );
    expect(asked).toEqual([REQUEST]);
  });
});
