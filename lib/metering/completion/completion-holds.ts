import { hash, randomUUID } from 'node:crypto';
import { type CompletionCost, NOBODY } from '../../contracts/completion-cost.js';
import { LIMIT_SOURCES } from '../../errors/limit-source.js';
import type { SpendHoldRequest } from '../../options/spend-limits-options.js';
import { nanoToUsd, toNanoUsd } from '../../money/nano-usd.js';
import { isMatching, UUID_PATTERN } from '../../wire/identifiers.js';
import type { OpenSpendLimits } from '../../spend-limits/open-spend-limits.js';
import type { HeldSpend } from '../../spend-limits/reservations/held-spend.js';
import type { SpendUsage } from '../../contracts/spend-usage.js';
import { entryOf } from '../../spend-limits/ledger/ledger-entry.js';
import { noteText } from '../../spend-limits/reservations/hold-note.js';
import { countedUsd, refusalEnd, refusalText } from '../../spend-limits/spend-refusal.js';
import type { CompletionRefusal, CompletionRequest } from './open-completion.js';

const NO_ANSWER: CompletionRefusal = Object.freeze({
  message:
    'The store of the spend limits of this application did not answer in time, or a function that returns a limit ' +
    'failed, so it is not known what may be spent. Nothing was sent to OpenRouter.',
  metadata: Object.freeze({ limit_source: LIMIT_SOURCES.spendStore }),
});

const CLOSED: CompletionRefusal = Object.freeze({
  message:
    'The account of this application is closed, so that nothing may be spent. Nothing was sent to OpenRouter.',
  metadata: NO_ANSWER.metadata,
});

/** Whether a completion may be sent: it may, under an id, with what is held for it, if anything is; or not. */
export type CompletionAdmission =
  | { readonly id: string; readonly held: HeldSpend | undefined }
  | { readonly refusal: CompletionRefusal; readonly usage?: SpendUsage };

/** Reserves for completions what they may cost, and settles it. */
export class CompletionHolds {
  readonly #limits: OpenSpendLimits;
  readonly #scrub: (text: string) => string;

  constructor(limits: OpenSpendLimits, scrub: (text: string) => string) {
    this.#limits = limits;
    this.#scrub = scrub;
  }

  /** Reserves what a completion may cost. */
  async admit(request: CompletionRequest): Promise<CompletionAdmission> {
    const id = randomUUID();
    const { ledger, rules } = this.#limits;
    if (rules.isEmpty && ledger === undefined) {
      return { id, held: undefined };
    }
    const { scope, holdUsd } = request;
    const nanoUsd = this.#limits.holdFor(factsOf(request), holdUsd);
    const outcome = await this.#limits.reserve({ scope, nanoUsd, id, note: noteText(request) });
    switch (outcome.status) {
      case 'held':
        return { id, held: outcome.held };
      case 'free':
        this.#limits.notes.free(scope);
        return { id, held: undefined };
      case 'refused':
        return { refusal: refusalOf(outcome.usage, nanoToUsd(nanoUsd)), usage: outcome.usage };
      case 'closed':
        return { refusal: CLOSED };
      default:
        return { refusal: this.#unanswered };
    }
  }

  /** With why the store has failed, if that is known. */
  get #unanswered(): CompletionRefusal {
    const reason = this.#limits.storeFailure;
    return reason === undefined
      ? NO_ANSWER
      : { ...NO_ANSWER, message: `${NO_ANSWER.message} ${this.#scrub(reason)}` };
  }

  /** Books a cost that no completion of this process has caused. */
  book(cost: CompletionCost): void {
    const { id, scope, usd } = cost;
    if (this.#limits.isUncounted(scope)) {
      this.#limits.notes.uncountedRecord();
    }
    if (usd !== null && isMatching(id, UUID_PATTERN)) {
      // That of a completion, for which something may be counted already.
      void this.#limits.bill(scope, toNanoUsd(usd), id);
    } else if (usd !== null && usd > 0) {
      // An id of the application may be of any length, and has to be apart from those of adjustments.
      void this.#limits.book(scope, toNanoUsd(usd), `recorded/${hash('sha256', id)}`);
    }
    this.note(cost);
  }

  /** Notes in the ledger what a completion without a hold has cost. */
  note(cost: CompletionCost): void {
    void this.#limits.record(entryOf(cost));
  }

  /** Books the cost of a completion. */
  settle(held: HeldSpend, cost: CompletionCost, requestedModel: string | undefined): void {
    const { usd, source } = cost;
    if (usd === null || source === 'hold') {
      void held.giveUp(entryOf(cost));
      return;
    }
    void held.commit(toNanoUsd(usd), entryOf(cost));
    this.#limits.learn(requestedModel, usd);
  }

  /** Ends the hold of a completion whose cost was recorded by hand, and counts there. */
  drop(held: HeldSpend): void {
    void held.commit(0);
  }
}

function factsOf({ path, model, maxTokens, isStream, scope }: CompletionRequest): SpendHoldRequest {
  return Object.freeze({
    path,
    ...(model !== undefined && { model }),
    ...(maxTokens !== undefined && { maxTokens }),
    isStream,
    scope: scope ?? NOBODY,
  });
}

function refusalOf(usage: SpendUsage, requiredUsd: number): CompletionRefusal {
  const { rule, subject, limitUsd, heldUsd, remainingUsd } = usage;
  const { retryAfterMs, resetsAt } = refusalEnd(usage, requiredUsd);
  return {
    message: refusalText(usage, requiredUsd),
    retryAfterMs,
    metadata: {
      limit_source: LIMIT_SOURCES.spendLimit,
      rule,
      subject,
      limit_usd: limitUsd,
      spend_usd: countedUsd(usage),
      held_usd: heldUsd,
      remaining_usd: remainingUsd,
      resets_at: resetsAt?.toISOString() ?? null,
      // Some clients keep no headers with their errors.
      ...(retryAfterMs !== undefined && { retry_after_seconds: retryAfterMs / 1_000 }),
    },
  };
}
