import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { ForbiddenException, HttpException, InternalServerErrorException } from '@nestjs/common';
import { RpcException } from '@nestjs/microservices';
import { AxiosError, AxiosHeaders } from 'axios';
import fc from 'fast-check';
import { GraphQLError } from 'graphql';
import * as errors from '../../lib/errors/index.js';
import { leaksIn } from '../support/leaks.js';
import { API_KEY } from '../support/servers.js';
import { bodyOf, REFUSALS } from './support.js';

const { classifyOpenRouterError, isBudgetExceeded, isKeyLimitReached, isOutOfCredits, isTransient } = errors;

const VERDICTS = [isOutOfCredits, isKeyLimitReached, isBudgetExceeded, isTransient];

/** An answer that tells all that one can tell. */
const BODY = {
  error: {
    code: 403,
    message: 'Key limit exceeded (daily limit). You can only afford 12 tokens.',
    metadata: { limit_source: 'openrouter_key_limit', resets_at: '2026-11-01T00:00:00Z' },
  },
};
const TEXT = JSON.stringify(BODY);
const VERDICT = {
  kind: 'key-limit',
  status: 403,
  limitSource: 'openrouter_key_limit',
  message: BODY.error.message,
  isTransient: false,
  resetsAt: new Date('2026-11-01T00:00:00Z'),
  affordableTokens: 12,
};

const inner = (): Error => Object.assign(new Error('HTTP 403'), { status: 403, body: TEXT });

const ours = (): errors.OpenRouterForbiddenException =>
  new errors.OpenRouterForbiddenException({
    message: BODY.error.message,
    limitSource: 'openrouter_key_limit',
    resetsAt: new Date('2026-11-01T00:00:00Z'),
    affordableTokens: 12,
  });

function axiosError(data: unknown): AxiosError {
  const config = { headers: new AxiosHeaders({ authorization: `Bearer ${API_KEY}` }) };
  return new AxiosError('Request failed with status code 403', 'ERR_BAD_REQUEST', config, undefined, {
    status: 403,
    statusText: 'Forbidden',
    headers: {},
    config,
    data,
  });
}

function nested(error: unknown, depth: number): unknown {
  return depth === 0 ? error : new Error(`level ${depth}`, { cause: nested(error, depth - 1) });
}

