import { type CompletionCost, NOBODY } from '../../contracts/completion-cost.js';
import type { SpendClaim } from '../../contracts/spend-store.js';
import type { Generation } from '../../generations/generation.models.js';
import { usageOfGeneration } from '../../generations/generation-usage.js';
import { nanoToUsd } from '../../money/nano-usd.js';
import { readNote } from '../reservations/hold-note.js';
import { costIdOf } from '../reservations/stored-id.js';

/**
 * What a hold whose process has ended without a word has cost: its bill, or what was held if the bill is not known.
 *
 * @param generation - What `/generation` has answered, if it has.
 */
export function costOfFound(
  { hold, admittedAt }: SpendClaim,
  generation: Generation | undefined,
  byok: 'fee' | 'total',
): CompletionCost {
  const { id, generationId, nanoUsd, note } = hold;
  const { scope, model, reservationId } = readNote(note);
  const stated = generation && usageOfGeneration(generation, byok);
  const toldModel = stated?.model ?? model;
  return Object.freeze({
    id: reservationId === undefined ? id : costIdOf(id, reservationId),
    ...(generationId !== undefined && { generationId }),
    usd: stated?.usd ?? nanoToUsd(nanoUsd),
    source: stated?.usd === undefined ? 'hold' : 'generation',
    heldUsd: nanoToUsd(nanoUsd),
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
