import { describe, expect, it } from '@jest/globals';
import { createApiException } from '../../lib/errors/api-exception.factory.js';
import { classifyOpenRouterError, type OpenRouterErrorVerdict } from '../../lib/errors/index.js';
import { scrubShapes } from '../../lib/secret/scrub.js';

/** The `error` of an answer, and the verdict that it has to get in whatever it comes. */
interface Fact {
  readonly name: string;
  readonly error: { readonly code: number; readonly message: string; readonly metadata?: object };
  readonly verdict: Partial<OpenRouterErrorVerdict>;
}

const RESET = '2026-12-01T00:00:00.000Z';

const RELAYED = { kind: 'payment-required', status: 402, isTransient: false } as const;

const relayed = (name: string, metadata: object): Fact => ({
  name,
  error: { code: 402, message: 'Provider returned error', metadata },
  verdict: RELAYED,
});

const RAW = '{"error":{"message":"Insufficient credits","code":402}}';

const FACTS: readonly Fact[] = [
  relayed('a relayed 402, raw JSON as text', { provider_name: 'DeepSeek', is_byok: true, raw: RAW }),
  relayed('a relayed 402, raw JSON', { provider_name: 'DeepSeek', is_byok: false, raw: JSON.parse(RAW) }),
  relayed('a relayed 402, raw text', { provider_name: 'DeepSeek', raw: 'Insufficient credits' }),
  relayed('a relayed 402 without its raw answer', { provider_name: 'DeepSeek' }),
  relayed('a relayed 402 of a provider without a name', { raw: '{"detail":"Payment Required"}' }),
  {
    name: 'a relayed 402 that states its limit',
    error: {
      code: 402,
      message: 'Provider returned error',
      metadata: { provider_name: 'X', raw: RAW, limit_source: 'openrouter_credits' },
    },
    verdict: {
      kind: 'out-of-credits',
      status: 402,
      limitSource: 'openrouter_credits',
      isTransient: false,
    },
  },
  {
    name: 'credits, in OpenRouter’s own words beside a provider',
    error: {
      code: 402,
      message: 'Insufficient credits. Add more using https://openrouter.ai/settings/credits',
      metadata: { provider_name: 'X', is_byok: false },
    },
    verdict: { kind: 'out-of-credits', status: 402, limitSource: 'openrouter_credits' },
  },
  {
    name: 'a key limit with its reset',
    error: {
      code: 402,
      message: 'Refused.',
      metadata: { limit_source: 'openrouter_key_limit', resets_at: RESET },
    },
    verdict: {
      kind: 'key-limit',
      status: 402,
      limitSource: 'openrouter_key_limit',
      resetsAt: new Date(RESET),
      isTransient: false,
    },
  },
  {
    name: 'a workspace’s budget',
    error: {
      code: 403,
      message: 'Refused.',
      metadata: { limit_source: 'openrouter_workspace_budget', resets_at: RESET },
    },
    verdict: { kind: 'budget', status: 403, resetsAt: new Date(RESET), isTransient: false },
  },
  {
    name: 'a key limit, in words',
    error: {
      code: 402,
      message:
        'This request requires more credits, or fewer max_tokens. You requested up to 900 tokens, but can only ' +
        'afford 17. To increase, visit https://openrouter.ai/settings/keys and create a key with a higher monthly limit',
    },
    verdict: {
      kind: 'key-limit',
      status: 402,
      limitSource: 'openrouter_key_limit',
      affordableTokens: 17,
    },
  },
  {
    name: 'the in-flight budget',
    error: {
      code: 402,
      message: 'Refused.',
      metadata: { limit_source: 'openrouter_in_flight_budget', headers: { 'Retry-After': '120' } },
    },
    verdict: { kind: 'in-flight-budget', status: 402, isTransient: true, retryAfterMs: 120_000 },
  },
  {
    name: 'a minute’s limit of a model',
    error: {
      code: 429,
      message: 'Rate limit exceeded: limit_rpm/x/y/0f2c. High demand for x/y.',
      metadata: { headers: { 'X-RateLimit-Reset': String(Date.parse(RESET)) } },
    },
    verdict: { kind: 'rate-limit', status: 429, isTransient: true, resetsAt: new Date(RESET) },
  },
  {
    name: 'a day’s limit of a model',
    error: {
      code: 429,
      message: 'Rate limit exceeded: limit_rpd/x/y/0f2c. High demand for x/y.',
      metadata: { headers: { 'X-RateLimit-Reset': String(Date.parse(RESET)) } },
    },
    verdict: { kind: 'rate-limit', status: 429, isTransient: false, resetsAt: new Date(RESET) },
  },
  {
    name: 'a provider that is overloaded',
    error: { code: 503, message: 'Busy.', metadata: { error_type: 'provider_overloaded' } },
    verdict: { kind: 'upstream', status: 503, isTransient: true },
  },
];

