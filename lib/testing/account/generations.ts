import { randomBytes } from 'node:crypto';
import type { AccountKey } from './keys.js';

/** One completion, as `GET /generation` describes it. */
export interface Generation {
  readonly id: string;
  readonly createdAt: Date;
  readonly key: AccountKey;
  readonly model: string;
  readonly provider: string;
  readonly streamed: boolean;
  /** USD. */
  readonly cost: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly externalUser: string | null;
  readonly origin: string;
  readonly httpReferer: string | null;
  readonly userAgent: string | null;
}

export interface GenerationStore {
  /** Starts a generation. It is found once it has been added. */
  begin(generation: Omit<Generation, 'id' | 'createdAt'>): Generation;
  add(generation: Generation): void;
  /** Finds a new generation only after some requests, since the API stores it with a delay. */
  ask(id: string): Generation | undefined;
}

export function createGenerationStore(misses: number): GenerationStore {
  const generations = new Map<string, { generation: Generation; missesLeft: number }>();
  return {
    begin: (fields) => {
      const createdAt = new Date();
      const id = `gen-${Math.floor(createdAt.getTime() / 1000)}-${randomBytes(10).toString('hex')}`;
      return { ...fields, id, createdAt };
    },
    add: (generation) => {
      generations.set(generation.id, { generation, missesLeft: misses });
    },
    ask: (id) => {
      const entry = generations.get(id);
      if (entry === undefined) return undefined;
      if (entry.missesLeft === 0) return entry.generation;
      entry.missesLeft -= 1;
      return undefined;
    },
  };
}
