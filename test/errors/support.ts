import type { OpenRouterErrorVerdict } from '../../lib/errors/index.js';

/** What OpenRouter answers, and the verdict that every client's error has to get for it. */
export interface RefusalCase {
  readonly name: string;
  readonly status: number;
  readonly error: { readonly message: string; readonly metadata?: object };
  readonly headers?: Record<string, string>;
  readonly verdict: Omit<OpenRouterErrorVerdict, 'message' | 'status'>;
}

const RESET = '2026-11-01T00:00:00.000Z';
const RESET_MS = String(Date.parse(RESET));

const named = (limitSource: string, more: object = {}) => ({
  message: 'Refused.',
  metadata: { limit_source: limitSource, ...more },
});

/** Every limit that OpenRouter names, every message by which it is known without a name, and every status. */
export const REFUSALS: readonly RefusalCase[] = [
  {
    name: 'credits, by name',
    status: 402,
    error: named('openrouter_credits'),
    verdict: { kind: 'out-of-credits', limitSource: 'openrouter_credits', isTransient: false },
  },
  {
    name: 'credits, by reason',
    status: 402,
    error: { message: 'Refused.', metadata: { reason: 'weight_exceeds_budget' } },
    headers: { 'retry-after': '5' },
    verdict: {
      kind: 'out-of-credits',
      limitSource: 'openrouter_credits',
      isTransient: false,
      retryAfterMs: 5_000,
    },
  },
  {
    name: 'credits, by message',
    status: 402,
    error: { message: 'Insufficient credits. Add more using https://openrouter.ai/settings/credits' },
    verdict: { kind: 'out-of-credits', limitSource: 'openrouter_credits', isTransient: false },
  },
  {
    name: 'credits that pay fewer tokens',
    status: 402,
    error: {
      message:
        'This request requires more credits, or fewer max_tokens. You requested up to 65536 tokens, but can only ' +
        'afford 30104. To increase, visit https://openrouter.ai/settings/credits and upgrade to a paid account',
    },
    verdict: {
      kind: 'out-of-credits',
      limitSource: 'openrouter_credits',
      isTransient: false,
      affordableTokens: 30_104,
    },
  },
  {
    name: 'credits, by status alone',
    status: 402,
    error: { message: 'No.' },
    verdict: { kind: 'out-of-credits', limitSource: 'openrouter_credits', isTransient: false },
  },
  {
    name: 'a key limit, by name, as 402',
    status: 402,
    error: named('openrouter_key_limit'),
    verdict: { kind: 'key-limit', limitSource: 'openrouter_key_limit', isTransient: false },
  },
  {
    name: 'a key limit, by name, as 403 with a reset',
    status: 403,
    error: named('openrouter_key_limit', { resets_at: RESET }),
    verdict: {
      kind: 'key-limit',
      limitSource: 'openrouter_key_limit',
      isTransient: false,
      resetsAt: new Date(RESET),
    },
  },
  {
    name: 'a key limit, by message',
    status: 403,
    error: {
      message: 'Key limit exceeded (daily limit). Manage it using https://openrouter.ai/settings/keys',
    },
    verdict: { kind: 'key-limit', limitSource: 'openrouter_key_limit', isTransient: false },
  },
  {
    name: 'a key limit that pays fewer tokens',
    status: 402,
    error: {
      message:
        'This request requires more credits, or fewer max_tokens. You requested up to 32,000 tokens, but can only ' +
        'afford 1,204. To increase, visit https://openrouter.ai/settings/keys/01ab and create a key with a higher ' +
        'monthly limit',
    },
    verdict: {
      kind: 'key-limit',
      limitSource: 'openrouter_key_limit',
      isTransient: false,
      affordableTokens: 1_204,
    },
  },
  {
    name: 'the in-flight budget, by name',
    status: 402,
    error: named('openrouter_in_flight_budget', { reason: 'in_flight_budget_exhausted' }),
    headers: { 'retry-after': '120' },
    verdict: {
      kind: 'in-flight-budget',
      limitSource: 'openrouter_in_flight_budget',
      isTransient: true,
      retryAfterMs: 120_000,
    },
  },
  {
    name: 'the in-flight budget, by reason',
    status: 402,
    error: { message: 'Refused.', metadata: { reason: 'in_flight_budget_exhausted' } },
    verdict: { kind: 'in-flight-budget', limitSource: 'openrouter_in_flight_budget', isTransient: true },
  },
  {
    name: 'the in-flight budget, by message',
    status: 402,
    error: {
      message: 'This request would exceed your available credits given your current in-flight requests.',
    },
    verdict: { kind: 'in-flight-budget', limitSource: 'openrouter_in_flight_budget', isTransient: true },
  },
  {
    name: 'the in-flight budget, by Retry-After alone',
    status: 402,
    error: { message: 'No.' },
    headers: { 'retry-after': '7' },
    verdict: {
      kind: 'in-flight-budget',
      limitSource: 'openrouter_in_flight_budget',
      isTransient: true,
      retryAfterMs: 7_000,
    },
  },
  {
    name: 'a limit of tomorrow',
    status: 402,
    error: named('openrouter_moon_budget'),
    verdict: { kind: 'payment-required', limitSource: 'openrouter_moon_budget', isTransient: false },
  },
  {
    name: 'a guardrail’s budget, by name',
    status: 403,
    error: named('openrouter_guardrail_budget', {
      scope: 'key',
      limit_usd: 1,
      spend_usd: 2,
      resets_at: RESET,
    }),
    verdict: {
      kind: 'budget',
      limitSource: 'openrouter_guardrail_budget',
      isTransient: false,
      resetsAt: new Date(RESET),
    },
  },
  {
    name: 'a guardrail’s budget, by message',
    status: 403,
    error: { message: 'API key budget limit exceeded (monthly limit). Contact your org admin.' },
    verdict: { kind: 'budget', limitSource: 'openrouter_guardrail_budget', isTransient: false },
  },
  {
    name: 'a workspace’s budget, by name, for ever',
    status: 403,
    error: named('openrouter_workspace_budget', { resets_at: null }),
    verdict: { kind: 'budget', limitSource: 'openrouter_workspace_budget', isTransient: false },
  },
  {
    name: 'a workspace’s budget, by message',
    status: 403,
    error: { message: 'Workspace monthly budget of $500.00 exceeded. Contact your org admin.' },
    verdict: { kind: 'budget', limitSource: 'openrouter_workspace_budget', isTransient: false },
  },
  {
    name: 'the daily cap of free models, by name',
    status: 429,
    error: named('openrouter_free_tier_daily', { headers: { 'X-RateLimit-Reset': RESET_MS } }),
    verdict: {
      kind: 'free-tier-daily',
      limitSource: 'openrouter_free_tier_daily',
      isTransient: false,
      resetsAt: new Date(RESET),
    },
  },
  {
    name: 'the daily cap of free models, by message',
    status: 429,
    error: {
      message:
        'Rate limit exceeded: free-models-per-day. Add 10 credits to unlock 1000 free model requests per day',
    },
    headers: { 'x-ratelimit-limit': '50', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': RESET_MS },
    verdict: {
      kind: 'free-tier-daily',
      limitSource: 'openrouter_free_tier_daily',
      isTransient: false,
      resetsAt: new Date(RESET),
    },
  },
  {
    name: 'the minute’s cap of free models',
    status: 429,
    error: { message: 'Rate limit exceeded: free-models-per-min.' },
    headers: { 'retry-after': '3' },
    verdict: { kind: 'rate-limit', isTransient: true, retryAfterMs: 3_000 },
  },
  {
    name: 'a busy provider, by name',
    status: 429,
    error: named('upstream_provider_shared_pool', { is_byok: false, retry_after_seconds: 2 }),
    verdict: {
      kind: 'rate-limit',
      limitSource: 'upstream_provider_shared_pool',
      isTransient: true,
      retryAfterMs: 2_000,
    },
  },
  {
    name: 'a busy provider, by its own words',
    status: 429,
    error: {
      message: 'Provider returned error',
      metadata: {
        raw: 'x/y:free is temporarily rate-limited upstream. Please retry shortly.',
        provider_name: 'X',
      },
    },
    verdict: { kind: 'rate-limit', limitSource: 'upstream_provider_shared_pool', isTransient: true },
  },
  {
    name: 'a busy provider with a key of one’s own',
    status: 429,
    error: {
      message: 'Provider returned error',
      metadata: { raw: 'x/y is temporarily rate-limited upstream.', is_byok: true },
    },
    verdict: { kind: 'rate-limit', isTransient: true },
  },
  {
    name: 'the wrong kind of key',
    status: 403,
    error: { message: 'Only management keys can perform this operation' },
    verdict: { kind: 'forbidden', isTransient: false },
  },
  {
    name: 'a flagged prompt',
    status: 403,
    error: { message: 'Flagged', metadata: { reasons: ['violence'], flagged_input: 'x' } },
    verdict: { kind: 'forbidden', isTransient: false },
  },
  ...(
    [
      [400, 'bad-request', false],
      [401, 'unauthorized', false],
      [404, 'not-found', false],
      [408, 'timeout', true],
      [409, 'conflict', false],
      [410, 'gone', false],
      [412, 'bad-request', false],
      [413, 'bad-request', false],
      [422, 'bad-request', false],
      [429, 'rate-limit', true],
      [500, 'upstream', true],
      [502, 'upstream', true],
      [503, 'upstream', true],
      [504, 'timeout', true],
      [524, 'timeout', true],
      [529, 'upstream', true],
    ] as const
  ).map(([status, kind, isTransient]) => ({
    name: String(status),
    status,
    error: { message: `Failed with ${status}` },
    verdict: { kind, isTransient },
  })),
];

/** The body of an answer. */
export function bodyOf({ status, error }: RefusalCase): { error: object; user_id: string } {
  return { error: { code: status, ...error }, user_id: 'user_2abcDEFghi' };
}
