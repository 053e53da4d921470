import { peek, nonBlankString, wireMember } from '../untrusted/peek.js';
import { type AnswerSource, isInOwnWords } from './parsing/answer-source.js';
import { isVague } from './parsing/error-status.js';
import { isGeneric, isRelayed, reasonIn } from './parsing/relayed-error.js';

/**
 * The limits that are named in `error.metadata.limit_source`, as far as they are known: OpenRouter's, and those of this
 * package, which refuses requests in the same envelope.
 */
export const LIMIT_SOURCES = {
  /** The account's credits do not cover the request. */
  credits: 'openrouter_credits',
  /** The key has spent its own limit. */
  keyLimit: 'openrouter_key_limit',
  /** Requests that still run hold the credits. */
  inFlightBudget: 'openrouter_in_flight_budget',
  guardrailBudget: 'openrouter_guardrail_budget',
  workspaceBudget: 'openrouter_workspace_budget',
  /** The day's requests to `:free` models are used up. */
  freeTierDaily: 'openrouter_free_tier_daily',
  /** A provider's pool that OpenRouter's users share is busy. */
  sharedPool: 'upstream_provider_shared_pool',
  /** The application's meter was not told for whom the money is spent. */
  unattributed: 'application_unattributed',
  /** A rule of the application's `spendLimits` leaves too little. */
  spendLimit: 'application_spend_limit',
  /** The store of the application's `spendLimits` does not answer. */
  spendStore: 'application_spend_store',
} as const;

/** A refusal, as far as it is known. */
interface Refusal {
  /** Every status that it names, the deciding one first. */
  readonly statuses: readonly (number | undefined)[];
  /** OpenRouter's own message. */
  readonly message: string;
  readonly metadata: unknown;
  readonly retryAfterMs: number | undefined;
  /** `availability.retryable` of the refusal, as it came. */
  readonly retryable?: unknown;
  /** Whether another error quotes it, in which case a vague status says nothing. */
  readonly isQuoted?: boolean | undefined;
  /** Whose refusal it is; OpenRouter's, unless it says otherwise. */
  readonly source?: AnswerSource | undefined;
}

const SOURCE_OF_REASON: ReadonlyMap<unknown, string> = new Map([
  ['in_flight_budget_exhausted', LIMIT_SOURCES.inFlightBudget],
  // One request is larger than the whole budget: waiting does not help.
  ['weight_exceeds_budget', LIMIT_SOURCES.credits],
]);

/** OpenRouter's messages about limits that it does not name, by status. The first match counts. */
const KNOWN_MESSAGES: readonly (readonly [readonly number[], RegExp, string])[] = [
  [[402, 403], /\bkey limit exceeded/i, LIMIT_SOURCES.keyLimit],
  [[402], /\bcreate a key with a higher\b/i, LIMIT_SOURCES.keyLimit],
  [[402], /\bin-flight\b/i, LIMIT_SOURCES.inFlightBudget],
  [[402], /\binsufficient credits|\brequires more credits/i, LIMIT_SOURCES.credits],
  [[403], /\bworkspace\b.*\bbudget\b.*\bexceeded/i, LIMIT_SOURCES.workspaceBudget],
  [[403], /\bbudget limit exceeded/i, LIMIT_SOURCES.guardrailBudget],
  [[429], /\bfree-models-per-day\b/i, LIMIT_SOURCES.freeTierDaily],
];

/** Those of the words above that no other service is known to use: they may stand anywhere in a message. */
const DISTINCT =
  /\bcreate a key with a higher\b|\bin-flight budget\b|\brequires more credits, or fewer\b|\bfree-models-per-day\b/i;
/** What may stand before and after a quoted sentence. */
const BEFORE_SENTENCE = /(?:^|[^\p{L}\p{N}\s]|\b[45]\d\d)\s*$/u;
const AFTER_SENTENCE = /^\s*(?:$|[^\p{L}\p{N}\s])/u;

/** A message in which a gateway quotes another answer in a notation of its own. */
const QUOTES_ANSWER = /\{\s*['"]error['"]/;
/** A provider's daily limit for one model, whose name follows. */
const DAILY_LIMIT = /\blimit_rpd\b/i;

/** The limit that a refusal names, or else the one that it is known to come from. Unknown names pass through. */
export function limitSourceOf(refusal: Refusal): string | undefined {
  const { metadata, message, source: told = 'openrouter' } = refusal;
  const source = isInOwnWords(message) && !isGeneric(message) ? 'openrouter' : told;
  return (
    nonBlankString(wireMember(metadata, 'limit_source')) ??
    SOURCE_OF_REASON.get(peek(metadata, 'reason')) ??
    (source === 'elsewhere' ? undefined : sourceOfMessage(refusal, source)) ??
    (source === 'openrouter' ? sourceOfStatus(refusal) : undefined)
  );
}

function sourceOfMessage({ statuses, message, isQuoted }: Refusal, source: AnswerSource): string | undefined {
  // Such a message may be followed by a provider's words, which may be like OpenRouter's.
  if (isGeneric(message)) {
    return undefined;
  }
  const [counts] = statuses;
  const saysAll = isQuoted === true || QUOTES_ANSWER.test(message);
  const isAny = counts === undefined || (saysAll && isVague(counts));
  return KNOWN_MESSAGES.find(
    ([known, pattern]) =>
      (isAny || statuses.some((status) => status !== undefined && known.includes(status))) &&
      (source === 'openrouter' ? pattern.test(message) : isSaidBy(message, pattern)),
  )?.[2];
}

/** Whether the match is a sentence of its own, not part of a sentence about something else. */
function isSaidBy(message: string, pattern: RegExp): boolean {
  const found = pattern.exec(message);
  if (found === null || DISTINCT.test(message)) {
    return found !== null;
  }
  const end = found.index + found[0].length;
  return BEFORE_SENTENCE.test(message.slice(0, found.index)) && AFTER_SENTENCE.test(message.slice(end));
}

function sourceOfStatus({
  statuses,
  message,
  metadata,
  retryAfterMs,
  retryable,
}: Refusal): string | undefined {
  const [status] = statuses;
  if (status === 402 && !isRelayed(message, metadata)) {
    // Of the refusals about money, only the temporary one has a Retry-After.
    if (retryAfterMs !== undefined && retryable !== false) {
      return LIMIT_SOURCES.inFlightBudget;
    }
    return retryable === true ? undefined : LIMIT_SOURCES.credits;
  }
  if (status === 429 && wireMember(metadata, 'is_byok') !== true) {
    const said = `${message} ${reasonIn(peek(metadata, 'raw')) ?? ''}`;
    return /\brate-limited upstream\b/i.test(said) ? LIMIT_SOURCES.sharedPool : undefined;
  }
  return undefined;
}

/** Whether a daily limit was hit, so that waiting a moment does not help. */
export function isDailyLimit(status: number | undefined, message: string): boolean {
  return (status === undefined || status === 429) && DAILY_LIMIT.test(message);
}

/** Whether a 402 is temporary: OpenRouter says when to come back, and credits are not what is missing. */
export function isPassingRefusal(limitSource: string | undefined, retryAfterMs: number | undefined): boolean {
  return (
    limitSource === LIMIT_SOURCES.inFlightBudget ||
    (retryAfterMs !== undefined &&
      limitSource !== LIMIT_SOURCES.credits &&
      limitSource !== LIMIT_SOURCES.keyLimit)
  );
}
