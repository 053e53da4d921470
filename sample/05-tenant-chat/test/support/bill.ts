import type { OpenRouterSandbox } from 'nestjs-openrouter/testing';

/** What a sandbox has billed, exactly, in billionths of a dollar. */
export function billedNanoUsd({ charges }: OpenRouterSandbox): number {
  return charges.reduce((sum, { usd }) => sum + nanoUsd(usd), 0);
}

export function nanoUsd(usd: number): number {
  return Math.round(usd * 1e9);
}
