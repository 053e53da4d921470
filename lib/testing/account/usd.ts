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

export function toUsd(units: bigint): number {
  const digits = String(units < 0n ? -units : units).padStart(DECIMALS + 1, '0');
  const usd = Number(`${digits.slice(0, -DECIMALS)}.${digits.slice(-DECIMALS)}`);
  return units < 0n ? -usd : usd;
}
