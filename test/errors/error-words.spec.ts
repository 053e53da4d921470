import { describe, expect, it } from '@jest/globals';
import { ApiErrorType, CodeEnum } from '@openrouter/sdk/models';
import { createApiException } from '../../lib/errors/api-exception.factory.js';
import { classifyOpenRouterError, type OpenRouterErrorKind } from '../../lib/errors/index.js';
import { scrubShapes } from '../../lib/secret/scrub.js';

type Row = readonly [string, number, OpenRouterErrorKind, boolean];

/** The documented types with their statuses. */
const TYPES: readonly Row[] = [
  ['context_length_exceeded', 400, 'bad-request', false],
  ['max_tokens_exceeded', 400, 'bad-request', false],
  ['token_limit_exceeded', 400, 'bad-request', false],
  ['string_too_long', 400, 'bad-request', false],
  ['invalid_request', 400, 'bad-request', false],
  ['invalid_prompt', 400, 'bad-request', false],
  ['content_policy_violation', 400, 'bad-request', false],
  ['refusal', 400, 'bad-request', false],
  ['invalid_image', 400, 'bad-request', false],
  ['image_too_large', 400, 'bad-request', false],
  ['image_too_small', 400, 'bad-request', false],
  ['unsupported_image_format', 400, 'bad-request', false],
  ['image_download_failed', 400, 'bad-request', false],
  ['authentication', 401, 'unauthorized', false],
  ['payment_required', 402, 'out-of-credits', false],
  ['permission_denied', 403, 'forbidden', false],
  ['not_found', 404, 'not-found', false],
  ['image_not_found', 404, 'not-found', false],
  ['precondition_failed', 412, 'bad-request', false],
  ['payload_too_large', 413, 'bad-request', false],
  ['unprocessable', 422, 'bad-request', false],
  ['rate_limit_exceeded', 429, 'rate-limit', true],
  ['server', 500, 'upstream', true],
  ['unmapped', 500, 'upstream', true],
  ['provider_unavailable', 502, 'upstream', true],
  ['provider_overloaded', 503, 'upstream', true],
  ['timeout', 504, 'timeout', true],
];

/** Some codes of the Responses API. */
const CODES: readonly Row[] = [
  ['server_error', 500, 'upstream', true],
  ['rate_limit_exceeded', 429, 'rate-limit', true],
  ['invalid_prompt', 400, 'bad-request', false],
  ['vector_store_timeout', 504, 'timeout', true],
  ['image_file_not_found', 404, 'not-found', false],
];

/** The types of the Messages API. */
const ENVELOPE_TYPES: readonly Row[] = [
  ['invalid_request_error', 400, 'bad-request', false],
  ['authentication_error', 401, 'unauthorized', false],
  ['billing_error', 402, 'out-of-credits', false],
  ['permission_error', 403, 'forbidden', false],
  ['not_found_error', 404, 'not-found', false],
  ['request_too_large', 413, 'bad-request', false],
  ['rate_limit_error', 429, 'rate-limit', true],
  ['api_error', 500, 'upstream', true],
  ['timeout_error', 504, 'timeout', true],
  ['overloaded_error', 529, 'upstream', true],
];

const verdictOf = classifyOpenRouterError;

