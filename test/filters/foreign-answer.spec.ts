import { describe, expect, it } from '@jest/globals';
import { classifyOpenRouterError } from '../../lib/errors/error-verdict.js';
import { exceptionOfForeign, ForeignAnswer } from '../../lib/filters/foreign-answer.js';

/** What `@ai-sdk/*` throws for an answer, by its name and its members. */
function apiCallError(more: object): Error {
  return Object.assign(new Error('Refused.'), {
    name: 'AI_APICallError',
    statusCode: 402,
    responseHeaders: { 'content-type': 'application/json' },
    ...more,
  });
}

/** What `openai` throws, where its class has another name after a bundler. */
function openAiError(error: object | undefined, more: object = {}): Error {
  const { code, param, type } = (error ?? {}) as Record<string, unknown>;
  return Object.assign(new Error('402 Refused.'), {
    status: 402,
    headers: new Headers(),
    requestID: null,
    error,
    code,
    param,
    type,
    ...more,
  });
}

const ENVELOPE = { error: { code: 402, message: 'Refused.' } };
const BODY = JSON.stringify(ENVELOPE);
const OURS = 'https://openrouter.ai/api/v1/chat/completions';
const OTHER = 'https://llm.example/api/v1/chat/completions';
const answered = (body: unknown, headers: object = {}) => ({ status: 402, headers, body });

/** An error that wraps itself. */
function circle(): Error {
  const error = new Error('no');
  return Object.assign(error, { cause: error });
}

