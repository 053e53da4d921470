import type { Clock } from '../../async/clock.js';
import type { CompletionCost } from '../../contracts/completion-cost.js';
import type { SpendClaim } from '../../contracts/spend-store.js';
import type { Generation } from '../../generations/generation.models.js';
import type { GenerationsService } from '../../generations/generations.service.js';
import { toNanoUsd } from '../../money/nano-usd.js';
import { GENERATION_ID_PATTERN, isMatching } from '../../wire/identifiers.js';
import type { BoundedSpendStore } from '../store/bounded-spend-store.js';
import type { SpendOutbox } from '../store/spend-outbox.js';
import { entryOf } from '../ledger/ledger-entry.js';
import { costOfFound } from './found-cost.js';

/** How many holds are claimed at a time. */
const MAX_CLAIMED = 8;

/** How often a bill is asked for, at least {@link CLAIM_MS} apart, before what was held counts as the bill. */
const MAX_CLAIMS = 30;

/** For how long a claimed hold is left to its claimer. */
const CLAIM_MS = 60_000;

/** How long the answer to a claim is waited for. Holds whose claimer has not heard of them are left alone for `CLAIM_MS`. */
const ANSWER_MS = 10_000;

/** For how long a generation that OpenRouter does not know yet is asked for in one claim. */
const LOOKUP_MS = 15_000;

export interface LostHoldsParts {
  readonly store: BoundedSpendStore;
  readonly outbox: SpendOutbox;
  readonly generations: Pick<GenerationsService, 'get'>;
  readonly clock: Clock;
  readonly byok: 'fee' | 'total';
  /** Called with what such a hold has cost, once that is known or given up. */
  readonly onFound: (cost: CompletionCost) => void;
}

/** Finds out what was billed for holds whose processes have ended without a word. */
export class LostHolds {
  readonly #parts: LostHoldsParts;
  readonly #closing = new AbortController();
  /** Claimed holds whose bill is not known yet, by id. */
  readonly #claimed = new Map<string, { readonly admittedAt: number; readonly leftAt: number }>();

  constructor(parts: LostHoldsParts) {
    this.#parts = parts;
  }

  /** Claims holds until there are none left that nobody looks after. */
  async claim(): Promise<void> {
    const { store } = this.#parts;
    for (;;) {
      const answer = await store.ask(
        (inner, account) => inner.claim(account, MAX_CLAIMED, CLAIM_MS),
        ANSWER_MS,
      );
      const claims = answer?.value ?? [];
      await Promise.all(claims.map((claim) => this.#settle(claim)));
      if (claims.length === 0 || this.#closing.signal.aborted) {
        return;
      }
    }
  }

  /** When the oldest claimed hold was admitted whose bill is not known yet; `undefined` if there is none. */
  get oldestAt(): number | undefined {
    const now = this.#parts.clock.now();
    for (const [id, { leftAt }] of this.#claimed) {
      if (leftAt <= now) {
        // Another process has claimed it by now, or has settled it.
        this.#claimed.delete(id);
      }
    }
    const all = [...this.#claimed.values()].map(({ admittedAt }) => admittedAt);
    return all.length === 0 ? undefined : Math.min(...all);
  }

  close(): void {
    this.#closing.abort();
  }

  async #settle(claim: SpendClaim): Promise<void> {
    const { byok, clock, outbox, onFound } = this.#parts;
    const { admittedAt, hold, claims } = claim;
    const { generationId, id } = hold;
    this.#claimed.set(id, { admittedAt, leftAt: clock.now() + 2 * CLAIM_MS });
    // An id of another form is not asked for: nobody knows it.
    const canBeAsked = isMatching(generationId, GENERATION_ID_PATTERN);
    const generation = canBeAsked ? await this.#ask(generationId) : undefined;
    if (this.#closing.signal.aborted) {
      return;
    }
    const cost = costOfFound(claim, generation, byok);
    const { usd } = cost;
    if (usd !== null && cost.source === 'generation') {
      await outbox.send((store, account) => store.commit(account, hold, toNanoUsd(usd), entryOf(cost)));
      this.#claimed.delete(id);
      onFound(cost);
    } else if (generation !== undefined || !canBeAsked || claims >= MAX_CLAIMS) {
      await outbox.send((store, account) => store.giveUp(account, hold, entryOf(cost)));
      this.#claimed.delete(id);
      onFound(cost);
    }
  }

  async #ask(id: string): Promise<Generation | undefined> {
    try {
      return await this.#parts.generations.get(id, {
        retry: false,
        waitMs: LOOKUP_MS,
        signal: this.#closing.signal,
      });
    } catch {
      // It is asked again with the next claim.
      return undefined;
    }
  }
}
