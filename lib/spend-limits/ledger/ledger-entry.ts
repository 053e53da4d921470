import { hash } from 'node:crypto';
import type { CompletionCost, SpendScope } from '../../contracts/completion-cost.js';
import type { SpendLedgerEntry } from '../../contracts/spend-ledger.js';
import { toNanoUsd } from '../../money/nano-usd.js';

const MAX_LENGTH = 200;

const CONTROL_CHARACTERS = /\p{Cc}/gu;

/** Halves of characters, which UTF-8 does not have. */
const LONE_SURROGATES = /\p{Cs}/gu;

/** What was paid under a reservation of the application's own. */
export interface ReservedCost {
  /** See `SpendLedgerEntry.id`. */
  readonly id: string;
  readonly scope: SpendScope;
  /** When it was reserved, in milliseconds since 1970. */
  readonly startedAt: number;
  readonly nanoUsd: number;
}

/**
 * The entry of a completion in the ledger.
 *
 * A database refuses some texts, and would refuse them each time that the entry is sent again. The names of models come
 * from requests and answers, so nothing is known of them.
 */
export function entryOf(cost: CompletionCost): SpendLedgerEntry {
  const { generationId, model, provider, promptTokens, completionTokens, durationMs } = cost;
  return {
    id: idOf(cost.id),
    ...(generationId !== undefined && { generationId: textOf(generationId) }),
    scope: scopeOf(cost.scope),
    ...(model !== undefined && { model: textOf(model) }),
    ...(provider !== undefined && { provider: textOf(provider) }),
    ...(isCount(promptTokens) && { promptTokens }),
    ...(isCount(completionTokens) && { completionTokens }),
    nanoUsd: cost.usd === null ? null : toNanoUsd(cost.usd),
    source: cost.source,
    outcome: cost.outcome,
    isByok: cost.isByok,
    isStream: cost.isStream,
    startedAt: cost.startedAt.getTime(),
    durationMs: Math.max(0, Math.round(durationMs)),
  };
}

/** The entry of a reservation that was committed by hand. */
export function reservedEntry({ id, scope, startedAt, nanoUsd }: ReservedCost): SpendLedgerEntry {
  return {
    id: idOf(id),
    scope: scopeOf(scope),
    nanoUsd,
    source: 'recorded',
    outcome: 'complete',
    isByok: false,
    isStream: false,
    startedAt,
    durationMs: 0,
  };
}

/** An id that the application has chosen may contain anything. */
function idOf(id: string): string {
  return textOf(id) === id ? id : `sha256/${hash('sha256', id)}`;
}

/** A scope as the ledger keeps it. */
export function scopeOf(scope: SpendScope): SpendScope {
  return Object.fromEntries(Object.entries(scope).map(([name, value]) => [name, textOf(value)]));
}

function textOf(text: string): string {
  return text.slice(0, MAX_LENGTH).replace(CONTROL_CHARACTERS, '').replace(LONE_SURROGATES, '\uFFFD');
}

function isCount(value: number | undefined): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