describe('the shapes in which an answer is recognised', () => {
  it.each<[string, unknown]>([
    ['ours', ours()],
    [
      'ours that was made by hand',
      new errors.OpenRouterForbiddenException({
        message: BODY.error.message,
        metadata: { limit_source: 'openrouter_key_limit' },
        resetsAt: new Date('2026-11-01T00:00:00Z'),
      }),
    ],
    ['a status and a body as text', { status: 403, body: TEXT }],
    ['a status and a parsed body', { status: 403, body: BODY }],
    ['a status and data', { status: 403, data: BODY }],
    ['a body alone', { body: TEXT }],
    ['the content itself', BODY],
    ['the error of the content', BODY.error],
    ['a code as text', { error: { ...BODY.error, code: '403' } }],
    ['axios', axiosError(BODY)],
    ['axios with the body as text', axiosError(TEXT)],
    ['the AI SDK', { name: 'AI_APICallError', statusCode: 403, responseBody: TEXT, responseHeaders: {} }],
    ['the AI SDK after retries', { lastError: { statusCode: 403, responseBody: TEXT }, errors: [] }],
    ['an exception of Nest with the content', new HttpException(BODY, 403)],
    ['an exception of Nest with a cause', new InternalServerErrorException('No.', { cause: inner() })],
    ['an exception of Nest with ours', new ForbiddenException('No.', { cause: ours() })],
    ['an exception of Nest’s microservices', new RpcException(inner())],
    ['an error of GraphQL', new GraphQLError('No.', { originalError: inner() })],
    ['a cause that is no error', new Error('x', { cause: { status: 403, body: TEXT } })],
    ['a chain of causes', nested(inner(), 6)],
    ['a settled promise', { status: 'rejected', reason: inner() }],
    ['several errors', new AggregateError([new Error('x'), inner()])],
    ['inside a success', { status: 200, body: TEXT }],
  ])('%s', (_name, error) => {
    expect(classifyOpenRouterError(error)).toEqual(VERDICT);
    expect(VERDICTS.map((verdict) => verdict(error))).toEqual([false, true, false, false]);
  });

  it.each(REFUSALS)('a body with its status: $name', (refusal) => {
    const { status, headers, verdict } = refusal;
    const error = { status, headers, body: bodyOf(refusal) };
    expect(classifyOpenRouterError(error)).toMatchObject(verdict);
    expect(VERDICTS.map((is) => is(error))).toEqual([
      verdict.kind === 'out-of-credits',
      verdict.kind === 'key-limit',
      verdict.kind === 'budget',
      verdict.isTransient,
    ]);
  });

  it('not beyond a bounded number of causes', () => {
    expect(classifyOpenRouterError(nested(inner(), 100)).kind).toBe('unknown');
  });

  it('include fetch’s response: by its status and headers, without reading its body', () => {
    const response = new Response(TEXT, { status: 429, headers: { 'retry-after': '2' } });
    const verdict = { kind: 'rate-limit', status: 429, isTransient: true, retryAfterMs: 2_000 };
    expect(classifyOpenRouterError(response)).toMatchObject(verdict);
    expect(classifyOpenRouterError(new Error('failed', { cause: response }))).toMatchObject(verdict);
    expect(response.bodyUsed).toBe(false);
  });

  it('by the message of an error that has no body', () => {
    const error = Object.assign(new Error('403 Key limit exceeded (total limit).'), { status: 403 });
    expect(classifyOpenRouterError(error)).toEqual({
      kind: 'key-limit',
      status: 403,
      limitSource: 'openrouter_key_limit',
      message: '403 Key limit exceeded (total limit).',
      isTransient: false,
    });
  });

  it('from the copy of the headers in the metadata, whatever the case of their names', () => {
    const metadata = { headers: { 'retry-after': 4, 'X-RATELIMIT-RESET': '1790640000' } };
    expect(classifyOpenRouterError({ error: { code: 429, message: 'x', metadata } })).toMatchObject({
      retryAfterMs: 4_000,
      resetsAt: new Date(1_790_640_000_000),
    });
  });

  it.each<[string, unknown]>([
    ['an object', { 'Retry-After': '3' }],
    ['lists of values', { 'retry-after': ['3'] }],
    ['a number', { 'retry-after': 3 }],
    ['Headers', new Headers({ 'Retry-After': '3' })],
    ['those of axios', new AxiosHeaders({ 'Retry-After': '3' })],
    ['a map', new Map([['Retry-After', '3']])],
    ['pairs', [['Retry-After', '3']]],
    ['Node’s flat list', ['date', 'x', 'Retry-After', '3']],
    [
      'an iterator without an end',
      {
        *[Symbol.iterator]() {
          yield ['retry-after', '3'];
          for (;;) yield ['x', 'y'];
        },
      },
    ],
  ])('with headers as %s', (_name, headers) => {
    expect(classifyOpenRouterError({ status: 503, headers, body: '' }).retryAfterMs).toBe(3_000);
    expect(classifyOpenRouterError({ response: { status: 503, headers } }).retryAfterMs).toBe(3_000);
  });

  it.each([7, 'retry-after: 3', null, [7], [null], {}, new Map([[{}, {}]])])(
    'with headers %j that say nothing',
    (headers) => {
      expect(classifyOpenRouterError({ status: 503, headers })).toMatchObject({ kind: 'upstream' });
    },
  );
});

describe('what can only afford so much', () => {
  it.each<[string, number | undefined]>([
    ['can only afford 0.', 0],
    ['can only afford 6144. To increase', 6_144],
    ['can only afford 30,104 tokens', 30_104],
    ['can only afford 1,234,567.', 1_234_567],
    ['can only afford 1.234.567.', 1_234_567],
    ['can only afford 1 234', 1_234],
    ['can only afford 1\u202f234', 1_234],
    ['can only afford 12, which is little', 12],
    ['can only afford 123, 4567', 123],
    ['can only afford -17', 0],
    ['can only afford nothing', undefined],
    ['can only afford 99999999999999999999', undefined],
    ['you requested 12', undefined],
  ])('%j', (message, affordableTokens) => {
    const verdict = classifyOpenRouterError({ status: 402, body: { error: { code: 402, message } } });
    expect(verdict.affordableTokens).toBe(affordableTokens);
  });
});

