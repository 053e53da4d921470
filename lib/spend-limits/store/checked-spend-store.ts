import type { SpendLedger, SpendLedgerEntry } from '../../contracts/spend-ledger.js';
import type {
  SpendAdjustment,
  SpendAdmission,
  SpendBooked,
  SpendClaim,
  SpendHold,
  SpendNoWindow,
  SpendPlace,
  SpendReport,
  SpendRequest,
  SpendStore,
  SpendSubject,
} from '../../contracts/spend-store.js';
import { isAdmission, isBooking, isClaims, isReport, isTime } from './store-answers.js';

/** A store whose answers are what its contract says, or a rejection: one of the application's own may answer anything. */
export class CheckedSpendStore implements SpendStore {
  readonly ledger?: SpendLedger;
  readonly #inner: SpendStore;

  constructor(inner: SpendStore) {
    this.#inner = inner;
    if (inner.ledger !== undefined) {
      this.ledger = inner.ledger;
    }
  }

  async reserve(account: string, request: SpendRequest): Promise<SpendAdmission> {
    const answer = await this.#inner.reserve(account, request);
    return checked('reserve', answer, isAdmission(answer, request.id));
  }

  attach(account: string, hold: SpendHold, generationId: string, leaseMs: number): Promise<void> {
    return this.#inner.attach(account, hold, generationId, leaseMs);
  }

  async extend(account: string, hold: SpendHold, leaseMs: number): Promise<number | undefined> {
    const answer = await this.#inner.extend(account, hold, leaseMs);
    return checked('extend', answer, answer === undefined || isTime(answer));
  }

  commit(account: string, hold: SpendHold, nanoUsd: number, entry?: SpendLedgerEntry): Promise<void> {
    return this.#inner.commit(account, hold, nanoUsd, entry);
  }

  release(account: string, hold: SpendHold): Promise<void> {
    return this.#inner.release(account, hold);
  }

  cancel(account: string, request: SpendRequest): Promise<void> {
    return this.#inner.cancel(account, request);
  }

  giveUp(account: string, hold: SpendHold, entry?: SpendLedgerEntry): Promise<void> {
    return this.#inner.giveUp(account, hold, entry);
  }

  async adjust(account: string, adjustment: SpendAdjustment): Promise<SpendBooked | SpendNoWindow> {
    const answer = await this.#inner.adjust(account, adjustment);
    return checked('adjust', answer, isBooking(answer));
  }

  async usage(account: string, subjects: readonly SpendSubject[]): Promise<SpendReport | SpendNoWindow> {
    const answer = await this.#inner.usage(account, subjects);
    return checked('usage', answer, isReport(answer));
  }

  async claim(account: string, limit: number, claimMs: number): Promise<readonly SpendClaim[]> {
    const answer = await this.#inner.claim(account, limit, claimMs);
    return checked('claim', answer, isClaims(answer));
  }

  async claimWarning(account: string, place: SpendPlace, name: string, claimId: string): Promise<boolean> {
    const answer = await this.#inner.claimWarning(account, place, name, claimId);
    return checked('claimWarning', answer, typeof answer === 'boolean');
  }

  async restore(
    account: string,
    subjects: readonly SpendSubject[],
    settledNanoUsd: readonly (readonly number[])[],
  ): Promise<SpendBooked | SpendNoWindow> {
    const answer = await this.#inner.restore(account, subjects, settledNanoUsd);
    return checked('restore', answer, isBooking(answer));
  }

  learn(account: string, name: string, nanoUsd: number): Promise<void> {
    return this.#inner.learn(account, name, nanoUsd);
  }

  async learned(account: string, name: string): Promise<number | undefined> {
    const answer = await this.#inner.learned(account, name);
    return checked('learned', answer, answer === undefined || (Number.isSafeInteger(answer) && answer >= 0));
  }

  /** The same text each time if the store has none. */
  async epoch(account: string): Promise<string> {
    const answer = (await this.#inner.epoch?.(account)) ?? '';
    return checked('epoch', answer, typeof answer === 'string');
  }
}

function checked<T>(method: string, answer: T, isValid: boolean): T {
  if (!isValid) {
    throw new TypeError(
      `The store of the spend limits has answered \`${method}\` in a form that it must not have.`,
    );
  }
  return answer;
}
