import { describe, expect, it } from '@jest/globals';
import Big from 'big.js';
import fc from 'fast-check';
import { formatUsd, subtractUsd, sumUsd } from '../../lib/money/usd.js';

describe('a difference of US dollars', () => {
  it('is rounded once, to the nearest double', () => {
    expect(subtractUsd(1e21, 2 ** 17)).toBe(1e21 - 2 ** 17);
  });

  it.each([
    [100.5, 25.75, 74.75],
    [0.3, 0.1, 0.2],
    [100.1, 25.35, 74.75],
    [29.9999982, 3.17561396, 26.82438424],
    [9999999.99, 1234567.89, 8765432.1],
    [1e-9, 0, 1e-9],
    [1e-9, 1e-9, 0],
    [1, 1e-9, 0.999999999],
    [100, 99.99, 0.01],
    [1.68911914, 0.68911914, 1],
    [25.75, 100.5, -74.75],
    [-0.1, 0.2, -0.3],
    [-0.1, -0.3, 0.2],
    [0, 0.1, -0.1],
    [0, 0, 0],
    [5, 5, 0],
    [1e21, 1, 1e21],
    [1e12, 0.01, 999999999999.99],
    [1e-7, 3e-7, -2e-7],
    [Number.MAX_SAFE_INTEGER, 1, Number.MAX_SAFE_INTEGER - 1],
    [1e308, 1e-300, 1e308],
  ])('%d - %d = %d', (minuend, subtrahend, expected) => {
    expect(subtractUsd(minuend, subtrahend)).toBe(expected);
  });

  it('is not what binary arithmetic makes of it', () => {
    expect(100 - 99.99).not.toBe(0.01);
    expect(0.3 - 0.1).not.toBe(0.2);
  });

  it('is exact for every decimal of up to 15 digits', () => {
    const decimal = fc
      .tuple(
        fc.bigInt({ min: -999_999_999_999_999n, max: 999_999_999_999_999n }),
        fc.integer({ min: 0, max: 12 }),
      )
      .map(([digits, scale]) => ({ digits, scale, value: Number(asText(digits, scale)) }));
    fc.assert(
      fc.property(decimal, decimal, (a, b) => {
        const scale = Math.max(a.scale, b.scale);
        const difference =
          a.digits * 10n ** BigInt(scale - a.scale) - b.digits * 10n ** BigInt(scale - b.scale);
        const expected = Number(asText(difference, scale));
        expect(subtractUsd(a.value, b.value) + 0).toBe(expected + 0);
      }),
      { numRuns: 500 },
    );
  });

  it('changes its sign with its sides, and ends at the start', () => {
    const cents = fc.integer({ min: -1_000_000_000, max: 1_000_000_000 }).map((value) => value / 100);
    fc.assert(
      fc.property(cents, cents, (a, b) => {
        expect(subtractUsd(a, b) + 0).toBe(-subtractUsd(b, a) + 0);
        expect(subtractUsd(a, subtractUsd(a, b)) + 0).toBe(b + 0);
      }),
      { numRuns: 300 },
    );
  });
});

