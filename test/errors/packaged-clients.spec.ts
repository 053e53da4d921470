import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { classifyOpenRouterError, type OpenRouterErrorVerdict } from '../../lib/errors/index.js';
import { OpenRouterSandbox } from '../../lib/testing/index.js';
import { withoutKeyInEnvironment } from '../support/environment.js';
import { leaksIn } from '../support/leaks.js';
import { API_KEY, cleanUp, startServer } from '../support/servers.js';
import { type ClientOutcome, outcomeOf, PACKAGED_CLIENTS, skipReason } from './clients.js';

interface Answer {
  readonly name: string;
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly error: {
    readonly code?: number | string;
    readonly message: string;
    readonly [more: string]: unknown;
  };
  readonly verdict: Partial<OpenRouterErrorVerdict>;
}

const RESET = '2026-12-01T00:00:00.000Z';

const ANSWERS: readonly Answer[] = [
  {
    name: 'a provider’s 402',
    status: 402,
    error: {
      code: 402,
      message: 'Provider returned error',
      metadata: {
        provider_name: 'DeepSeek',
        is_byok: true,
        raw: '{"error":{"message":"Insufficient Balance","code":"invalid_request_error"}}',
      },
    },
    verdict: {
      kind: 'payment-required',
      status: 402,
      isTransient: false,
      message: 'Provider returned error (DeepSeek): Insufficient Balance',
    },
  },
  {
    name: 'a key limit',
    status: 402,
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
      message: 'Refused.',
    },
  },
  {
    name: 'a budget',
    status: 403,
    error: {
      code: 403,
      message: 'Refused.',
      metadata: { limit_source: 'openrouter_workspace_budget', resets_at: RESET },
    },
    verdict: {
      kind: 'budget',
      status: 403,
      limitSource: 'openrouter_workspace_budget',
      resetsAt: new Date(RESET),
      isTransient: false,
      message: 'Refused.',
    },
  },
  {
    name: 'the in-flight budget',
    status: 402,
    headers: { 'retry-after': '120' },
    error: { code: 402, message: 'Refused.', metadata: { limit_source: 'openrouter_in_flight_budget' } },
    verdict: {
      kind: 'in-flight-budget',
      status: 402,
      limitSource: 'openrouter_in_flight_budget',
      retryAfterMs: 120_000,
      isTransient: true,
      message: 'Refused.',
    },
  },
  {
    name: 'a day’s limit of a model',
    status: 429,
    headers: { 'x-ratelimit-reset': String(Date.parse(RESET)), 'retry-after-ms': '1' },
    error: { code: 429, message: 'Rate limit exceeded: limit_rpd/x/y/1.' },
    verdict: {
      kind: 'rate-limit',
      status: 429,
      resetsAt: new Date(RESET),
      isTransient: false,
      message: 'Rate limit exceeded: limit_rpd/x/y/1.',
    },
  },
  {
    name: 'an availability',
    status: 503,
    headers: { 'retry-after-ms': '1' },
    error: {
      message: 'Not here.',
      error_type: 'provider_overloaded',
      http_status: 503,
      availability: { retryable: false, retry_after: 9 },
    },
    verdict: {
      kind: 'upstream',
      status: 503,
      retryAfterMs: 9_000,
      isTransient: false,
      message: 'Not here.',
    },
  },
  {
    name: 'an answer that a gateway quotes',
    status: 402,
    error: {
      code: '402',
      message: `OpenrouterException - ${JSON.stringify({
        error: {
          code: 402,
          message: 'This request requires more credits. Create a key with a higher monthly limit',
          metadata: { resets_at: RESET },
        },
        user_id: 'user_2abcDEFghi',
      })}`,
    },
    verdict: {
      kind: 'key-limit',
      status: 402,
      limitSource: 'openrouter_key_limit',
      resetsAt: new Date(RESET),
      isTransient: false,
      message: 'This request requires more credits. Create a key with a higher monthly limit',
    },
  },
];

let putKeyBack: () => void;
let sandbox: OpenRouterSandbox;

beforeAll(async () => {
  putKeyBack = withoutKeyInEnvironment();
  sandbox = await OpenRouterSandbox.start();
});

afterAll(async () => {
  putKeyBack();
  await sandbox.stop();
});

afterEach(async () => {
  sandbox.clearFailures();
  await cleanUp();
});

/** A server that answers every request with these events. */
async function streaming(...events: object[]): Promise<string> {
  const { baseUrl } = await startServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const event of events) {
      const { type } = event as { type?: string };
      response.write(`${type === undefined ? '' : `event: ${type}\n`}data: ${JSON.stringify(event)}\n\n`);
    }
    response.end('data: [DONE]\n\n');
  });
  return baseUrl;
}

function chunkWith(error: object | undefined, choice: object = {}): object {
  return {
    id: 'gen-1',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'x/y',
    ...(error !== undefined && { error }),
    choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: 'error', ...choice }],
  };
}

/** What an application can hand on: what was thrown, or the last part of a stream. */
function handedOn({ thrown, value }: ClientOutcome): unknown {
  return thrown ?? (Array.isArray(value) ? (value.at(-1) as unknown) : value);
}