describe('exceptionOfForeign', () => {
  it.each<[string, unknown]>([
    ['the AI SDK, at OpenRouter', apiCallError({ url: OURS })],
    ['the AI SDK, in a region', apiCallError({ url: OURS.replace('//', '//eu.') })],
    ['the AI SDK, without an address', apiCallError({ responseBody: BODY })],
    [
      'the AI SDK, by its headers',
      apiCallError({ url: OTHER, responseHeaders: { 'X-Generation-Id': 'gen-1' } }),
    ],
    [
      'the AI SDK, after retries',
      Object.assign(new Error('Failed after 3 attempts.'), {
        name: 'AI_RetryError',
        errors: [apiCallError({ url: OURS })],
        lastError: apiCallError({ url: OURS }),
      }),
    ],
    ['openai', openAiError(ENVELOPE.error)],
    ['openai, a page at OpenRouter', openAiError(undefined, { headers: [['x-generation-id', 'gen-1']] })],
    ['gaxios', { status: 402, config: { url: new URL(OURS) }, response: { status: 402 } }],
    ['ky', { name: 'HTTPError', response: { status: 402, url: OURS, headers: new Headers() } }],
    ['got', { response: { statusCode: 402, requestUrl: OURS, headers: {} } }],
    [
      'an answer of fetch, by its headers',
      new Response('', { status: 402, headers: { 'x-generation-id': 'g' } }),
    ],
    [
      'an answer, by what browsers may read',
      answered('', { 'access-control-expose-headers': 'X-Generation-Id, X-Provider-Name' }),
    ],
    ['an answer, by the account', answered({ ...ENVELOPE, user_id: 'user_2abc' })],
    ['an answer, by the account of an organisation', answered({ ...ENVELOPE, user_id: 'org_2abc' })],
    [
      'an answer, by its words',
      answered({ error: { code: 402, message: 'See https://openrouter.ai/credits' } }),
    ],
    ...['limit_source', 'provider_name', 'is_byok', 'remedy_hint', 'error_type'].map<[string, unknown]>(
      (name) => [
        `an answer, by ${name}`,
        answered({ error: { ...ENVELOPE.error, metadata: { [name]: 'x' } } }),
      ],
    ),
    ['a chunk of a stream', { ...ENVELOPE, id: 'gen-1', choices: [] }],
    ['several errors', new AggregateError([new Error('no'), openAiError(ENVELOPE.error)])],
  ])('is a 402 of %s', (_client, error) => {
    expect(exceptionOfForeign(error)).toMatchObject({
      name: 'OpenRouterPaymentRequiredException',
      status: 402,
      operation: 'another client',
    });
    expect(error instanceof ForeignAnswer).toBe(true);
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a text', OURS],
    ['a function', () => OURS],
    ['the AI SDK, elsewhere', apiCallError({ url: OTHER, responseBody: BODY })],
    ['the AI SDK, without an answer', apiCallError({ url: OURS, statusCode: undefined })],
    ['the AI SDK, a redirect', apiCallError({ url: OURS, statusCode: 302 })],
    ['the AI SDK, a success', apiCallError({ url: OURS, statusCode: 200 })],
    ['openai, without a body', openAiError(undefined)],
    ['openai, without a number', openAiError({ message: 'no', code: 'insufficient_quota' })],
    ['openai, with a number beyond every status', openAiError({ message: 'no', code: 1_402 })],
    ['openai, with more than OpenRouter sends', openAiError({ ...ENVELOPE.error, type: 'x', param: null })],
    ['an address of ours in another one', apiCallError({ url: `https://evil.example/?u=${OURS}` })],
    ['a name that ends like ours', apiCallError({ url: OURS.replace('//', '//not') })],
    ['an address that is none', apiCallError({ url: 'openrouter.ai' })],
    ['an envelope of anybody', answered(ENVELOPE)],
    ['an envelope with an account of anybody', answered({ ...ENVELOPE, user_id: 7 })],
    ['metadata of anybody', answered({ error: { ...ENVELOPE.error, metadata: { reason: 'x' } } })],
    ['an error that wraps itself', circle()],
    [
      'a class with the name of the official one, and no answer',
      new (class OpenRouterError extends Error {})('no'),
    ],
  ])('is nothing of %s', (_client, error) => {
    expect(exceptionOfForeign(error)).toBeUndefined();
    expect((error as object) instanceof ForeignAnswer).toBe(false);
  });

  it('is nothing of what cannot be looked at', () => {
    const { proxy, revoke } = Proxy.revocable(new Error('no'), {});
    revoke();
    const trapped = new Proxy(new Error('no'), {
      get: () => {
        throw new Error('not to be read');
      },
      getPrototypeOf: () => {
        throw new Error('not to be read');
      },
      has: () => {
        throw new Error('not to be read');
      },
    });
    for (const error of [proxy, trapped]) {
      expect(exceptionOfForeign(error)).toBeUndefined();
      expect(error instanceof ForeignAnswer).toBe(false);
    }
  });

  it.each<[string, object]>([
    ['ky', { name: 'HTTPError', response: { status: 402, url: OURS, headers: new Headers() } }],
    ['the AI SDK', apiCallError({ url: OURS })],
  ])('gets the same verdict as the error that it is of, where that has no body: %s', (_name, error) => {
    const exception = exceptionOfForeign(error);
    expect(exception).toMatchObject({ status: 402, code: 'OPENROUTER_PAYMENT_REQUIRED' });
    for (const told of [error, exception]) {
      expect(classifyOpenRouterError(told)).toMatchObject({ kind: 'payment-required', isTransient: false });
    }
  });

  it('keeps what the answer says, and nothing of the request', () => {
    const key = `sk-or-v1-${'ab12'.repeat(16)}`;
    const exception = exceptionOfForeign(
      apiCallError({
        url: OURS,
        statusCode: 403,
        requestBodyValues: { messages: [{ role: 'user', content: 'a secret prompt' }] },
        responseHeaders: { 'retry-after': '3', 'cf-ray': 'ray-1' },
        responseBody: JSON.stringify({
          error: {
            code: 403,
            message: `Budget limit exceeded for ${key}`,
            metadata: {
              limit_source: 'openrouter_workspace_budget',
              resets_at: '2026-12-01T00:00:00.000Z',
              user_id: 'user_1',
              raw: key,
            },
          },
        }),
      }),
    );
    expect(exception).toMatchObject({
      name: 'OpenRouterForbiddenException',
      message: expect.stringContaining('Budget limit exceeded for [redacted]'),
      limitSource: 'openrouter_workspace_budget',
      resetsAt: new Date('2026-12-01T00:00:00.000Z'),
      retryAfterMs: 3_000,
      requestId: 'ray-1',
      metadata: { limit_source: 'openrouter_workspace_budget', raw: '[redacted]' },
    });
    expect(JSON.stringify(exception)).not.toMatch(/sk-or|user_1|secret prompt/);
    expect(exception).not.toHaveProperty('cause');
  });
});
