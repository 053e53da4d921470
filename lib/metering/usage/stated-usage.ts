import { sumUsd } from '../../money/usd.js';
import type { ResolvedMeteringOptions } from '../../options/openrouter-options.js';
import { isRecord, ownMember } from '../../untrusted/is-record.js';
import { GENERATION_ID_PATTERN, isMatching } from '../../wire/identifiers.js';
import type { CompletionUsage } from '../completion/open-completion.js';

/** Which costs count where a provider key of the user's own was used: OpenRouter's fee, or the provider's bill as well. */
export type ByokCost = ResolvedMeteringOptions['byok'];

type Wire = Readonly<Record<string, unknown>>;

/** What OpenRouter's own ids of generations begin with. The ids of `/responses` and `/messages` are no generations. */
const GENERATION_PREFIX = 'gen-';
const MAX_NAME_LENGTH = 200;

/** Events at the beginning of an answer, whose usage is not that of the whole answer. */
const BEGINNINGS: readonly unknown[] = ['message_start', 'response.created', 'response.in_progress'];

/**
 * What an answer, or an event of a stream, states about its cost; `undefined` if nothing. Never throws, whatever the
 * value is.
 *
 * @param value - Parsed JSON: an answer of any endpoint, or the data of one event.
 */
export function statedUsage(value: unknown, byok: ByokCost): CompletionUsage | undefined {
  if (!isRecord(value)) {
    return undefined;
  }
  const holder = holderOf(value);
  const usage = recordMember(holder, 'usage') ?? {};
  const isByok = ownMember(usage, 'is_byok') === true;
  const stated: CompletionUsage = {
    usd: BEGINNINGS.includes(ownMember(value, 'type'))
      ? undefined
      : costOf(usage, isByok && byok === 'total'),
    generationId: generationIdOf(value) ?? generationIdOf(holder),
    model: nameIn(holder, 'model'),
    provider: nameIn(holder, 'provider'),
    promptTokens: tokensIn(usage, 'prompt_tokens') ?? tokensIn(usage, 'input_tokens'),
    completionTokens: tokensIn(usage, 'completion_tokens') ?? tokensIn(usage, 'output_tokens'),
    isByok,
  };
  return isByok || Object.values(stated).some((member) => member !== undefined && member !== false)
    ? stated
    : undefined;
}

/**
 * The error that an answer or an event contains, in OpenRouter's envelope and without the rest of the answer; `undefined`
 * if there is none.
 */
export function statedError(value: unknown): { readonly error: unknown } | undefined {
  if (!isRecord(value)) {
    return undefined;
  }
  const error =
    errorIn(value) ?? errorIn(holderOf(value)) ?? errorOfChoices(value) ?? errorOfEvent(value) ?? undefined;
  return error === undefined ? undefined : { error };
}

/** The object that has `usage`: an event of `/responses` or `/messages` has the answer as a member. */
function holderOf(value: Wire): Wire {
  return recordMember(value, 'response') ?? recordMember(value, 'message') ?? value;
}

function costOf(usage: Wire, isTotal: boolean): number | undefined {
  const cost = amountIn(usage, 'cost');
  if (cost === undefined || !isTotal) {
    return cost;
  }
  const upstream = amountIn(recordMember(usage, 'cost_details') ?? {}, 'upstream_inference_cost');
  return upstream === undefined ? undefined : sumUsd([cost, upstream]);
}

function errorIn(holder: Wire): unknown {
  const error = ownMember(holder, 'error');
  return isRecord(error) || (typeof error === 'string' && error !== '') ? error : undefined;
}

/** A provider that fails in the middle of an answer: its error is that of the choice. */
function errorOfChoices(value: Wire): unknown {
  const choices = ownMember(value, 'choices');
  if (!Array.isArray(choices)) {
    return undefined;
  }
  for (const choice of choices as unknown[]) {
    const error = isRecord(choice) ? errorIn(choice) : undefined;
    if (error !== undefined) {
      return error;
    }
    if (isRecord(choice) && ownMember(choice, 'finish_reason') === 'error') {
      return { message: 'The provider ended the answer with an error.' };
    }
  }
  return undefined;
}

/** The event `error` of `/responses` has its members at the top. */
function errorOfEvent(value: Wire): unknown {
  return ownMember(value, 'type') === 'error'
    ? { code: ownMember(value, 'code'), message: ownMember(value, 'message') }
    : undefined;
}

function generationIdOf(holder: Wire): string | undefined {
  return [ownMember(holder, 'generation_id'), ownMember(holder, 'id')].find(
    (id): id is string => isMatching(id, GENERATION_ID_PATTERN) && id.startsWith(GENERATION_PREFIX),
  );
}

function recordMember(record: Wire, name: string): Wire | undefined {
  const member = ownMember(record, name);
  return isRecord(member) ? member : undefined;
}

function nameIn(record: Wire, name: string): string | undefined {
  const member = ownMember(record, name);
  return typeof member === 'string' && member !== '' && member.length <= MAX_NAME_LENGTH ? member : undefined;
}

function amountIn(record: Wire, name: string): number | undefined {
  const member = ownMember(record, name);
  return typeof member === 'number' && Number.isFinite(member) && member >= 0 ? member : undefined;
}

function tokensIn(record: Wire, name: string): number | undefined {
  const member = ownMember(record, name);
  return typeof member === 'number' && Number.isSafeInteger(member) && member >= 0 ? member : undefined;
}