for (const client of PACKAGED_CLIENTS) {
  const reason = skipReason(client);
  const describeClient = reason === undefined ? describe : describe.skip;
  const { name, complete, stream } = client;
  const isOpenAi = name.startsWith('openai') || name.startsWith('@langchain');
  const isResponses = name.endsWith('Responses');
  const isMessages = name === '@anthropic-ai/sdk';

  describeClient(`${name}${reason === undefined ? '' : ` (${reason})`}`, () => {
    it.each(ANSWERS)('throws what is read as $name', async ({ status, headers, error, verdict }) => {
      for (const call of [complete, stream]) {
        sandbox.failNext({ status, headers, body: { error, user_id: 'user_2abcDEFghi' }, times: 2 });
        const { thrown } = await outcomeOf(call(sandbox.baseUrl));
        sandbox.clearFailures();
        const told = classifyOpenRouterError(thrown);
        expect(told).toEqual(verdict);
        expect(leaksIn(told, [API_KEY, 'user_2abcDEFghi'])).toEqual([]);
      }
    });

    it('throws or gives what is read as an error inside a success, where it can be read at all', async () => {
      const { error, verdict } = ANSWERS[1]!;
      sandbox.failNext({ status: 200, body: { error } });
      const outcome = await outcomeOf(complete(sandbox.baseUrl));
      if (name === '@langchain/openai') {
        // It looks for the first choice, and falls over what is none.
        expect(outcome.thrown).toMatchObject({ name: 'TypeError' });
        expect(classifyOpenRouterError(outcome.thrown).kind).toBe('unknown');
        return;
      }
      expect('thrown' in outcome).toBe(!isOpenAi && !isMessages);
      expect(classifyOpenRouterError(handedOn(outcome))).toEqual(verdict);
    });

    it('throws or hides an error inside a success where a stream was asked for', async () => {
      const { error, verdict } = ANSWERS[1]!;
      sandbox.failNext({ status: 200, body: { error }, headers: { 'content-type': 'application/json' } });
      const { thrown, value } = await outcomeOf(stream(sandbox.baseUrl));
      if (name === '@openrouter/sdk') {
        expect(classifyOpenRouterError(thrown)).toEqual(verdict);
      } else {
        expect(value).toEqual([]);
      }
    });

    if (isResponses) {
      it.each<[string, object, Partial<OpenRouterErrorVerdict>]>([
        [
          'response.failed',
          {
            type: 'response.failed',
            response: { status: 'failed', error: { code: 'rate_limit_exceeded', message: 'Slow.' } },
          },
          { kind: 'rate-limit', status: 429, isTransient: true, message: 'Slow.' },
        ],
        [
          'response.incomplete',
          {
            type: 'response.incomplete',
            response: { status: 'incomplete', incomplete_details: { reason: 'content_filter' } },
          },
          { kind: 'bad-request', status: 400, isTransient: false },
        ],
        [
          'error',
          { type: 'error', sequence_number: 1, code: 'server_error', message: 'Boom.', param: null },
          { kind: 'upstream', status: 500, isTransient: true, message: 'Boom.' },
        ],
        [
          'error with a type',
          {
            type: 'error',
            sequence_number: 1,
            code: 'server_error',
            message: 'Boom.',
            error_type: 'provider_overloaded',
          },
          { kind: 'upstream', isTransient: true, message: 'Boom.' },
        ],
      ])('hands on an event that is read: %s', async (_name, event, verdict) => {
        const outcome = await outcomeOf(stream(await streaming(event)));
        expect(classifyOpenRouterError(handedOn(outcome))).toMatchObject(verdict);
      });
      return;
    }

    if (isMessages) {
      it('throws what is read as an event of a stream', async () => {
        const error = { type: 'overloaded_error', message: 'Overloaded' };
        const { thrown } = await outcomeOf(stream(await streaming({ type: 'error', error })));
        expect(classifyOpenRouterError(thrown)).toEqual({
          kind: 'upstream',
          status: 529,
          isTransient: true,
          message: 'Overloaded',
        });
      });
      return;
    }

    it.each(ANSWERS.slice(0, 3))('throws what is read as $name in a stream', async ({ error, verdict }) => {
      const baseUrl = await streaming(chunkWith(undefined, { finish_reason: null }), chunkWith(error));
      const { thrown } = await outcomeOf(stream(baseUrl));
      if (name === '@openrouter/sdk') {
        // Its own check of a chunk wants an `error_type` wherever there is metadata, and keeps nothing of what it refuses.
        expect(thrown).toMatchObject({ name: 'ZodError' });
        expect(classifyOpenRouterError(thrown).kind).toBe('unknown');
        return;
      }
      expect(classifyOpenRouterError(thrown)).toEqual(verdict);
    });

    it('throws what is read as a code in words in a stream', async () => {
      const error = {
        code: 'server_error',
        message: 'Gone.',
        metadata: { error_type: 'provider_unavailable' },
      };
      const { thrown } = await outcomeOf(stream(await streaming(chunkWith(error))));
      if (name === '@openrouter/sdk') {
        expect(thrown).toMatchObject({ name: 'ZodError' });
        return;
      }
      expect(classifyOpenRouterError(thrown)).toEqual({
        kind: 'upstream',
        status: 502,
        isTransient: true,
        message: 'Gone.',
      });
    });

    it('hands on the error of a choice, where it does', async () => {
      const error = { code: 429, message: 'Slow.', metadata: { provider_name: 'X' } };
      const outcome = await outcomeOf(stream(await streaming(chunkWith(undefined, { error }))));
      const isKept = name.startsWith('openai');
      expect('thrown' in outcome).toBe(false);
      expect(classifyOpenRouterError(handedOn(outcome)).kind).toBe(isKept ? 'rate-limit' : 'unknown');
    });
  });
}

describe('@openrouter/sdk', () => {
  it('hands on a chunk with an error that has a type', async () => {
    const { stream } = PACKAGED_CLIENTS.find(({ name }) => name === '@openrouter/sdk')!;
    const error = { code: 502, message: 'Gone.', metadata: { error_type: 'provider_unavailable' } };
    const outcome = await outcomeOf(stream(await streaming(chunkWith(error))));
    expect(classifyOpenRouterError(handedOn(outcome))).toEqual({
      kind: 'upstream',
      status: 502,
      isTransient: true,
      message: 'Gone.',
    });
  });
});
