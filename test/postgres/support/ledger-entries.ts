import type { SpendLedgerEntry } from '../../../lib/contracts/spend-ledger.js';

/** An entry that need not say everything. */
export function entryOf(
  id: string,
  nanoUsd: number | null,
  rest: Partial<SpendLedgerEntry> = {},
): SpendLedgerEntry {
  return {
    id,
    scope: { tenant: 'acme' },
    model: 'openai/gpt-5-mini',
    nanoUsd,
    source: nanoUsd === null ? 'unknown' : 'answer',
    outcome: 'complete',
    isByok: false,
    isStream: false,
    // Older ones would be pruned.
    startedAt: Date.now(),
    durationMs: 200,
    ...rest,
  };
}
