import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { createApiException, type RefusedCall } from '../../lib/errors/api-exception.factory.js';
import {
  OpenRouterApiException,
  OpenRouterGoneException,
  OpenRouterPaymentRequiredException,
} from '../../lib/errors/index.js';
import { createScrub } from '../../lib/secret/scrub.js';
import { leaksIn } from '../support/leaks.js';
import { bodyOf, REFUSALS } from './support.js';

const KEY = 'gateway-credential-4f9a2b7c1d8e';

function answer(over: Partial<RefusedCall> & { headers?: Record<string, string> }): RefusedCall {
  const { headers = {}, ...rest } = over;
  return {
    status: 500,
    header: (name) => headers[name],
    body: '',
    operation: 'credits.getCredits',
    scrub: createScrub([KEY]),
    ...rest,
  };
}

function exceptionOf(over: Parameters<typeof answer>[0]): OpenRouterApiException {
  return createApiException(answer(over));
}

describe('the class of a status', () => {
  it.each([
    [300, 'OpenRouterApiException', 'OPENROUTER_API_ERROR', 'rejected'],
    [304, 'OpenRouterApiException', 'OPENROUTER_API_ERROR', 'rejected'],
    [400, 'OpenRouterBadRequestException', 'OPENROUTER_BAD_REQUEST', 'rejected'],
    [401, 'OpenRouterUnauthorizedException', 'OPENROUTER_UNAUTHORIZED', 'rejected'],
    [402, 'OpenRouterPaymentRequiredException', 'OPENROUTER_PAYMENT_REQUIRED', 'rejected'],
    [403, 'OpenRouterForbiddenException', 'OPENROUTER_FORBIDDEN', 'rejected'],
    [404, 'OpenRouterNotFoundException', 'OPENROUTER_NOT_FOUND', 'rejected'],
    [405, 'OpenRouterApiException', 'OPENROUTER_API_ERROR', 'rejected'],
    [408, 'OpenRouterRequestTimeoutException', 'OPENROUTER_REQUEST_TIMEOUT', 'unknown'],
    [409, 'OpenRouterConflictException', 'OPENROUTER_CONFLICT', 'rejected'],
    [410, 'OpenRouterGoneException', 'OPENROUTER_GONE', 'rejected'],
    [412, 'OpenRouterApiException', 'OPENROUTER_API_ERROR', 'rejected'],
    [413, 'OpenRouterPayloadTooLargeException', 'OPENROUTER_PAYLOAD_TOO_LARGE', 'rejected'],
    [422, 'OpenRouterUnprocessableEntityException', 'OPENROUTER_UNPROCESSABLE_ENTITY', 'rejected'],
    [429, 'OpenRouterTooManyRequestsException', 'OPENROUTER_TOO_MANY_REQUESTS', 'rejected'],
    [500, 'OpenRouterInternalServerException', 'OPENROUTER_INTERNAL_SERVER', 'unknown'],
    [501, 'OpenRouterApiException', 'OPENROUTER_API_ERROR', 'unknown'],
    [502, 'OpenRouterBadGatewayException', 'OPENROUTER_BAD_GATEWAY', 'unknown'],
    [503, 'OpenRouterServiceUnavailableException', 'OPENROUTER_SERVICE_UNAVAILABLE', 'unknown'],
    [504, 'OpenRouterGatewayTimeoutException', 'OPENROUTER_GATEWAY_TIMEOUT', 'unknown'],
    [524, 'OpenRouterEdgeNetworkTimeoutException', 'OPENROUTER_EDGE_NETWORK_TIMEOUT', 'unknown'],
    [529, 'OpenRouterProviderOverloadedException', 'OPENROUTER_PROVIDER_OVERLOADED', 'unknown'],
    [599, 'OpenRouterApiException', 'OPENROUTER_API_ERROR', 'unknown'],
  ])('%i is %s', (status, name, code, delivery) => {
    const exception = exceptionOf({ status, body: `{"error":{"code":${status},"message":"said so"}}` });
    expect(exception).toBeInstanceOf(OpenRouterApiException);
    expect(exception.constructor.name).toBe(name);
    expect(exception).toMatchObject({
      name,
      code,
      status,
      delivery,
      message: 'said so',
      operation: 'credits.getCredits',
    });
    expect(exception).not.toHaveProperty('statusCode');
  });

  it('follows the status and not the code in the body', () => {
    expect(exceptionOf({ status: 402, body: '{"error":{"code":500,"message":"x"}}' })).toBeInstanceOf(
      OpenRouterPaymentRequiredException,
    );
  });
});