const thrown = (message: string, fields: object): Error => Object.assign(new Error(message), fields);

function quoted(error: object, times: number): object {
  return times === 0
    ? { error }
    : {
        error: {
          message: `Upstream said: ${JSON.stringify(quoted(error, times - 1))}`,
          type: 'None',
          code: 500,
        },
      };
}

const chunk = (more: object): object => ({
  id: 'gen-1',
  object: 'chat.completion.chunk',
  choices: [{ index: 0, delta: { content: '' }, finish_reason: 'error' }],
  ...more,
});

/** Where clients of each kind keep the error. `error` is the member of that name of OpenRouter's answer. */
const SHAPES: Readonly<Record<string, (error: Fact['error']) => unknown>> = {
  'the body': (error) => ({ error, user_id: 'user_1' }),
  'the body as text': (error) => JSON.stringify({ error }),
  'an event of a stream as text': (error) => `data: ${JSON.stringify({ error })}\n\n`,
  'an event of a stream': (error) => ({ event: 'error', data: JSON.stringify({ error }) }),
  'the error alone': (error) => error,
  'openai: the inner error': (error) =>
    thrown(`${error.code} ${error.message}`, { status: error.code, error, code: error.code, headers: {} }),
  'openai in a stream': (error) => thrown(error.message, { status: undefined, error, code: error.code }),
  'openai 7 in a stream: an event as the inner error': (error) =>
    thrown(error.message, { error: { type: 'error', ...error, code: String(error.code) } }),
  'AI SDK: the body as text': (error) =>
    thrown(error.message, { statusCode: error.code, responseBody: JSON.stringify({ error }) }),
  'AI SDK, inside a 200: the inner error': (error) => thrown(error.message, { statusCode: 200, data: error }),
  'AI SDK, inside a 200: the inner error without a status': (error) => thrown(error.message, { data: error }),
  'AI SDK, in a stream: the inner error': (error) =>
    thrown(error.message, { statusCode: error.code, code: error.code, data: { type: null, ...error } }),
  'the inner error as `body`': (error) => thrown('x', { statusCode: 200, body: error }),
  'the inner error as `responseBody`': (error) => thrown('x', { responseBody: JSON.stringify(error) }),
  'AI SDK after retries': (error) => {
    const last = thrown(error.message, { statusCode: error.code, code: error.code, data: error });
    return thrown('Failed after 2 attempts.', {
      reason: 'maxRetriesExceeded',
      errors: [new Error('x'), last],
      lastError: last,
    });
  },
  'a part of the AI SDK’s stream': (error) => ({ type: 'error', error: thrown('x', { data: error }) }),
  'Anthropic: the whole body': (error) =>
    thrown(`${error.code} {}`, { status: error.code, error: { error, user_id: 'user_1' } }),
  'Anthropic: the whole body of its own kind': (error) =>
    thrown(`${error.code} {}`, { status: error.code, error: { type: 'error', error, request_id: 'r' } }),
  'Anthropic in a stream': (error) => thrown('{}', { status: undefined, error: { type: 'error', error } }),
  'request: the whole body as text': (error) =>
    thrown('x', { statusCode: error.code, error: JSON.stringify({ error }) }),
  axios: (error) =>
    thrown('x', { code: 'ERR_BAD_REQUEST', response: { status: error.code, data: { error } } }),
  'axios, as text': (error) =>
    thrown('x', { response: { status: error.code, headers: {}, data: JSON.stringify({ error }) } }),
  'the official SDK: what did not pass its checks': (error) =>
    thrown('Response validation failed', { statusCode: 200, rawValue: { error }, cause: new Error('[]') }),
  'LangChain: ours wrapped': (error) =>
    thrown('x\n\nTroubleshooting URL: https://x', {
      lc_error_code: 'MODEL_RATE_LIMIT',
      cause: thrown('x', { status: error.code, error }),
    }),
  'fetch by hand: the body in the message': (error) =>
    new Error(`OpenRouter answered ${error.code}: ${JSON.stringify({ error })} (sorry)`),
  'a chunk': (error) => chunk({ error }),
  'a chunk as the official SDK has it': (error) => chunk({ error: camelCased(error) }),
  'a choice of a chunk': (error) =>
    chunk({
      choices: [
        { index: 0, delta: {} },
        { index: 1, delta: {}, error },
      ],
    }),
  'a choice of an answer': (error) => ({ object: 'chat.completion', choices: [{ message: {}, error }] }),
  'Responses: failed': (error) => ({ type: 'response.failed', response: { status: 'failed', error } }),
  'Responses: the response itself': (error) => ({ object: 'response', status: 'failed', error, output: [] }),
  'Responses: incomplete by an error': (error) => ({
    type: 'response.incomplete',
    response: { status: 'incomplete', error, incomplete_details: null },
  }),
  'Responses: error': (error) => ({ type: 'error', sequence_number: 3, param: null, ...error }),
  'Responses: error, nested': (error) => ({ type: 'error', sequence_number: 3, error }),
  'Messages: error': (error) => ({ type: 'error', error }),
  'quoted by a gateway': (error) => thrown('x', { status: 500, body: quoted(error, 1) }),
  'quoted by two gateways': (error) => thrown('x', { status: 500, body: JSON.stringify(quoted(error, 2)) }),
  'quoted by a gateway without what is around it': (error) => ({
    status: 502,
    body: { error: { message: JSON.stringify(error), code: 502 } },
  }),
  'quoted in a plain text': (error) => ({
    status: 500,
    body: `Upstream answered ${error.code}: ${JSON.stringify({ error, user_id: 'user_1' })}, giving up`,
  }),
  'an event of a stream as the body': (error) => ({
    status: 200,
    body: `: OPENROUTER PROCESSING\n\ndata: ${JSON.stringify(chunk({ error }))}\n\ndata: [DONE]\n\n`,
  }),
  'quoted as a text': (error) => ({ status: 500, body: { error: JSON.stringify({ error }) } }),
};