describe('a sum of US dollars', () => {
  it.each<[number[], number]>([
    [[], 0],
    [[0.1, 0.2], 0.3],
    [[0.1, 0.7, 0.2, -0.7], 0.3],
    [Array<number>(10).fill(0.1), 1],
    [[3.17561396, 29.9999982, 1e-9], 33.175612161],
    [[1e-13, 2e-13], 3e-13],
    [[999.999999999999, 0.000000000001], 1_000],
    [[1e21, 1, -1e21], 1],
    [[1e16, 1, 1, -1e16], 2],
    [[1e308, 1e-300, -1e308], 1e-300],
    [[1e308, 1e308], Infinity],
    [[-1e308, -1e308], -Infinity],
    [[-0, -0], 0],
    [[5, -5], 0],
  ])('of %j is %d', (amounts, expected) => {
    expect(sumUsd(amounts) + 0).toBe(expected);
    expect(sumUsd([...amounts].reverse()) + 0).toBe(expected);
  });

  it('is not what binary arithmetic makes of it', () => {
    expect(
      Array<number>(10)
        .fill(0.1)
        .reduce((sum, amount) => sum + amount, 0),
    ).not.toBe(1);
  });

  it('is exact for more rows than a double can count units of', () => {
    const amounts = Array<number>(20_000).fill(999.123456789012);
    expect(sumUsd(amounts)).toBe(19_982_469.13578024);
  });

  it('is that of the decimals, whatever their size, and in any order', () => {
    const decimal = fc
      .tuple(
        fc.oneof(
          fc.bigInt({ min: -999_999_999_999_999n, max: 999_999_999_999_999n }),
          fc.bigInt({ min: -99_999_999n, max: 99_999_999n }),
        ),
        fc.integer({ min: 0, max: 16 }),
      )
      .map(([digits, scale]) => ({ digits, scale, value: Number(asText(digits, scale)) }));
    fc.assert(
      fc.property(fc.array(decimal, { maxLength: 60 }), fc.infiniteStream(fc.nat()), (decimals, random) => {
        const exact = decimals.reduce(
          (sum, { digits, scale }) => sum + digits * 10n ** BigInt(16 - scale),
          0n,
        );
        const values = decimals.map(({ value }) => value);
        const order = new Map(values.map((_value, index) => [index, random.next().value ?? 0]));
        const shuffled = [...values.keys()]
          .sort((one, other) => order.get(one)! - order.get(other)!)
          .map((index) => values[index]!);
        expect(sumUsd(values) + 0).toBe(Number(asText(exact, 16)) + 0);
        expect(sumUsd(shuffled) + 0).toBe(sumUsd(values) + 0);
      }),
      { numRuns: 500 },
    );
  });

  it('is that of the shortest spelling of every double', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { maxLength: 30 }), (values) => {
        const exact = values.reduce((sum, value) => sum.plus(value), new Big(0));
        expect(sumUsd(values) + 0).toBe(exact.toNumber() + 0);
      }),
      { numRuns: 500 },
    );
  });
});

describe('the text of an amount', () => {
  it.each([
    [0, '$0.00'],
    [-0, '$0.00'],
    [74.75, '$74.75'],
    [74.759, '$74.75'],
    [74.7, '$74.70'],
    [1234.5, '$1234.50'],
    [1.005, '$1.00'],
    [0.009999999, '$0.00'],
    [0.01, '$0.01'],
    [1e-9, '$0.00'],
    [Number.MIN_VALUE, '$0.00'],
    [-0.01, '-$0.01'],
    [-0.011, '-$0.02'],
    [-0.001, '-$0.01'],
    [-1e-9, '-$0.01'],
    [-2.5, '-$2.50'],
    [-74.751, '-$74.76'],
    [-99.999, '-$100.00'],
    [0.1 + 0.2, '$0.30'],
    [1e21, '$1000000000000000000000.00'],
    [-1e21, '-$1000000000000000000000.00'],
    [2 ** 53, '$9007199254740992.00'],
  ])('%d is %s', (amount, expected) => {
    expect(formatUsd(amount)).toBe(expected);
  });

  it.each<unknown>([NaN, Infinity, -Infinity, '5', null, undefined, 5n, {}, [5]])('%p has none', (amount) => {
    expect(() => formatUsd(amount as number)).toThrow(
      new RangeError('formatUsd: the amount must be a finite number of US dollars.'),
    );
  });

  it('never says more than there is', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1_000_000_000, max: 1_000_000_000 }), (thousandths) => {
        const text = formatUsd(thousandths / 1_000);
        expect(text).toMatch(/^-?\$\d+\.\d{2}$/);
        expect(text).not.toBe('-$0.00');
        const cents = Number(text.replace(/[$.]/g, ''));
        expect(cents + 0).toBe(Math.floor(thousandths / 10) + 0);
      }),
      { numRuns: 500 },
    );
  });
});

function asText(digits: bigint, scale: number): string {
  const sign = digits < 0n ? '-' : '';
  const text = (digits < 0n ? -digits : digits).toString().padStart(scale + 1, '0');
  return scale === 0 ? `${sign}${text}` : `${sign}${text.slice(0, -scale)}.${text.slice(-scale)}`;
}