describe('an error_type gives the status where none is', () => {
  it('gives it for each that the official SDK knows', () => {
    expect(TYPES.map(([type]) => type).sort()).toEqual(Object.values(ApiErrorType).sort());
  });

  it.each(TYPES)('%s is %i', (type, status, kind, isTransient) => {
    const expected = { kind, status, isTransient };
    for (const content of [
      { error: { message: 'x', metadata: { error_type: type } } },
      { error: { message: 'x', error_type: type } },
      { error: { message: 'x', errorType: type } },
      { error: { message: 'x' }, error_type: type },
      { error: { error_type: type } },
      { type: 'error', error: { message: 'x' }, error_type: type },
      { error_type: type, message: 'x' },
      { error_type: type },
      { id: 'gen-1', choices: [{ delta: {}, finish_reason: 'error' }], error_type: type },
      { id: 'gen-1', choices: [{ delta: {}, finish_reason: 'error', error_type: type }] },
      { choices: [{ error: { message: 'x', metadata: { error_type: type } } }] },
      { type: 'response.failed', response: { error: { code: 'odd', message: 'x' } }, error_type: type },
      { type: 'response.failed', response: { status: 'failed', error: null, error_type: type } },
      { error: { code: type, message: 'x' } },
      { error: { code: 'server_error', message: 'x', metadata: { error_type: type } } },
    ]) {
      expect(verdictOf(content)).toMatchObject(expected);
      expect(verdictOf({ status: 200, body: JSON.stringify(content) })).toMatchObject(expected);
    }
  });

  it.each(TYPES)('%s in an exception of ours', (type, status, kind, isTransient) => {
    const exception = createApiException({
      status: 500,
      header: () => undefined,
      body: JSON.stringify({ error: { code: 500, message: 'x', error_type: type } }),
      operation: 'x',
      scrub: scrubShapes,
    });
    expect(exception).toMatchObject({ status: 500, errorType: type });
    expect(exception.errorStatus).toBe(kind === 'upstream' ? undefined : status);
    expect(verdictOf(exception)).toMatchObject({ kind, isTransient });
  });
});

describe('a code in words', () => {
  it('is known where the official SDK knows it, but for one that is of no status', () => {
    const unknown = Object.values(CodeEnum).filter(
      (code) => verdictOf({ error: { code, message: 'x' } }).kind === 'unknown',
    );
    expect(unknown).toEqual(['data_residency_mismatch']);
  });

  it.each(CODES)('%s is %i', (code, status, kind, isTransient) => {
    for (const content of [
      { error: { code, message: 'x' } },
      { error: { code, message: 'x' }, metadata: null },
      { code, message: 'x' },
      { type: 'error', code, message: 'x', param: null, sequence_number: 1 },
      { type: 'error', code, message: 'x', param: null, sequenceNumber: 1 },
      { type: 'response.failed', response: { id: 'r', status: 'failed', error: { code, message: 'x' } } },
      { type: 'response.error', error: { code, message: 'x' } },
      { object: 'response', status: 'failed', error: { code, message: 'x' } },
      { choices: [{ finish_reason: 'error', error: { code, message: 'x' } }] },
      Object.assign(new Error('x'), { error: { code, message: 'x' }, code, status: undefined }),
      Object.assign(new Error('x'), { data: { code, message: 'x' }, code, statusCode: undefined }),
    ]) {
      expect(verdictOf(content)).toMatchObject({ kind, status, isTransient });
    }
  });
});

describe('an error of the Messages API', () => {
  it.each(ENVELOPE_TYPES)('%s is %i', (type, status, kind, isTransient) => {
    const body = { type: 'error', error: { type, message: 'Said so.' }, request_id: 'r' };
    for (const content of [
      body,
      JSON.stringify(body),
      body.error,
      Object.assign(new Error('x'), { status: undefined, error: body, type }),
      Object.assign(new Error('x'), { status: 200, error: body, type }),
      { status: 200, body },
    ]) {
      expect(verdictOf(content)).toMatchObject({ kind, status, isTransient, message: 'Said so.' });
    }
  });

  it('is what the body says beside its type', () => {
    expect(
      verdictOf({
        type: 'error',
        error: {
          type: 'permission_error',
          message: 'No.',
          metadata: { limit_source: 'openrouter_key_limit', resets_at: '2026-12-01T00:00:00Z' },
        },
      }),
    ).toMatchObject({ kind: 'key-limit', status: 403, resetsAt: new Date('2026-12-01T00:00:00Z') });
  });
});

describe('a response that is incomplete', () => {
  it.each<[string, OpenRouterErrorKind, number | undefined]>([
    ['max_output_tokens', 'bad-request', 400],
    ['content_filter', 'bad-request', 400],
    ['moonshine', 'unknown', undefined],
  ])('%s', (reason, kind, status) => {
    const response = {
      object: 'response',
      status: 'incomplete',
      error: null,
      incomplete_details: { reason },
    };
    for (const content of [
      response,
      { type: 'response.incomplete', response },
      { type: 'response.incomplete', response: { status: 'incomplete', incompleteDetails: { reason } } },
    ]) {
      const verdict = verdictOf(content);
      expect(verdict).toMatchObject({
        kind,
        isTransient: false,
        message: `The response is incomplete: ${reason}.`,
      });
      expect(verdict.status).toBe(status);
    }
  });
});

