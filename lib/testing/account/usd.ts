// US dollars as scaled integers, so that spending 0.1 three times is 0.3. Thirty decimals hold every
// digit that a double near a cent can have; further digits are dropped.
const DECIMALS = 30;

/** The decimal digits of a non-negative number: 0.1 is one tenth, not its binary approximation. */
export function toUnits(usd: number): bigint {
  const [, whole = '', fraction = '', exponent = '0'] =
    /^(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(usd)) ?? [];
  const digits = BigInt(whole + fraction);
  const shift = DECIMALS - fraction.length + Number(exponent);
  return shift >= 0 ? digits * 10n ** BigInt(shift) : digits / 10n ** BigInt(-shift);
}

const UNITS_OF_NANO_USD = 10n ** BigInt(DECIMALS - 9);

/** Part of an amount, rounded half-up to whole nano-dollars. */
export function shareOf(units: bigint, part: number, whole: number): bigint {
  const divisor = UNITS_OF_NANO_USD * BigInt(whole);
  return ((2n * units * BigInt(part) + divisor) / (2n * divisor)) * UNITS_OF_NANO_USD;
}

export function toUsd(units: bigint): number {
  const digits = String(units < 0n ? -units : units).padStart(DECIMALS + 1, '0');
  const usd = Number(`${digits.slice(0, -DECIMALS)}.${digits.slice(-DECIMALS)}`);
  return units < 0n ? -usd : usd;
}
