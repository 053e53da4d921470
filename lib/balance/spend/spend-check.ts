import { Logger } from '@nestjs/common';
import { isRecord } from '../../untrusted/is-record.js';
import { isMatching, KEY_HASH_PATTERN } from '../../wire/identifiers.js';

/** Above it a sum in millionths of a dollar would no longer be exact. */
const MAX_USD = 1_000_000_000;

/** What was handed to `recordSpend`, as far as it is right. */
export interface GivenSpend {
  /** `undefined` if it is no amount. */
  readonly usd: number | undefined;
  /** `undefined` if none was given, or something that is none. */
  readonly keyHash: string | undefined;
  /** What is wrong, and how it is put right; says nothing of what was given, which may be a key. */
  readonly problem: string | undefined;
}

/** Reads what was handed to `recordSpend`, whose caller has paid already and is to get no error. */
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
    // What throws when it is looked at is no hash.
  }
  return { problem: `\`keyHash\` must be what \`ApiKeysService.hashOf(key)\` gives. ${rest}` };
}

/** Counts what was recorded wrongly, and logs the first of each kind. */
export class SpendCheck {
  #refused = 0;
  readonly #told = new Set<string>();

  /** How often something was wrong. */
  get refused(): number {
    return this.#refused;
  }

  /** Notes that something was wrong. */
  refuse(problem: string): void {
    this.#refused += 1;
    if (!this.#told.has(problem)) {
      this.#told.add(problem);
      try {
        new Logger('OpenRouter').warn(
          `balance.recordSpend: ${problem}. This is logged once; \`balance.diagnostics\` has the count.`,
        );
      } catch {
        // A logger of the application's that throws is no reason for a handler that has paid to fail.
      }
    }
  }
}