describe('the status that counts', () => {
  it.each<[string, object, OpenRouterErrorKind, number]>([
    [
      'a type over 500',
      { status: 500, error: { code: 500, error_type: 'rate_limit_exceeded' } },
      'rate-limit',
      429,
    ],
    [
      'a type over 502',
      { status: 502, error: { code: 502, error_type: 'payment_required' } },
      'out-of-credits',
      402,
    ],
    [
      'a type over 400',
      { status: 400, error: { code: 400, error_type: 'provider_overloaded' } },
      'upstream',
      503,
    ],
    ['a type over 503', { status: 503, error: { code: 503, error_type: 'timeout' } }, 'timeout', 504],
    [
      'a type over a code inside a success',
      { error: { code: 500, error_type: 'not_found' } },
      'not-found',
      404,
    ],
    [
      'a provider that is not there',
      { status: 404, error: { error_type: 'provider_unavailable' } },
      'upstream',
      502,
    ],
    [
      'an exact status over a type',
      { status: 402, error: { error_type: 'token_limit_exceeded' } },
      'out-of-credits',
      402,
    ],
    [
      '404 over a type that says less',
      { status: 404, error: { error_type: 'invalid_request' } },
      'not-found',
      404,
    ],
    ['a status over no type', { status: 400, error: { error_type: 'unmapped' } }, 'bad-request', 400],
    ['a status of the same kind', { status: 524, error: { error_type: 'timeout' } }, 'timeout', 524],
    [
      'a status over a type that nobody knows',
      { status: 403, error: { error_type: 'moonshine' } },
      'forbidden',
      403,
    ],
    ['an exact code over 500', { status: 500, error: { code: 402, message: 'x' } }, 'out-of-credits', 402],
    [
      'an exact code as text over 400',
      { status: 400, error: { code: '429', message: 'x' } },
      'rate-limit',
      429,
    ],
    [
      'an exact status over a code',
      { status: 402, error: { code: 500, message: 'x' } },
      'out-of-credits',
      402,
    ],
    ['http_status', { error: { message: 'x', http_status: 503 } }, 'upstream', 503],
  ])('%s', (_name, content, kind, status) => {
    const { status: http, ...body } = content as { status?: number };
    for (const error of [
      { status: http, body },
      { status: http, body: JSON.stringify(body) },
    ]) {
      expect(verdictOf(error)).toMatchObject({ kind, status });
    }
    if (http !== undefined) {
      const exception = createApiException({
        status: http,
        header: () => undefined,
        body: JSON.stringify(body),
        operation: 'x',
        scrub: scrubShapes,
      });
      expect(exception.status).toBe(http);
      expect(verdictOf(exception)).toMatchObject({ kind, status });
    }
  });
});

