import { hash, randomUUID } from 'node:crypto';
import type { CompletionCost, SpendScope } from '../../contracts/completion-cost.js';
import { LIMIT_SOURCES } from '../../errors/limit-source.js';
import type { SpendHoldRequest } from '../../options/spend-limits-options.js';
import { nanoToUsd, toNanoUsd } from '../../money/nano-usd.js';
import type { OpenSpendLimits } from '../../spend-limits/open-spend-limits.js';
import type { HeldSpend } from '../../spend-limits/reservations/held-spend.js';
import type { SpendUsage } from '../../contracts/spend-usage.js';
import { noteText, readNote } from '../../spend-limits/reservations/hold-note.js';
import { countedUsd, refusalText } from '../../spend-limits/spend-refusal.js';
import type { FoundHold } from '../../spend-limits/watch/lost-holds.js';
import { usageOfGeneration } from './generation-usage.js';
import type { CompletionRefusal, CompletionRequest } from './open-completion.js';

const NOBODY: SpendScope = Object.freeze({});

const NO_ANSWER: CompletionRefusal = Object.freeze({
  message:
    'The store of the spend limits of this application did not answer in time, or a function that returns a limit ' +
    'failed, so it is not known what may be spent. Nothing was sent to OpenRouter.',
  metadata: Object.freeze({ limit_source: LIMIT_SOURCES.spendStore }),
});

/** Whether a completion may be sent: it may, with what is held for it, if any rule applies; or not. */
export type CompletionAdmission =
  | { readonly held: HeldSpend | undefined }
  | { readonly refusal: CompletionRefusal; readonly usage?: SpendUsage };

/** Reserves for completions what they may cost, and settles it. */
export class CompletionHolds {
  readonly #limits: OpenSpendLimits;

  constructor(limits: OpenSpendLimits) {
    this.#limits = limits;
  }

  /** Reserves what a completion may cost. */
  async admit(request: CompletionRequest): Promise<CompletionAdmission> {
    if (this.#limits.rules.isEmpty) {
      return { held: undefined };
    }
    const { scope, holdUsd } = request;
    const nanoUsd = this.#limits.holdFor(factsOf(request), holdUsd);
    const outcome = await this.#limits.reserve({ scope, nanoUsd, id: randomUUID(), note: noteText(request) });
    switch (outcome.status) {
      case 'held':
        return { held: outcome.held };
      case 'free':
        return { held: undefined };
      case 'refused':
        return { refusal: refusalOf(outcome.usage, nanoToUsd(nanoUsd)), usage: outcome.usage };
      default:
        return { refusal: NO_ANSWER };
    }
  }

  /** Books a cost that no completion of this process has caused. */
  book({ id, scope, usd }: CompletionCost): void {
    if (usd !== null && usd > 0) {
      // An id of the application may be of any length, and has to be apart from those of adjustments.
      void this.#limits.book(scope, toNanoUsd(usd), `recorded/${hash('sha256', id)}`);
    }
  }

  /** Books the cost of a completion. */
  settle(held: HeldSpend, { usd, source }: CompletionCost, requestedModel: string | undefined): void {
    if (usd === null || source === 'hold') {
      void held.giveUp();
      return;
    }
    void held.commit(toNanoUsd(usd));
    this.#limits.learn(requestedModel, usd);
  }
}

/** What is announced of a hold whose process has ended without a word. */
export function costOfFound(found: FoundHold, byok: 'fee' | 'total'): CompletionCost {
  const { id, note, admittedAt, usd, generationId, generation } = found;
  const { scope, model } = readNote(note);
  const stated = generation && usageOfGeneration(generation, byok);
  const toldModel = stated?.model ?? model;
  return Object.freeze({
    id,
    ...(generationId !== undefined && { generationId }),
    usd,
    source: stated === undefined ? 'hold' : 'generation',
    ...(toldModel !== undefined && { model: toldModel }),
    ...(stated?.provider !== undefined && { provider: stated.provider }),
    ...(stated?.promptTokens !== undefined && { promptTokens: stated.promptTokens }),
    ...(stated?.completionTokens !== undefined && { completionTokens: stated.completionTokens }),
    isByok: stated?.isByok ?? false,
    isStream: generation?.streamed ?? false,
    outcome: 'failed',
    scope: scope ?? NOBODY,
    startedAt: new Date(admittedAt),
    durationMs: 0,
  });
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
  const { rule, subject, limitUsd, heldUsd, remainingUsd, resetsAt } = usage;
  return {
    message: refusalText(usage, requiredUsd),
    metadata: {
      limit_source: LIMIT_SOURCES.spendLimit,
      rule,
      subject,
      limit_usd: limitUsd,
      spend_usd: countedUsd(usage),
      held_usd: heldUsd,
      remaining_usd: remainingUsd,
      resets_at: resetsAt?.toISOString() ?? null,
    },
  };
}
