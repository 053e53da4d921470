import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { nanoToUsd, toNanoUsd } from '../../lib/money/nano-usd.js';

describe('nano-dollars', () => {
  it.each([
    [0, 0],
    [-0, 0],
    [1, 1_000_000_000],
    [0.1, 100_000_000],
    [0.00000000149, 1],
    [0.0000000005, 1],
    [0.00000000049, 0],
    [-0.0000000005, -1],
    [-0.00000000049, 0],
    // Binary arithmetic gives 1 000 000 001 and 2 074 999 999.
    [1.0000000005, 1_000_000_001],
    [2.0750000005, 2_075_000_001],
    [1.1e-7, 110],
    [9_000_000, 9_000_000_000_000_000],
    [-9_000_000, -9_000_000_000_000_000],
    [999_999.999999999, 999_999_999_999_999],
  ])('of %d US dollars', (usd, nano) => {
    expect(toNanoUsd(usd)).toBe(nano);
  });

  it.each([NaN, Infinity, 9_000_000.01, -9_000_001])('refuses %d', (usd) => {
    expect(() => toNanoUsd(usd)).toThrow(RangeError);
  });

  it('comes back from US dollars as it was, up to a million of them', () => {
    const most = 999_999_999_999_999;
    fc.assert(
      fc.property(fc.integer({ min: -most, max: most }), (nano) => {
        expect(toNanoUsd(nanoToUsd(nano))).toBe(nano);
      }),
    );
  });
});
