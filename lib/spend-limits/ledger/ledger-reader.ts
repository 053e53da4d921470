import { LATE, within } from '../../async/bounded-waits.js';
import type { SpendLedger } from '../../contracts/spend-ledger.js';
import { OpenRouterSpendStoreException } from '../../errors/spend.exceptions.js';

/** How long a report or a page is waited for: no completion waits for it. */
const BOUND_MS = 60_000;

const NOT_ANSWERED =
  'The store of the spend limits did not answer, so it is not known what was spent. Ask again later.';

/** Reads the ledger of an account. */
export class LedgerReader {
  readonly #ledger: SpendLedger;
  readonly #account: string;

  constructor(ledger: SpendLedger, account: string) {
    this.#ledger = ledger;
    this.#account = account;
  }

  /** @throws `OpenRouterSpendStoreException` if the store fails, or does not answer within a minute. */
  async read<T>(call: (ledger: SpendLedger, account: string) => Promise<T>): Promise<T> {
    let answer: T | typeof LATE = LATE;
    try {
      answer = await within(
        Promise.resolve().then(() => call(this.#ledger, this.#account)),
        BOUND_MS,
      );
    } catch {
      // The reason may contain a password.
    }
    if (answer === LATE) {
      throw new OpenRouterSpendStoreException(NOT_ANSWERED);
    }
    return answer;
  }
}
