import { readVariable, StartError } from 'sample-shared';

/** Reads `LEASE_SECONDS`. `undefined` leaves it to the package. */
export function readLeaseMs(): number | undefined {
  const text = readVariable('LEASE_SECONDS');
  if (text === undefined) return undefined;
  const seconds = Number(text);
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > 3_600) {
    throw new StartError(`LEASE_SECONDS=${text} is not a whole number from 1 to 3600`);
  }
  return seconds * 1_000;
}
