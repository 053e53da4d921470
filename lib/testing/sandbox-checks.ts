/** `where` names the call, so that the message reads without its stack: `spend: usd must be …`. */
export function refuse(where: string, field: string, rule: string): never {
  throw new TypeError(`${where}: ${field} must be ${rule}`);
}

export function isRecord(value: unknown): value is Partial<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function checkFields(where: string, given: unknown, known: readonly string[]): void {
  if (!isRecord(given)) throw new TypeError(`${where}: pass an object with any of ${known.join(', ')}`);
  for (const field of Object.keys(given)) {
    if (!known.includes(field)) {
      throw new TypeError(`${where}: ${field} is not an option; there are ${known.join(', ')}`);
    }
  }
}

export function checkUsd(where: string, field: string, value: unknown): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) {
    refuse(where, field, 'a finite number of US dollars, 0 or more');
  }
  return value;
}

export function checkInteger(
  where: string,
  field: string,
  value: unknown,
  [low, high]: readonly [number, number],
): number {
  if (!Number.isInteger(value) || Number(value) < low || Number(value) > high) {
    refuse(where, field, `a whole number from ${low} to ${high}`);
  }
  return Number(value);
}

export function checkOneOf<T>(where: string, field: string, value: unknown, allowed: readonly T[]): T {
  if (!allowed.includes(value as T)) {
    refuse(where, field, `one of ${allowed.map((choice) => JSON.stringify(choice)).join(', ')}`);
  }
  return value as T;
}
