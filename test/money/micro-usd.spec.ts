import { describe, expect, it } from '@jest/globals';
import Big from 'big.js';
import fc from 'fast-check';
import { microToUsd, UsdSum } from '../../lib/money/micro-usd.js';
import { divideUsd, multiplyUsd } from '../../lib/money/usd-math.js';

function sumOf(amounts: readonly number[]): UsdSum {
  const sum = new UsdSum();
  for (const amount of amounts) sum.add(amount);
  return sum;
}

describe('a sum', () => {
  it.each<[number[], number]>([
    [[], 0],
    [[0.1, 0.2], 0.3],
    [Array.from({ length: 10_000 }, () => 0.0001), 1],
    [[1e-7, 1e-13, 1_000_000_000], 1_000_000_000.0000001],
    [[999.999999999999, 0.000000000001], 1000],
    [[100.1, -25.35], 74.75],
  ])('of %j is %d', (amounts, expected) => {
    expect(sumOf(amounts).usd).toBe(expected);
  });

  it('is what exact arithmetic gives, in any order and in any parts', () => {
    const amount = fc.oneof(
      fc.double({ min: 0, max: 1e9, noNaN: true }),
      fc.integer({ min: 0, max: 1e9 }).map((micro) => micro / 1e6),
      fc.integer({ min: 0, max: 1e6 }).map((units) => units / 1e10),
    );
    fc.assert(
      fc.property(fc.array(amount), fc.array(amount), (one, other) => {
        const exact = [...one, ...other].reduce((sum, usd) => sum.plus(usd), new Big(0));
        const sum = sumOf(one);
        sum.addSum(sumOf([...other].reverse()));
        expect(sum.usd).toBe(exact.toNumber());
        const micro = sum.takeMicroUsd();
        expect(micro).toBe(exact.times(1e6).round(0, Big.roundDown).toNumber());
        expect(sum.usd).toBe(exact.minus(new Big(micro).div(1e6)).toNumber());
      }),
    );
  });

  it('gives its millionths away once', () => {
    const sum = sumOf([0.0000025]);
    expect([sum.takeMicroUsd(), sum.usd, sum.takeMicroUsd()]).toEqual([2, 5e-7, 0]);
    expect(microToUsd(2_500_001)).toBe(2.500001);
  });
});

describe('arithmetic of dollars', () => {
  it('is that of decimals', () => {
    expect(multiplyUsd(1.1, 0.1)).toBe(0.11);
    expect(divideUsd(0.3, 3)).toBe(0.1);
  });
});
