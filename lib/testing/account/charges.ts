import type { Generation } from './generations.js';

/** The bill of one completion, as {@link OpenRouterSandbox.charges} lists it. */
export interface SandboxCharge {
  /** `gen-…`, as in the header `X-Generation-Id` of the answer. */
  readonly generationId: string;
  /** US dollars, a whole number of nano-dollars; 0 if nothing was charged. */
  readonly usd: number;
  /** The model that the request named; `openai/gpt-4.1` if it named none. */
  readonly model: string;
  /** Hash of the inference key that pays. */
  readonly keyHash: string;
  /** The end user whom the request named; `undefined` if it named none. */
  readonly user: string | undefined;
  /** When the completion ended, which is when it was charged. */
  readonly at: Date;
  /** Whether it is a stream that its client left, or whose connection was cut, before its end. */
  readonly isCancelled: boolean;
}

export function chargeOf({
  id,
  cost,
  model,
  key,
  externalUser,
  endedAt,
  isCancelled,
}: Generation): SandboxCharge {
  return Object.freeze({
    generationId: id,
    usd: cost,
    model,
    keyHash: key.hash,
    user: externalUser ?? undefined,
    at: endedAt,
    isCancelled,
  });
}