describe('exceptions of this package', () => {
  const failed = { message: 'x', delivery: 'unknown', phase: 'headers' } as const;

  it.each<[string, unknown, string, boolean]>([
    ['a connection', new errors.OpenRouterConnectionException(failed), 'connection', true],
    [
      'a refused certificate',
      new errors.OpenRouterConnectionException({
        ...failed,
        phase: 'tls',
        cause: Object.assign(new Error('x'), { code: 'CERT_HAS_EXPIRED' }),
      }),
      'connection',
      false,
    ],
    [
      'a reset during the handshake',
      new errors.OpenRouterConnectionException({
        ...failed,
        phase: 'tls',
        cause: Object.assign(new Error('x'), { code: 'ECONNRESET' }),
      }),
      'connection',
      true,
    ],
    ['a timeout', new errors.OpenRouterTimeoutException({ ...failed, timeoutMs: 1 }), 'timeout', true],
    [
      'an abort',
      new errors.OpenRouterAbortException({ message: 'x', delivery: 'unknown' }),
      'aborted',
      false,
    ],
    [
      'a bad response',
      new errors.OpenRouterResponseException({ message: 'x', delivery: 'applied', path: 'a' }),
      'bad-response',
      false,
    ],
    [
      'a response that was cut short',
      new errors.OpenRouterResponseException({
        message: 'x',
        delivery: 'applied',
        cause: Object.assign(new Error('aborted'), { code: 'ECONNRESET' }),
      }),
      'bad-response',
      true,
    ],
    ['an argument', new errors.OpenRouterValidationException('x', []), 'bad-request', false],
    ['an option', new errors.OpenRouterConfigException('x'), 'config', false],
    ['a redirect', new errors.OpenRouterApiException({ status: 302, message: 'x' }), 'unknown', false],
  ])('%s', (_name, exception, kind, transient) => {
    expect(classifyOpenRouterError(exception)).toMatchObject({ kind, isTransient: transient });
    expect(classifyOpenRouterError(new Error('outer', { cause: exception })).kind).toBe(kind);
  });

  it('are read by what they wrap where the user derived them', () => {
    class Mine extends errors.OpenRouterException {}
    expect(classifyOpenRouterError(new Mine('MINE', 'x', { cause: inner() }))).toEqual(VERDICT);
    expect(classifyOpenRouterError(new Mine('MINE', 'said so'))).toEqual({
      kind: 'unknown',
      message: 'said so',
      isTransient: false,
    });
  });
});

describe('a verdict', () => {
  it('is a frozen plain object without members that are not known', () => {
    const verdict = classifyOpenRouterError({ status: 500 });
    expect(Object.isFrozen(verdict)).toBe(true);
    expect(Object.getPrototypeOf(verdict)).toBe(Object.prototype);
    expect(Object.keys(verdict).sort()).toEqual(['isTransient', 'kind', 'message', 'status']);
  });

  it('hints at a management key where another client is told that there is no such user', () => {
    const { message } = classifyOpenRouterError({
      status: 401,
      body: '{"error":{"code":401,"message":"User not found."}}',
    });
    expect(message).toMatch(/^User not found\. .*management key/);
  });

  it('tells the error’s own message where OpenRouter has sent none', () => {
    expect(classifyOpenRouterError(Object.assign(new Error('lost it'), { code: 'ECONNRESET' })).message).toBe(
      'lost it',
    );
    expect(classifyOpenRouterError(new Error('boom')).message).toBe('boom');
    expect(classifyOpenRouterError('boom').message).toBe('boom');
    expect(classifyOpenRouterError(new ForbiddenException('Not yours')).message).toBe('Not yours');
  });

  it.each<[string, unknown, string, boolean]>([
    ['a timeout of axios', new AxiosError('timeout of 5ms exceeded', 'ECONNABORTED'), 'timeout', true],
    ['a request that axios has lost', new AxiosError('Request aborted', 'ECONNABORTED'), 'connection', true],
    ['a wrong version of TLS', { code: 'ERR_SSL_WRONG_VERSION_NUMBER' }, 'connection', false],
    ['broken HTTP', { code: 'HPE_INVALID_CONSTANT' }, 'connection', true],
    ['a timeout without a name', new Error('Request timed out.'), 'timeout', true],
    ['an abort without a name', new Error('Request was aborted.'), 'aborted', false],
    ['an unknown code', { code: 'ERR_ODD' }, 'unknown', false],
    ['a number as code', { code: 7 }, 'unknown', false],
    ['an odd status', { status: 700 }, 'unknown', false],
    ['a success', { status: 200 }, 'unknown', false],
  ])('of %s', (_name, error, kind, transient) => {
    expect(classifyOpenRouterError(error)).toMatchObject({ kind, isTransient: transient });
  });
});