describe('availability', () => {
  const body = (availability: object, more: object = {}): object => ({
    error: { message: 'x', error_type: 'provider_unavailable', http_status: 503, availability, ...more },
  });

  it.each<[string, number, object, Record<string, string>, boolean, number | undefined]>([
    ['no, over a status that passes', 503, body({ retryable: false }), {}, false, undefined],
    ['no, over Retry-After', 503, body({ retryable: false }), { 'retry-after': '3' }, false, 3_000],
    ['yes, over a status that does not', 404, body({ retryable: true, retry_after: 7 }), {}, true, 7_000],
    [
      'its wait over the header',
      503,
      body({ retryable: true, retry_after: 7 }),
      { 'retry-after': '3' },
      true,
      7_000,
    ],
    ['its wait as text', 503, body({ retryable: true, retry_after: '7' }), {}, true, 7_000],
    ['a broken wait, rounded up', 503, body({ retryable: true, retry_after: 1.5 }), {}, true, 2_000],
    ['no wait', 503, body({ retryable: true, retry_after: null }), { 'retry-after': '3' }, true, 3_000],
    ['a wait below nothing', 503, body({ retryable: true, retry_after: -1 }), {}, true, undefined],
    ['an answer that is none', 503, body({ retryable: 'no' }), {}, true, undefined],
    [
      'beside the error',
      503,
      { error: { message: 'x' }, availability: { retryable: false } },
      {},
      false,
      undefined,
    ],
    [
      'in its metadata',
      503,
      { error: { message: 'x', metadata: { availability: { retryable: false } } } },
      {},
      false,
      undefined,
    ],
    [
      'no, of a day’s limit that is said to pass',
      429,
      { error: { message: 'limit_rpd/x', availability: { retryable: true } } },
      {},
      true,
      undefined,
    ],
  ])('%s', (_name, status, content, headers, isTransient, retryAfterMs) => {
    const answer = { status, headers, body: JSON.stringify(content) };
    const exception = createApiException({
      status,
      header: (name) => headers[name],
      body: answer.body,
      operation: 'x',
      scrub: scrubShapes,
    });
    expect(exception.retryAfterMs).toBe(retryAfterMs);
    for (const verdict of [
      verdictOf(answer),
      verdictOf(exception),
      verdictOf({ ...answer, body: content }),
    ]) {
      expect(verdict.isTransient).toBe(isTransient);
      expect(verdict.retryAfterMs).toBe(retryAfterMs);
    }
  });

  it('tells a refusal for money apart', () => {
    const refusal = (availability: object): object => ({
      error: { code: 402, message: 'No.', availability },
    });
    expect(verdictOf(refusal({ retryable: true, retry_after: 3 }))).toMatchObject({
      kind: 'in-flight-budget',
      isTransient: true,
    });
    expect(verdictOf(refusal({ retryable: true }))).toMatchObject({
      kind: 'payment-required',
      isTransient: true,
    });
    expect(verdictOf(refusal({ retryable: false, retry_after: 3 }))).toMatchObject({
      kind: 'out-of-credits',
      isTransient: false,
    });
  });
});

describe('a limit of requests', () => {
  it.each([429, 503])('resets by X-RateLimit-Reset of a %i, in the header or in the metadata', (status) => {
    const reset = '1790640000000';
    const error = { code: status, message: 'limit_rpd/x/y/1' };
    for (const answer of [
      { status, headers: { 'x-ratelimit-reset': reset }, body: { error } },
      { status, body: { error: { ...error, metadata: { headers: { 'X-RateLimit-Reset': reset } } } } },
      { error: { ...error, metadata: { headers: { 'X-RateLimit-Reset': Number(reset) } } } },
    ]) {
      const verdict = verdictOf(answer);
      expect(verdict.resetsAt).toEqual(new Date(Number(reset)));
      expect(verdict.isTransient).toBe(status === 503);
    }
  });
});

describe('what is not OpenRouter’s', () => {
  it.each<[string, unknown]>([
    ['a code of Node', Object.assign(new Error('x'), { code: 'ERR_INVALID_ARG_TYPE' })],
    ['a word of another library', Object.assign(new Error('x'), { code: 'not_found', type: 'timeout' })],
    ['a type of another library', Object.assign(new Error('x'), { type: 'rate_limit_error' })],
    ['issues of Zod', new Error('[{"code":"invalid_request","message":"Required","path":["a"]}]')],
    ['data of another kind', Object.assign(new Error('x'), { data: { code: 7, message: 'x' } })],
    ['a message with braces', new Error('unexpected { in template {x}')],
    ['a quoted answer that is no error', new Error('got {"data":{"code":402,"text":"x"}}')],
    [
      'a success',
      {
        id: 'gen-1',
        object: 'chat.completion',
        choices: [{ message: { content: '{"error":{"code":402,"message":"x"}}' } }],
      },
    ],
    ['a whole response', { object: 'response', status: 'completed', error: null, incomplete_details: null }],
    ['an unknown type', { error_type: 'moonshine', message: 'x' }],
    ['a provider’s code in an event', { type: 'error', message: 'x', code: 'insufficient_quota' }],
  ])('stays unknown: %s', (_name, error) => {
    expect(verdictOf(error)).toMatchObject({ kind: 'unknown', isTransient: false });
  });
});
