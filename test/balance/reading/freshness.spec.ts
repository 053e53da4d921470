import { describe, expect, it } from '@jest/globals';
import {
  type Freshness,
  freshnessOf,
  isServableOnError,
  jitterOf,
  pauseAfterFailure,
} from '../../../lib/balance/reading/freshness.js';

describe('freshness', () => {
  const windows = { freshMs: 60, staleWhileRevalidateMs: 300, staleIfErrorMs: 3_600 };

  it.each<[number, number | undefined, Freshness, boolean]>([
    // age, maxAgeMs → what to do; whether it may be served when that fails
    [0, undefined, 'fresh', true],
    [59, undefined, 'fresh', true],
    [60, undefined, 'revalidate', true],
    [359, undefined, 'revalidate', true],
    [360, undefined, 'wait', true],
    [3_659, undefined, 'wait', true],
    [3_660, undefined, 'wait', false],
    [0, 0, 'wait', false],
    [9, 10, 'fresh', false],
    [10, 10, 'wait', false],
    [100, 200, 'fresh', false],
    [1e9, Infinity, 'fresh', false],
  ])('at the age of %d with maxAgeMs %p is %s', (ageMs, maxAgeMs, expected, onError) => {
    expect(freshnessOf({ ageMs, maxAgeMs, ...windows })).toBe(expected);
    expect(isServableOnError({ ageMs, maxAgeMs, ...windows })).toBe(onError);
  });

  it('lets the window for errors be no shorter than the one for revalidation', () => {
    expect(isServableOnError({ ageMs: 359, ...windows, staleIfErrorMs: 0 })).toBe(true);
    expect(isServableOnError({ ageMs: 360, ...windows, staleIfErrorMs: 0 })).toBe(false);
  });

  it('varies by a tenth', () => {
    expect([jitterOf(0), jitterOf(0.5), jitterOf(1)]).toEqual([0.9, 1, 1.1]);
  });

  it.each([
    // failures, random, asked for → pause
    [1, 0, undefined, 250],
    [1, 1, undefined, 500],
    [2, 1, undefined, 1_000],
    [7, 1, undefined, 32_000],
    [8, 1, undefined, 60_000],
    [5_000, 0, undefined, 30_000],
    [1, 1, 20_000, 20_000],
    [9, 1, 20_000, 60_000],
    [1, 1, 1e12, 3_600_000],
  ])(
    'is not asked for after %i failures (random %d, asked %p) for %d ms',
    (count, random, asked, expected) => {
      expect(pauseAfterFailure(count, random, asked)).toBe(expected);
    },
  );
});