describe('the message', () => {
  it.each<[string, string, string]>([
    ['the envelope', '{"error":{"code":401,"message":"User not found."}}', 'User not found.'],
    ['the envelope before other members', '{"message":"outer","error":{"message":"inner"}}', 'inner'],
    ['an error as text', '{"error":"no way"}', 'no way'],
    ['a message alone', '{"message":"no way"}', 'no way'],
    ['problem+json', '{"type":"about:blank","title":"Bad","detail":"the limit is 5"}', 'the limit is 5'],
    ['problem+json with a title', '{"title":"Bad"}', 'Bad'],
    ['detail as text', '{"detail":"no way"}', 'no way'],
    ['a byte order mark', '\uFEFF{"error":{"message":"no way"}}', 'no way'],
    [
      'a list of Zod',
      JSON.stringify({
        success: false,
        error: {
          name: 'ZodError',
          message: JSON.stringify([
            { code: 'invalid', path: ['limit'], message: 'Expected number' },
            { path: ['a', 0, 'b'], message: 'Required' },
            { path: [], message: 'Odd' },
            { message: 'No path' },
            { path: ['skipped'] },
            7,
            null,
          ]),
        },
      }),
      'limit: Expected number; a.0.b: Required; Odd; No path',
    ],
    ['a message that is a list of nothing', '{"message":"[]"}', '[]'],
    ['a message that only begins like a list', '{"message":"[provider] down"}', '[provider] down'],
    ['a blank message below a detail', '{"error":{"message":"  "},"detail":"deep"}', 'deep'],
    ['a message that is no text below a title', '{"error":{"message":{"a":1}},"title":"deep"}', 'deep'],
    ['an error that is a list', '{"error":["a"],"message":"outer"}', 'outer'],
  ])('is that of %s', (_name, body, expected) => {
    expect(exceptionOf({ status: 400, body }).message).toBe(expected);
  });

  it.each<[string, number, string | undefined, Record<string, string>, string]>([
    ['an empty body', 503, '', {}, 'OpenRouter answered 503 (Service Unavailable) with an empty body.'],
    ['white space', 503, ' \n\t', {}, 'OpenRouter answered 503 (Service Unavailable) with an empty body.'],
    [
      'an unreadable body',
      503,
      undefined,
      {},
      'OpenRouter answered 503 (Service Unavailable), and its body could not be read.',
    ],
    [
      'a page with a title',
      502,
      '<!DOCTYPE html><html><head><title>\n 502: Bad\n gateway </title></head></html>',
      {},
      'OpenRouter answered 502 (Bad Gateway) with a page instead of JSON: 502: Bad gateway',
    ],
    [
      'a page without a title',
      502,
      '<html><body>long text</body></html>',
      {},
      'OpenRouter answered 502 (Bad Gateway) with a page instead of JSON.',
    ],
    [
      'a page by its content type',
      403,
      'Access denied',
      { 'content-type': 'text/html; charset=utf-8' },
      'OpenRouter answered 403 (Forbidden) with a page instead of JSON.',
    ],
    [
      'plain text',
      500,
      '  upstream   connect error\r\nor reset ',
      {},
      'OpenRouter answered 500 (Internal Server Error): upstream connect error or reset',
    ],
    [
      'long plain text',
      500,
      'y'.repeat(201),
      {},
      `OpenRouter answered 500 (Internal Server Error): ${'y'.repeat(200)}…`,
    ],
    [
      'plain text of just the length',
      500,
      'y'.repeat(200),
      {},
      `OpenRouter answered 500 (Internal Server Error): ${'y'.repeat(200)}`,
    ],
    [
      'JSON without a message',
      422,
      '{"a":1}',
      {},
      'OpenRouter answered 422 (Unprocessable Entity) without a message.',
    ],
    ['an empty object', 404, '{}', {}, 'OpenRouter answered 404 (Not Found) without a message.'],
    [
      'a list',
      500,
      '[{"message":"x"}]',
      {},
      'OpenRouter answered 500 (Internal Server Error) without a message.',
    ],
    ['null', 500, 'null', {}, 'OpenRouter answered 500 (Internal Server Error) without a message.'],
    ['a number', 500, '7', {}, 'OpenRouter answered 500 (Internal Server Error) without a message.'],
    ['524', 524, '', {}, 'OpenRouter answered 524 (A Timeout Occurred) with an empty body.'],
    ['529', 529, '', {}, 'OpenRouter answered 529 (Provider Overloaded) with an empty body.'],
    ['a status nobody knows', 599, '', {}, 'OpenRouter answered 599 with an empty body.'],
    [
      'a redirect',
      302,
      '<html>Moved</html>',
      {},
      'OpenRouter answered 302 (Found); redirects are not followed, since they could carry the key elsewhere. ' +
        'Check `baseUrl`.',
    ],
  ])('is made up for %s', (_name, status, body, headers, expected) => {
    expect(exceptionOf({ status, body, headers }).message).toBe(expected);
  });

  it('is cut to a bearable length', () => {
    const message = `first ${'z'.repeat(200_000)}`;
    const title = `<title>${message.slice(0, 9_000)}</title>${message}`;
    for (const body of [JSON.stringify({ error: { message } }), message, title]) {
      const exception = exceptionOf({ body });
      expect(exception.message.length).toBeLessThanOrEqual(1_000);
      expect(exception.message).toContain('first zzz');
      expect(inspect(exception).length).toBeLessThan(10_000);
    }
  });

  it('cannot rewrite a terminal', () => {
    const { message } = exceptionOf({
      body: JSON.stringify({ message: 'a\u001b[2Jb\rc\u0007d\u009be\nf\tg' }),
    });
    expect(message).toBe('a [2Jb c d e\nf\tg');
  });

  it('is found in a page that is made to be slow', () => {
    for (const body of ['<title'.repeat(30_000), `<${' '.repeat(200_000)}`, 'bearer '.repeat(30_000)]) {
      expect(exceptionOf({ body }).status).toBe(500);
    }
  });

  it('does not hold the id of the account, whatever the body', () => {
    for (const body of [
      '{"error":{"code":401,"message":"no"},"user_id":"user_2abcDEF"}',
      '{"error":{"code":401,"message":"no","metadata":{"user_id":"user_2abcDEF","deep":{"user_id":"user_2abcDEF"}}}}',
      '{"error":{"code":401,"message":"no","metadata":{"list":[{"user_id":"user_2abcDEF"}]}}}',
      '{"user_id":"user_2abcDEF"}',
      '[{"user_id":"user_2abcDEF"}]',
    ]) {
      expect(
        inspect(exceptionOf({ status: 401, body }), { depth: Infinity, showHidden: true }),
      ).not.toContain('user_2abcDEF');
    }
  });

  it('does not hold it where the body was cut short either', () => {
    const body = '{"user_id":"user_2abcDEF","error":{"code":401,"mess';
    expect(exceptionOf({ status: 401, body }).message).not.toContain('user_2abcDEF');
  });
});

