import { LATE, within } from '../../async/bounded-waits.js';
import type { SpendLedger } from '../../contracts/spend-ledger.js';
import { OpenRouterSpendStoreException } from '../../errors/spend.exceptions.js';
import { shownReason } from '../store/shown-reason.js';

/** How long a report or a page is waited for: no completion waits for it. */
const BOUND_MS = 60_000;

const NOT_ANSWERED = 'The store of the spend limits did not answer, so it is not known what was spent.';

/** Reads the ledger of an account. */
export class LedgerReader {
  readonly #ledger: SpendLedger;
  readonly #account: string;
  readonly #scrub: (text: string) => string;

  constructor(ledger: SpendLedger, account: string, scrub: (text: string) => string) {
    this.#ledger = ledger;
    this.#account = account;
    this.#scrub = scrub;
  }

  /** @throws `OpenRouterSpendStoreException` if the store fails, or does not answer within a minute. */
  async read<T>(call: (ledger: SpendLedger, account: string) => Promise<T>): Promise<T> {
    let answer: T | typeof LATE = LATE;
    let reason: string | undefined;
    try {
      answer = await within(
        Promise.resolve().then(() => call(this.#ledger, this.#account)),
        BOUND_MS,
      );
    } catch (error) {
      reason = shownReason(error);
    }
    if (answer === LATE) {
      const advice = reason === undefined ? 'Ask again later.' : this.#scrub(reason);
      throw new OpenRouterSpendStoreException(`${NOT_ANSWERED} ${advice}`);
    }
    return answer;
  }
}