function camelCased(value: object): object {
  return Object.fromEntries(
    Object.entries(value).map(([name, member]: [string, unknown]) => [
      name.includes('-') || /^[A-Z]/.test(name)
        ? name
        : name.replace(/_(.)/g, (_all, letter: string) => letter.toUpperCase()),
      typeof member === 'object' && member !== null && name !== 'raw' ? camelCased(member) : member,
    ]),
  );
}

describe.each(FACTS)('$name', ({ error, verdict }) => {
  it.each(Object.entries(SHAPES))('in %s', (_name, shape) => {
    expect(classifyOpenRouterError(shape(error))).toMatchObject(verdict);
  });

  it.each([
    ['as it is', { error }],
    ['quoted', quoted(error, 1)],
    ['quoted twice', quoted(error, 2)],
  ])('in an exception of ours: %s', (_name, body) => {
    const exception = createApiException({
      status: error.code,
      header: () => undefined,
      body: JSON.stringify(body),
      operation: 'x',
      scrub: scrubShapes,
    });
    expect(classifyOpenRouterError(exception)).toMatchObject(verdict);
  });
});

describe('a provider’s money', () => {
  it.each(FACTS.filter(({ verdict }) => verdict === RELAYED))(
    'names no limit of OpenRouter’s: $name',
    (fact) => {
      for (const shape of Object.values(SHAPES)) {
        expect(classifyOpenRouterError(shape(fact.error))).not.toHaveProperty('limitSource');
      }
    },
  );
});
