const { MAX_SAFE_INTEGER, MIN_SAFE_INTEGER } = Number;

/**
 * A sum as it is told: the greatest safe integer stands for anything above it. No limit is as great, so that it refuses as
 * the sum does.
 */
export function saturated(nanoUsd: number | bigint): number {
  return Math.max(MIN_SAFE_INTEGER, Math.min(MAX_SAFE_INTEGER, Number(nanoUsd)));
}