describe('secrets', () => {
  it('are scrubbed wherever the server echoes them', () => {
    const encoded = Buffer.from(KEY).toString('base64');
    const exception = exceptionOf({
      status: 401,
      body: JSON.stringify({
        error: {
          message: `no ${KEY} and ${encoded}`,
          metadata: { raw: KEY, [KEY]: [KEY, { deep: encoded }], limit_source: KEY },
        },
      }),
    });
    expect(exception.message).toBe('no [redacted] and [redacted]');
    expect(exception.metadata).toEqual({
      raw: '[redacted]',
      '[redacted]': ['[redacted]', { deep: '[redacted]' }],
      limit_source: '[redacted]',
    });
    expect(exception.limitSource).toBe('[redacted]');
    expect(leaksIn(exception, [KEY])).toEqual([]);
  });

  it.each<[string, (at: number) => string]>([
    ['text', (at) => `${'x'.repeat(at)} ${KEY} end`],
    ['a page', (at) => `<title>${'x'.repeat(at)} ${KEY}</title>`],
  ])('are scrubbed at the edge of an excerpt of %s', (_name, body) => {
    for (let at = 150; at < 205; at += 1) {
      expect(leaksIn(exceptionOf({ body: body(at) }), [KEY])).toEqual([]);
    }
  });

  it('are scrubbed at the edge of a message', () => {
    for (let at = 950; at < 1_005; at += 1) {
      const body = JSON.stringify({ error: { message: 'x'.repeat(at) + KEY } });
      expect(leaksIn(exceptionOf({ body }), [KEY])).toEqual([]);
    }
  });

  it('are scrubbed at the edge of what is read', () => {
    for (let at = 9_960; at < 10_005; at += 4) {
      expect(leaksIn(exceptionOf({ body: `${' '.repeat(at)}${KEY}` }), [KEY])).toEqual([]);
    }
  });

  it('are scrubbed in the id of the request', () => {
    expect(exceptionOf({ headers: { 'request-id': `trace-${KEY}` } }).requestId).toBe('trace-[redacted]');
  });
});

