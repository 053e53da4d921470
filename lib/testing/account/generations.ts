import { randomBytes } from 'node:crypto';
import type { AccountKey } from './keys.js';

/** A completion that is under way. */
export interface OpenGeneration {
  readonly id: string;
  readonly createdAt: Date;
  readonly key: AccountKey;
  readonly model: string;
  readonly provider: string;
  readonly apiType: 'completions' | 'embeddings';
  readonly streamed: boolean;
  readonly isByok: boolean;
  /** The id of the generation whose answer the cache repeats; `null` if a provider answers. */
  readonly cachedFrom: string | null;
  readonly promptTokens: number;
  readonly externalUser: string | null;
  readonly origin: string;
  readonly httpReferer: string | null;
  readonly userAgent: string | null;
}

/** A completion that has ended, as `GET /generation` describes it. */
export interface Generation extends OpenGeneration {
  readonly endedAt: Date;
  /** USD. */
  readonly cost: number;
  /** The bill of the provider, in USD, if the owner's own contract with it pays (BYOK). */
  readonly byokCost: number;
  readonly completionTokens: number;
  readonly isCancelled: boolean;
  readonly hasFailed: boolean;
}

export interface GenerationStore {
  add(generation: Generation): void;
  /**
   * Finds a generation only after some requests and some time, since the API stores it with a delay.
   *
   * @param delayMs - From the end of a generation; a cancelled one is found after twice that time.
   */
  ask(id: string, delayMs: number): Generation | undefined;
}

export function createGenerationStore(misses: number): GenerationStore {
  const generations = new Map<string, { generation: Generation; missesLeft: number }>();
  return {
    add: (generation) => {
      generations.set(generation.id, { generation, missesLeft: misses });
    },
    ask: (id, delayMs) => {
      const entry = generations.get(id);
      if (entry === undefined) return undefined;
      const { endedAt, isCancelled } = entry.generation;
      const foundAt = endedAt.getTime() + (isCancelled ? 2 * delayMs : delayMs);
      if (entry.missesLeft === 0 && Date.now() >= foundAt) return entry.generation;
      entry.missesLeft = Math.max(0, entry.missesLeft - 1);
      return undefined;
    },
  };
}

export function newGenerationId(now: Date): string {
  return `gen-${Math.floor(now.getTime() / 1000)}-${randomBytes(10).toString('hex')}`;
}

/** An id that is none of a generation, as bodies of some APIs have. */
export function idOf({ id }: OpenGeneration, prefix: string): string {
  return id.replace(/^gen-\d+-/, prefix);
}