describe('whatever is thrown', () => {
  const cyclic: Record<string, unknown> = {};
  cyclic['cause'] = cyclic;
  cyclic['error'] = cyclic;
  cyclic['errors'] = [cyclic, cyclic];
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  const revokedList = Proxy.revocable([], {});
  revokedList.revoke();
  const hostile = new Proxy(
    {},
    {
      get: () => {
        throw new Error('get');
      },
      has: () => {
        throw new Error('has');
      },
      getPrototypeOf: () => {
        throw new Error('getPrototypeOf');
      },
      ownKeys: () => {
        throw new Error('ownKeys');
      },
    },
  );
  const endless: object = new Proxy({}, { get: () => endless });
  const branded = Object.create(errors.OpenRouterApiException.prototype) as object;

  it.each<[string, unknown]>([
    ['null', null],
    ['undefined', undefined],
    ['a number', 7],
    ['a symbol', Symbol('x')],
    ['a bigint', 7n],
    ['a function', () => undefined],
    ['a cycle', cyclic],
    ['a revoked proxy', revoked.proxy],
    ['a list of errors that is a revoked proxy', { errors: revokedList.proxy }],
    ['a hostile proxy', hostile],
    ['a hostile member', { status: 402, body: hostile, headers: hostile, cause: hostile, response: hostile }],
    [
      'a hostile exception of ours',
      new Proxy(ours(), {
        get: () => {
          throw new Error('x');
        },
      }),
    ],
    ['a proxy without an end', endless],
    ['a prototype', branded],
    ['an object without a prototype', Object.create(null)],
    ['a list', [1, 2]],
    ['a body of deep JSON', { status: 402, body: `{"error":${'['.repeat(50_000)}` }],
  ])('gets a verdict: %s', (_name, thrown) => {
    expect(classifyOpenRouterError(thrown)).toEqual(
      expect.objectContaining({
        kind: expect.any(String),
        message: expect.any(String),
        isTransient: expect.any(Boolean),
      }),
    );
    for (const verdict of VERDICTS) {
      expect(typeof verdict(thrown)).toBe('boolean');
    }
  });

  it('is recognised in spite of one hostile member', () => {
    expect(classifyOpenRouterError({ status: 403, body: TEXT, headers: hostile, cause: hostile })).toEqual(
      VERDICT,
    );
  });

  it('gets one that shows no key', () => {
    const names = [
      'message',
      'status',
      'statusCode',
      'code',
      'name',
      'error',
      'body',
      'data',
      'response',
      'headers',
    ].concat([
      'cause',
      'errors',
      'metadata',
      'limit_source',
      'reason',
      'resets_at',
      'raw',
      'stack',
      'retry-after',
    ]);
    const text = fc.oneof(
      fc.string().map((around) => `${around}${API_KEY}${around}`),
      fc.constantFrom(
        API_KEY,
        `Bearer ${API_KEY}`,
        TEXT,
        JSON.stringify({ error: { code: 402, message: API_KEY } }),
      ),
      fc.nat(1_200).map((length) => 'x'.repeat(length) + API_KEY),
    );
    const { thrown } = fc.letrec((tie) => ({
      thrown: fc.oneof(
        { maxDepth: 4 },
        text,
        fc.constantFrom<unknown>(402, 403, 429, 500, 200, null, undefined, 'ECONNRESET', NaN),
        fc.dictionary(fc.constantFrom(...names), tie('thrown'), { maxKeys: 6 }),
        fc
          .dictionary(fc.constantFrom(...names), tie('thrown'), { maxKeys: 6 })
          .map((fields) => Object.assign(new Error('made'), fields)),
        fc.array(tie('thrown'), { maxLength: 3 }),
      ),
    }));
    fc.assert(
      fc.property(thrown, (error) => {
        const verdict = classifyOpenRouterError(error);
        expect(leaksIn(verdict, [API_KEY])).toEqual([]);
        expect(verdict.message.length).toBeLessThan(1_300);
        return VERDICTS.every((is) => typeof is(error) === 'boolean');
      }),
      { numRuns: 400 },
    );
  });

  it('is not changed', () => {
    const error = Object.freeze({ status: 402, body: Object.freeze({ ...BODY }) });
    const before = inspect(error, { depth: 9 });
    classifyOpenRouterError(error);
    expect(inspect(error, { depth: 9 })).toBe(before);
  });
});