describe('metadata', () => {
  function metadataOf(metadata: string): Readonly<Record<string, unknown>> | undefined {
    return exceptionOf({ body: `{"error":{"message":"x","metadata":${metadata}}}` }).metadata;
  }

  it('is kept', () => {
    expect(metadataOf('{"reasons":["a"],"n":1,"b":true,"z":null,"deep":{"x":[{"y":"z"}]}}')).toEqual({
      reasons: ['a'],
      n: 1,
      b: true,
      z: null,
      deep: { x: [{ y: 'z' }] },
    });
  });

  it.each(['null', '[]', '"x"', '7', 'true'])('is not there for %s', (metadata) => {
    expect(metadataOf(metadata)).toBeUndefined();
    expect(Object.hasOwn(exceptionOf({ body: `{"error":{"metadata":${metadata}}}` }), 'metadata')).toBe(
      false,
    );
  });

  it('is only that of the error', () => {
    expect(exceptionOf({ body: '{"metadata":{"a":1},"error":{"message":"x"}}' }).metadata).toBeUndefined();
  });

  it.each(['[', '{"a":'])('may nest deeper than any stack: %s', (open) => {
    const close = open === '[' ? ']' : '}';
    const metadata = metadataOf(`{"a":${open.repeat(200_000)}1${close.repeat(200_000)}}`);
    expect(inspect(metadata, { depth: Infinity })).toContain('[nested too deep]');
    expect(() => JSON.stringify(metadata)).not.toThrow();
    expect(JSON.stringify(metadata).length).toBeLessThan(200);
  });

  it('loses what is below its sixth level, and no more', () => {
    expect(metadataOf('{"1":{"2":{"3":{"4":{"5":{"6":"kept"}}}}}}')).toEqual({
      1: { 2: { 3: { 4: { 5: { 6: 'kept' } } } } },
    });
    expect(metadataOf('{"1":{"2":{"3":{"4":{"5":{"6":{"7":"lost"}}}}}}}')).toEqual({
      1: { 2: { 3: { 4: { 5: { 6: '[nested too deep]' } } } } },
    });
  });

  it('pollutes nothing', () => {
    const metadata = metadataOf(
      '{"__proto__":{"polluted":1},"deep":{"__proto__":{"polluted":1}},"constructor":{"prototype":{"polluted":1}}}',
    );
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
    expect(Reflect.get(metadata!, 'polluted')).toBeUndefined();
    expect(Object.keys(metadata!)).toEqual(['deep', 'constructor']);
    expect(Object.getPrototypeOf(metadata!['deep'])).toBe(Object.prototype);
  });
});

