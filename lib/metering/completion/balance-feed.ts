import type { Account } from '../../account/account.js';
import type { Clock } from '../../async/clock.js';
import type { BalanceService } from '../../balance/balance.service.js';
import type { CompletionCost } from '../../contracts/completion-cost.js';
import { isKeyLimitReached } from '../../errors/error-verdict.js';
import type { FollowedCompletion } from './followed-completion.js';

export interface BalanceFeedParts {
  readonly account: Pick<Account, 'keys'>;
  readonly balance: Pick<BalanceService, 'recordSpend' | 'reportError'>;
  readonly clock: Clock;
  /** Whether a key is one of another account of the application, by its hash. */
  readonly isOfOtherAccount: (keyHash: string) => boolean;
}

/** Tells the balance of an account what its completions have cost, and which of them were refused for lack of money. */
export class BalanceFeed {
  readonly #parts: BalanceFeedParts;

  constructor(parts: BalanceFeedParts) {
    this.#parts = parts;
  }

  /** Tells it the cost of a completion. */
  spend({ usd, source }: CompletionCost, { request, endedAt }: FollowedCompletion): void {
    const { balance, clock } = this.#parts;
    const { keyHash } = request;
    if (usd === null || usd === 0 || source === 'hold' || !this.#isOwn(keyHash)) {
      return;
    }
    const options = keyHash === undefined ? undefined : { keyHash };
    if (source === 'generation') {
      balance.recordSpend(usd, options, clock.now() - endedAt);
    } else {
      balance.recordSpend(usd, options);
    }
  }

  /** Tells it what was recorded by hand. */
  record(usd: number): void {
    if (usd > 0) {
      this.#parts.balance.recordSpend(usd);
    }
  }

  /**
   * Tells it an error.
   *
   * @param status - The status of the answer that contained the error.
   */
  refused(error: unknown, status: number | undefined, { request }: FollowedCompletion): void {
    const { account, balance } = this.#parts;
    const { keyHash } = request;
    if (!this.#isOwn(keyHash)) {
      return;
    }
    const answer = status !== undefined && status >= 400 ? { status, body: error } : error;
    // The limit of another key says nothing about what the account's own may spend.
    if (keyHash === undefined || account.keys.mayHold(keyHash) || !isKeyLimitReached(answer)) {
      balance.reportError(answer);
    }
  }

  #isOwn(keyHash: string | undefined): boolean {
    const { account, isOfOtherAccount } = this.#parts;
    return keyHash === undefined || account.keys.mayHold(keyHash) || !isOfOtherAccount(keyHash);
  }
}
