import type { Clock } from '../../async/clock.js';
import type { BoundedSpendStore } from '../store/bounded-spend-store.js';

/** How long an answer of the store counts, with and without something learned. */
const FRESH_MS = 60_000;
const IGNORANT_MS = 5_000;

/** The maximum number of models whose bills are remembered. */
const MAX_KEPT = 1_000;

interface Memory {
  nanoUsd: number | undefined;
  askedAt: number;
}

/**
 * What completions of a model were billed, as the store has learned it. Nobody waits for it: until the store has answered,
 * nothing was learned.
 */
export class LearnedHolds {
  readonly #store: BoundedSpendStore;
  readonly #clock: Clock;
  readonly #memories = new Map<string, Memory>();

  constructor(store: BoundedSpendStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** The 95th percentile of the bills of a model, in nano-dollars; `undefined` if it is not known. */
  of(model: string | undefined): number | undefined {
    if (model === undefined) {
      return undefined;
    }
    const now = this.#clock.now();
    const memory = this.#memories.get(model);
    const freshMs = memory?.nanoUsd === undefined ? IGNORANT_MS : FRESH_MS;
    if (memory === undefined || now - memory.askedAt >= freshMs) {
      this.#memories.delete(model);
      const asked = { nanoUsd: memory?.nanoUsd, askedAt: now };
      this.#memories.set(model, asked);
      this.#makeRoom();
      void this.#ask(model, asked);
    }
    return memory?.nanoUsd;
  }

  /** Notes what a completion was billed. */
  async learn(model: string, nanoUsd: number): Promise<void> {
    await this.#store.ask((store, account) => store.learn(account, model, nanoUsd));
  }

  async #ask(model: string, memory: Memory): Promise<void> {
    const answer = await this.#store.ask((store, account) => store.learned(account, model));
    const nanoUsd = answer?.value;
    if (answer !== undefined && (nanoUsd === undefined || Number.isSafeInteger(nanoUsd))) {
      memory.nanoUsd = nanoUsd;
    }
  }

  #makeRoom(): void {
    for (const oldest of this.#memories.keys()) {
      if (this.#memories.size <= MAX_KEPT) {
        break;
      }
      this.#memories.delete(oldest);
    }
  }
}