describe('what else an error says', () => {
  it('which limit was hit, and when it resets', () => {
    const exception = exceptionOf({
      status: 403,
      body: '{"error":{"message":"x","metadata":{"limit_source":"openrouter_workspace_budget","resets_at":"2026-12-01T00:00:00Z"}}}',
    });
    expect(exception.limitSource).toBe('openrouter_workspace_budget');
    expect(exception.resetsAt).toEqual(new Date('2026-12-01T00:00:00Z'));
  });

  it.each(['"soon"', 'null', 'true', '{}', '[]', '1e400', '""'])('no time of reset in %s', (resetsAt) => {
    const exception = exceptionOf({ body: `{"error":{"metadata":{"resets_at":${resetsAt}}}}` });
    expect(exception.resetsAt).toBeUndefined();
  });

  it('a time of reset in milliseconds', () => {
    const exception = exceptionOf({ body: '{"error":{"metadata":{"resets_at":1790640000000}}}' });
    expect(exception.resetsAt).toEqual(new Date(1_790_640_000_000));
  });

  it.each(['7', 'null', '""', '["a"]'])('no limit in %s', (limit) => {
    expect(
      exceptionOf({ body: `{"error":{"metadata":{"limit_source":${limit}}}}` }).limitSource,
    ).toBeUndefined();
  });

  it.each(REFUSALS)('what is known of a limit: $name', (refusal) => {
    const { status, headers = {}, verdict } = refusal;
    const { kind: _kind, isTransient: _isTransient, ...limits } = verdict;
    const exception = exceptionOf({ status, headers, body: JSON.stringify(bodyOf(refusal)) });
    const told = Object.fromEntries(
      (['limitSource', 'resetsAt', 'retryAfterMs', 'affordableTokens'] as const)
        .filter((name) => Object.hasOwn(exception, name))
        .map((name) => [name, exception[name]]),
    );
    expect(told).toEqual(limits);
    expect(exception.message).toContain(refusal.error.message);
  });

  it('no limit of a status that is not for money', () => {
    for (const status of [400, 401, 403, 404, 408, 409, 410, 429, 500, 503]) {
      expect(
        exceptionOf({ status, headers: { 'retry-after': '1' }, body: '{"message":"x"}' }),
      ).not.toHaveProperty('limitSource');
    }
  });

  it.each<[string, number, Record<string, string>, string, number | undefined]>([
    [
      'the metadata over the header',
      429,
      { 'x-ratelimit-reset': '1790640000000' },
      '{"resets_at":1790650000000}',
      1_790_650_000_000,
    ],
    ['the header', 429, { 'x-ratelimit-reset': '1790640000000' }, '{}', 1_790_640_000_000],
    ['the header in seconds', 429, { 'x-ratelimit-reset': '1790640000' }, '{}', 1_790_640_000_000],
    ['its copy', 429, {}, '{"headers":{"X-RateLimit-Reset":"1790640000000"}}', 1_790_640_000_000],
    ['no header that counts from now', 429, { 'x-ratelimit-reset': '30' }, '{}', undefined],
    ['no header that is none', 429, { 'x-ratelimit-reset': 'soon' }, '{}', undefined],
    ['no header out of range', 429, { 'x-ratelimit-reset': '9'.repeat(30) }, '{}', undefined],
    ['no header of another status', 403, { 'x-ratelimit-reset': '1790640000000' }, '{}', undefined],
  ])('when it resets, from %s', (_name, status, headers, metadata, expected) => {
    const exception = exceptionOf({
      status,
      headers,
      body: `{"error":{"message":"x","metadata":${metadata}}}`,
    });
    expect(exception.resetsAt?.getTime()).toBe(expected);
  });

  it.each<[string, Record<string, string>, string, number | undefined]>([
    ['the header', { 'retry-after': '7' }, '{}', 7_000],
    ['the header over the metadata', { 'retry-after': '7' }, '{"headers":{"Retry-After":"9"}}', 7_000],
    ['the headers in the metadata', {}, '{"headers":{"Retry-After":"9"}}', 9_000],
    ['seconds in the metadata', {}, '{"retry_after_seconds":11}', 11_000],
    ['broken seconds, rounded up', {}, '{"retry_after_seconds":1.2}', 2_000],
    ['both in the metadata', {}, '{"headers":{"Retry-After":"9"},"retry_after_seconds":11}', 9_000],
    ['a negative number', {}, '{"retry_after_seconds":-3}', undefined],
    ['a number without end', {}, '{"retry_after_seconds":1e400}', undefined],
    ['seconds as text', {}, '{"retry_after_seconds":"3"}', undefined],
    ['headers that are no object', {}, '{"headers":"Retry-After: 3"}', undefined],
    ['nothing', {}, '{}', undefined],
    [
      'a date, by the clock of the server',
      { 'retry-after': 'Sun, 06 Nov 1994 08:50:37 GMT', date: 'Sun, 06 Nov 1994 08:49:37 GMT' },
      '{}',
      60_000,
    ],
  ])('how long to wait: %s', (_name, headers, metadata, expected) => {
    const exception = exceptionOf({ status: 429, headers, body: `{"error":{"metadata":${metadata}}}` });
    expect(exception.retryAfterMs).toBe(expected);
  });

  it.each<[Record<string, string>, string | undefined]>([
    [{ 'request-id': 'a', 'x-request-id': 'b', 'cf-ray': 'c' }, 'a'],
    [{ 'x-request-id': 'b', 'cf-ray': 'c' }, 'b'],
    [{ 'cf-ray': 'c' }, 'c'],
    [{}, undefined],
  ])('which request it was, from %j', (headers, expected) => {
    const exception = exceptionOf({ headers });
    expect(exception.requestId).toBe(expected);
    expect(Object.hasOwn(exception, 'requestId')).toBe(expected !== undefined);
  });
});

