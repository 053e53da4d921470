import type { SpendClaim } from '../../contracts/spend-store.js';
import type { Generation } from '../../generations/generation.models.js';
import type { GenerationsService } from '../../generations/generations.service.js';
import { nanoToUsd, toNanoUsd } from '../../money/nano-usd.js';
import { sumUsd } from '../../money/usd.js';
import { GENERATION_ID_PATTERN, isMatching } from '../../wire/identifiers.js';
import type { BoundedSpendStore } from '../store/bounded-spend-store.js';
import type { SpendOutbox } from '../store/spend-outbox.js';

/** How many holds are claimed at a time. */
const MAX_CLAIMED = 8;

/** How often a bill is asked for, at least {@link CLAIM_MS} apart, before what was held counts as the bill. */
const MAX_CLAIMS = 30;

/** For how long a claimed hold is left to its claimer. */
const CLAIM_MS = 60_000;

/** For how long a generation that OpenRouter does not know yet is asked for in one claim. */
const LOOKUP_MS = 15_000;

/** What became of a hold whose process has ended without a word. */
export interface FoundHold {
  readonly id: string;
  readonly note: string;
  /** When it was admitted, on the store's clock. */
  readonly admittedAt: number;
  /** The bill, or what was held. */
  readonly usd: number;
  readonly generationId: string | undefined;
  /** `undefined` if the bill could not be learned. */
  readonly generation: Generation | undefined;
}

export interface LostHoldsParts {
  readonly store: BoundedSpendStore;
  readonly outbox: SpendOutbox;
  readonly generations: Pick<GenerationsService, 'get'>;
  readonly byok: 'fee' | 'total';
  readonly onFound: (found: FoundHold) => void;
}

/** Finds out what was billed for holds whose processes have ended without a word. */
export class LostHolds {
  readonly #parts: LostHoldsParts;
  readonly #closing = new AbortController();

  constructor(parts: LostHoldsParts) {
    this.#parts = parts;
  }

  /** Claims holds until there are none left that nobody looks after. */
  async claim(): Promise<void> {
    const { store } = this.#parts;
    for (;;) {
      const answer = await store.ask(
        (inner, account) => inner.claim(account, MAX_CLAIMED, CLAIM_MS),
        Array.isArray,
      );
      const claims = answer?.value ?? [];
      await Promise.all(claims.map((claim) => this.#settle(claim)));
      if (claims.length < MAX_CLAIMED || this.#closing.signal.aborted) {
        return;
      }
    }
  }

  close(): void {
    this.#closing.abort();
  }

  async #settle({ hold, claims, admittedAt }: SpendClaim): Promise<void> {
    const { outbox, onFound } = this.#parts;
    const { id, note, generationId } = hold;
    // An id of another form is not asked for: nobody knows it.
    const canBeAsked = isMatching(generationId, GENERATION_ID_PATTERN);
    const generation = canBeAsked ? await this.#ask(generationId) : undefined;
    if (this.#closing.signal.aborted) {
      return;
    }
    const found = { id, note, admittedAt, generationId, generation };
    if (generation !== undefined) {
      const usd = this.#billOf(generation);
      await outbox.send((store, account) => store.commit(account, hold, toNanoUsd(usd)));
      onFound({ ...found, usd });
    } else if (!canBeAsked || claims >= MAX_CLAIMS) {
      await outbox.send((store, account) => store.giveUp(account, hold));
      onFound({ ...found, usd: nanoToUsd(hold.nanoUsd) });
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

  #billOf({ totalCost, upstreamInferenceCost = 0, isByok = false }: Generation): number {
    return this.#parts.byok === 'total' && isByok ? sumUsd([totalCost, upstreamInferenceCost]) : totalCost;
  }
}
