import { isRecord } from '../../untrusted/is-record.js';
import { logWarning } from '../../untrusted/log-warning.js';
import { isMatching, KEY_HASH_PATTERN } from '../../wire/identifiers.js';

/** Above this amount, a sum in millionths of a dollar would no longer be exact. */
const MAX_USD = 1_000_000_000;

/** The arguments of `recordSpend`, as far as they are valid. */
export interface GivenSpend {
  /** `undefined` if the amount is invalid. */
  readonly usd: number | undefined;
  /** `undefined` if absent or invalid. */
  readonly keyHash: string | undefined;
  /** What is wrong and how to fix it. Never contains the given value, which may be a key. */
  readonly problem: string | undefined;
}

/** Reads the arguments of `recordSpend`. Never throws, because the caller has already paid. */
export function readSpend(usd: unknown, options: unknown): GivenSpend {
  if (typeof usd !== 'number' || !(usd >= 0 && usd <= MAX_USD)) {
    const problem = `\`usd\` must be a number of US dollars from 0 to ${MAX_USD}. It is not counted`;
    return { usd: undefined, keyHash: undefined, problem };
  }
  const keyHash = readKeyHash(options);
  return typeof keyHash === 'string' || keyHash === undefined
    ? { usd, keyHash, problem: undefined }
    : { usd, keyHash: undefined, problem: keyHash.problem };
}

function readKeyHash(options: unknown): string | undefined | { readonly problem: string } {
  const rest = 'It is taken from the balance, and from the limits of `apiKey`';
  try {
    if (options === undefined) {
      return undefined;
    }
    if (!isRecord(options) || Object.keys(options).some((name) => name !== 'keyHash')) {
      return { problem: `the second argument must be \`{ keyHash }\`, or absent. ${rest}` };
    }
    const { keyHash } = options;
    if (keyHash === undefined || isMatching(keyHash, KEY_HASH_PATTERN)) {
      return keyHash;
    }
  } catch {
    // A value that throws when it is read is not a hash.
  }
  return { problem: `\`keyHash\` must be what \`ApiKeysService.hashOf(key)\` gives. ${rest}` };
}

/** Counts invalid calls of `recordSpend`, and logs the first of each kind. */
export class SpendCheck {
  #refused = 0;
  readonly #told = new Set<string>();

  /** How many calls were invalid. */
  get refused(): number {
    return this.#refused;
  }

  /** Counts an invalid call. */
  refuse(problem: string): void {
    this.#refused += 1;
    if (!this.#told.has(problem)) {
      this.#told.add(problem);
      logWarning(
        `balance.recordSpend: ${problem}. This is logged once; \`balance.diagnostics\` has the count.`,
      );
    }
  }
}
