import { peek, textOf } from './reading/peek.js';

/** The limits that OpenRouter names in `error.metadata.limit_source`, as far as they are known. */
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
} as const;

/** What is known of a refusal. */
interface Refusal {
  readonly status: number | undefined;
  /** OpenRouter's own message. */
  readonly message: string;
  readonly metadata: unknown;
  readonly retryAfterMs: number | undefined;
}

const SOURCE_OF_REASON: ReadonlyMap<unknown, string> = new Map([
  ['in_flight_budget_exhausted', LIMIT_SOURCES.inFlightBudget],
  // The one request is larger than the whole budget, so that waiting does not help.
  ['weight_exceeds_budget', LIMIT_SOURCES.credits],
]);

/** What OpenRouter says with which status where it does not name the limit. The first match counts. */
const KNOWN_MESSAGES: readonly (readonly [readonly number[], RegExp, string])[] = [
  [[402, 403], /\bkey limit exceeded/i, LIMIT_SOURCES.keyLimit],
  [[402], /\bcreate a key with a higher\b/i, LIMIT_SOURCES.keyLimit],
  [[402], /\bin-flight\b/i, LIMIT_SOURCES.inFlightBudget],
  [[402], /\binsufficient credits|\brequires more credits/i, LIMIT_SOURCES.credits],
  [[403], /\bworkspace\b.*\bbudget\b.*\bexceeded/i, LIMIT_SOURCES.workspaceBudget],
  [[403], /\bbudget limit exceeded/i, LIMIT_SOURCES.guardrailBudget],
  [[429], /\bfree-models-per-day\b/i, LIMIT_SOURCES.freeTierDaily],
];

const LONGEST_RAW = 1_000;

/** The limit that a refusal names, or else the one that it is known to come from; unknown names as they came. */
export function limitSourceOf(refusal: Refusal): string | undefined {
  const { status, message, metadata } = refusal;
  const told = textOf(peek(metadata, 'limit_source')) ?? SOURCE_OF_REASON.get(peek(metadata, 'reason'));
  if (told !== undefined) {
    return told;
  }
  const known = KNOWN_MESSAGES.find(
    ([statuses, pattern]) => (status === undefined || statuses.includes(status)) && pattern.test(message),
  );
  return known?.[2] ?? sourceOfStatus(refusal);
}

function sourceOfStatus({ status, message, metadata, retryAfterMs }: Refusal): string | undefined {
  if (status === 402) {
    // Of the refusals for money, only the one that passes by itself has a Retry-After.
    return retryAfterMs === undefined ? LIMIT_SOURCES.credits : LIMIT_SOURCES.inFlightBudget;
  }
  if (status === 429 && peek(metadata, 'is_byok') !== true) {
    const raw = textOf(peek(metadata, 'raw'))?.slice(0, LONGEST_RAW) ?? '';
    return /\brate-limited upstream\b/i.test(`${message} ${raw}`) ? LIMIT_SOURCES.sharedPool : undefined;
  }
  return undefined;
}

/** Whether a 402 passes by itself: OpenRouter says when to come back, and money is not what is missing. */
export function isPassingRefusal(limitSource: string | undefined, retryAfterMs: number | undefined): boolean {
  return (
    limitSource === LIMIT_SOURCES.inFlightBudget ||
    (retryAfterMs !== undefined &&
      limitSource !== LIMIT_SOURCES.credits &&
      limitSource !== LIMIT_SOURCES.keyLimit)
  );
}