describe('410', () => {
  const gone = { notice: 'Buy at X instead.', purchaseUrl: 'https://openrouter.ai/settings/credits' };

  it('says where to buy where the operation knows', () => {
    const exception = exceptionOf({
      status: 410,
      gone,
      body: '{"error":{"message":"The API is deprecated"}}',
    });
    expect(exception).toBeInstanceOf(OpenRouterGoneException);
    expect(exception).toMatchObject({
      purchaseUrl: 'https://openrouter.ai/settings/credits',
      message: "Buy at X instead. OpenRouter's own words: The API is deprecated",
    });
  });

  it('is the server’s own message elsewhere', () => {
    const exception = exceptionOf({ status: 410, body: '{"error":{"message":"gone for good"}}' });
    expect(exception.message).toBe('gone for good');
    expect(Object.hasOwn(exception, 'purchaseUrl')).toBe(false);
  });

  it('is nothing to other statuses', () => {
    expect(exceptionOf({ status: 404, gone, body: '{"message":"x"}' }).message).toBe('x');
  });
});

describe('the hint what to do', () => {
  const MANAGEMENT = '{"error":{"code":403,"message":"Only management keys can perform this operation"}}';
  const UNKNOWN_USER = '{"error":{"code":401,"message":"User not found."}}';

  it.each<[NonNullable<RefusedCall['key']>['from'], string]>([
    ['apiKey', 'The key given as `apiKey` is an ordinary one: set `managementKey` to a management key'],
    [
      'managementKey',
      'The key given as `managementKey` is an ordinary one: give a management key in its place',
    ],
    [
      'call',
      "The key given as `apiKey` in the call's own options is an ordinary one: give a management key there",
    ],
  ])('of a 403 of an ordinary key names where it was given: %s', (from, hint) => {
    const { message } = exceptionOf({ status: 403, body: MANAGEMENT, key: { from, isInference: false } });
    expect(message).toBe(
      `Only management keys can perform this operation. ${hint} (https://openrouter.ai/settings/management-keys).`,
    );
  });

  it.each<[NonNullable<RefusedCall['key']>['from'], string]>([
    ['apiKey', 'give an ordinary key as `apiKey`.'],
    ['managementKey', 'set `apiKey` to an ordinary key, since `managementKey` has served this call.'],
    ['call', "give an ordinary key as `apiKey` in the call's own options."],
  ])('of a 401 on a route of inference names what to set: %s', (from, hint) => {
    const { message } = exceptionOf({ status: 401, body: UNKNOWN_USER, key: { from, isInference: true } });
    expect(message).toBe(
      `User not found. Either the key is wrong, or it is a management key, which inference does not accept: ${hint}`,
    );
  });

  it.each<[string, Parameters<typeof answer>[0], string]>([
    [
      'a 401 elsewhere',
      { status: 401, body: UNKNOWN_USER, key: { from: 'apiKey', isInference: false } },
      'User not found.',
    ],
    [
      'another 401',
      {
        status: 401,
        body: '{"message":"Missing Authentication header"}',
        key: { from: 'apiKey', isInference: true },
      },
      'Missing Authentication header',
    ],
    [
      'another 403',
      {
        status: 403,
        body: '{"message":"Key limit exceeded (daily limit)."}',
        key: { from: 'apiKey', isInference: true },
      },
      'Key limit exceeded (daily limit).',
    ],
    [
      'another status',
      { status: 400, body: MANAGEMENT, key: { from: 'apiKey', isInference: false } },
      'Only management keys can perform this operation',
    ],
  ])('is not given for %s', (_name, over, expected) => {
    expect(exceptionOf(over).message).toBe(expected);
  });

  it('survives a long message', () => {
    const body = JSON.stringify({ error: { message: `User not found ${'x'.repeat(2_000)}` } });
    const { message } = exceptionOf({ status: 401, body, key: { from: 'apiKey', isInference: true } });
    expect(message).toMatch(/management key.*`apiKey`\.$/);
  });
});
