import { describe, expect, it, jest } from '@jest/globals';
import { OpenRouterApiException } from '../../lib/errors/api.exception.js';
import { BadScopeException } from '../../lib/errors/bad-scope.exception.js';
import {
  OpenRouterAbortException,
  OpenRouterConfigException,
  OpenRouterConnectionException,
  OpenRouterInsufficientCreditsException,
  OpenRouterResponseException,
  OpenRouterTimeoutException,
  OpenRouterValidationException,
} from '../../lib/errors/client.exceptions.js';
import {
  OpenRouterSpendLimitException,
  OpenRouterSpendStoreException,
} from '../../lib/errors/spend.exceptions.js';
import { OpenRouterException } from '../../lib/errors/openrouter.exception.js';
import { nestBody, retryAfterSeconds } from '../../lib/filters/error-bodies.js';
import { decide, describeForLog, mapException } from '../../lib/filters/exception-mapping.js';
import type { OpenRouterExceptionMapper } from '../../lib/filters/index.js';
import { apiException } from './support.js';

class OwnException extends OpenRouterException {
  constructor() {
    super('OWN', 'own text');
  }
}
class OwnTimeout extends OpenRouterTimeoutException {}
class OwnApiException extends OpenRouterApiException {}

const failure = { message: 'own text', delivery: 'unknown', phase: 'body' } as const;

const CLIENT_EXCEPTIONS = {
  validation: new OpenRouterValidationException('amount', [
    { property: 'amount', constraints: { min: 'amount is less than 1', isInt: 'amount is no integer' } },
  ]),
  'insufficient credits': new OpenRouterInsufficientCreditsException({
    message: 'own text',
    required: 5,
    spendable: 0.42,
  }),
  'spend limit': new OpenRouterSpendLimitException({
    message: 'own text, $12.5 of $77',
    rule: 'tenant',
    subject: { tenant: 'acme' },
    period: 'day',
    limitUsd: 77,
    spentUsd: 12.5,
    heldUsd: 0,
    requiredUsd: 70,
    resetsAt: null,
  }),
  'spend store': new OpenRouterSpendStoreException('own text'),
  timeout: new OpenRouterTimeoutException({ ...failure, timeoutMs: 10 }),
  connection: new OpenRouterConnectionException(failure),
  response: new OpenRouterResponseException({ message: 'own text', delivery: 'applied', path: 'data' }),
  abort: new OpenRouterAbortException({ message: 'own text', delivery: 'unknown' }),
  config: new OpenRouterConfigException('own text'),
  'bad scope': new BadScopeException('@MeterAs', [
    { property: 'tenant', constraints: { isString: '`tenant` must be a string' } },
  ]),
  'own subclass of the base': new OwnException(),
  'own subclass of a kind': new OwnTimeout({ ...failure, timeoutMs: 10 }),
};

describe('mapException', () => {
  it.each([
    [300, 502, 502],
    [304, 502, 502],
    [399, 502, 502],
    [400, 400, 502],
    [401, 401, 502],
    [402, 402, 503],
    [403, 403, 502],
    [404, 404, 502],
    [405, 405, 502],
    [408, 408, 504],
    [409, 409, 502],
    [410, 410, 410],
    [413, 413, 502],
    [418, 418, 502],
    [422, 422, 502],
    [429, 429, 503],
    [451, 451, 502],
    [499, 499, 502],
    [500, 500, 502],
    [501, 502, 502],
    [502, 502, 502],
    [503, 503, 503],
    [504, 504, 504],
    [520, 502, 502],
    [524, 504, 504],
    [529, 503, 503],
    [599, 502, 502],
    [0, 502, 502],
    [400.5, 502, 502],
    [Number.NaN, 502, 502],
  ])('API %d → mirror %d, gateway %d', (status, mirror, gateway) => {
    const mapped = mapException(apiException(status));
    expect([mapped.mirror.status, mapped.gateway.status]).toEqual([mirror, gateway]);
  });

  it.each([
    ['validation', 400],
    ['insufficient credits', 402],
    ['spend limit', 402],
    ['spend store', 503],
    ['timeout', 504],
    ['connection', 502],
    ['response', 502],
    ['abort', 499],
    ['config', 500],
    ['bad scope', 500],
    ['own subclass of the base', 502],
    ['own subclass of a kind', 504],
  ] as const)('%s → %d in both', (kind, status) => {
    const mapped = mapException(CLIENT_EXCEPTIONS[kind]);
    expect([mapped.mirror.status, mapped.gateway.status]).toEqual([status, status]);
  });

  it.each([
    ['application_spend_limit', 402, 'OPENROUTER_SPEND_LIMIT', 'The spend limit is reached.'],
    ['application_spend_store', 503, 'OPENROUTER_SPEND_STORE', 'Spending cannot be checked at the moment.'],
  ])('answer 402 of the meter for %s → %d in both, with the code of its exception', (...row) => {
    const [limitSource, status, code, says] = row;
    const { mirror, gateway } = mapException(apiException(402, { limitSource, message: 'own text' }));
    expect(mirror).toMatchObject({ status, code, message: 'own text' });
    expect(gateway).toMatchObject({ status, code, message: says });
  });

  it("an answer 402 of the meter for want of a scope is the application's own mistake, in both", () => {
    const exception = apiException(402, { limitSource: 'application_unattributed', message: 'own text' });
    const known = { status: 500, code: 'OPENROUTER_UNATTRIBUTED' };
    const expected = { ...known, message: 'The server failed to handle the request.' };
    expect(mapException(exception)).toEqual({ mirror: expected, gateway: expected });
    expect(describeForLog(exception)).toContain(' OPENROUTER_UNATTRIBUTED in ');
  });

  it.each([
    ['in a minute', 60_000, 60_000],
    ['a moment ago', -5, 0],
  ])('a spend limit that resets %s says when to come again, whoever refuses', (_name, inMs, retryAfterMs) => {
    const now = 1_800_000_000_000;
    jest.spyOn(Date, 'now').mockReturnValue(now);
    const resetsAt = new Date(now + inMs);
    const init = { rule: 'r', subject: {}, period: 'day', limitUsd: 1, spentUsd: 1, heldUsd: 0 } as const;
    for (const exception of [
      new OpenRouterSpendLimitException({ ...init, message: 'own text', requiredUsd: 0, resetsAt }),
      apiException(402, { limitSource: 'application_spend_limit', resetsAt }),
    ]) {
      const { mirror, gateway } = mapException(exception);
      expect([mirror.retryAfterMs, gateway.retryAfterMs]).toEqual([retryAfterMs, retryAfterMs]);
    }
    // The limit of a key at OpenRouter is not the caller's.
    const { gateway } = mapException(apiException(402, { limitSource: 'openrouter_key_limit', resetsAt }));
    expect(gateway).not.toHaveProperty('retryAfterMs');
    jest.restoreAllMocks();
  });

  it('a spend limit that only completions under way have reached says so, whoever refuses', () => {
    const held = { message: 'own text', resetsAt: null, retryAfterMs: 1_000 };
    const init = { rule: 'r', subject: {}, period: 'day', limitUsd: 1, spentUsd: 0, heldUsd: 1 } as const;
    for (const exception of [
      new OpenRouterSpendLimitException({ ...init, ...held, requiredUsd: 1 }),
      apiException(402, { message: 'own text', limitSource: 'application_spend_limit', retryAfterMs: 1_000 }),
    ]) {
      const { mirror, gateway } = mapException(exception);
      const known = { status: 402, code: 'OPENROUTER_SPEND_LIMIT', retryAfterMs: 1_000 };
      expect(mirror).toEqual({ ...known, message: 'own text' });
      const says = 'Too much is under way for the spend limit. Try again shortly.';
      expect(gateway).toEqual({ ...known, message: says });
    }
  });

  it("takes a user's subclass of an API exception by its status", () => {
    const mapped = mapException(
      new OwnApiException({ status: 429, message: 'slow down', retryAfterMs: 1 }, 'OWN'),
    );
    expect(mapped.mirror).toEqual({ status: 429, message: 'slow down', code: 'OWN', retryAfterMs: 1 });
  });

  it('passes the own message on in mirror and a fixed sentence in gateway', () => {
    const { mirror, gateway } = mapException(apiException(401, { requestId: 'req-1' }));
    const { mirror: other } = mapException(apiException(401, { message: 'something else' }));
    expect(mirror).toEqual({
      status: 401,
      message: 'upstream said 401',
      code: 'OPENROUTER_UNAUTHORIZED',
      requestId: 'req-1',
    });
    expect(other.message).toBe('something else');
    expect(gateway).toEqual({
      status: 502,
      message: 'An upstream service denied access.',
      code: 'OPENROUTER_UNAUTHORIZED',
      requestId: 'req-1',
    });
  });

  it.each([400, 401, 402, 403, 404, 408, 409, 413, 418, 422, 429, 500, 502, 503, 504, 524, 529, 302, 599])(
    'tells nothing of the message of an API %d in gateway',
    (status) => {
      expect(mapException(apiException(status)).gateway.message).toMatch(/^An upstream service /);
    },
  );

  it.each([
    'insufficient credits',
    'timeout',
    'connection',
    'response',
    'abort',
    'own subclass of the base',
  ] as const)('tells the message of a %s exception in mirror only', (kind) => {
    const { mirror, gateway } = mapException(CLIENT_EXCEPTIONS[kind]);
    expect(mirror.message).toBe('own text');
    expect(gateway.message).not.toContain('own text');
    expect(gateway.code).toBe(CLIENT_EXCEPTIONS[kind].code);
  });

  it('tells what is wrong with a scope to nobody, since the application sets it', () => {
    const { mirror, gateway } = mapException(CLIENT_EXCEPTIONS['bad scope']);
    expect(mirror).toEqual({
      status: 500,
      message: 'The server failed to handle the request.',
      code: 'OPENROUTER_VALIDATION',
    });
    expect(gateway).toEqual(mirror);
  });

  it('tells what is wrong with the configuration to nobody', () => {
    const { mirror, gateway } = mapException(CLIENT_EXCEPTIONS.config);
    expect(mirror).toEqual({
      status: 500,
      message: 'The server is not configured correctly.',
      code: 'OPENROUTER_CONFIG',
    });
    expect(gateway).toEqual(mirror);
  });

  it('tells a refused argument in both', () => {
    const { mirror, gateway } = mapException(CLIENT_EXCEPTIONS.validation);
    expect(mirror.message).toBe('amount: amount is less than 1; amount is no integer. Nothing was sent.');
    expect(mirror.errors).toEqual([
      { property: 'amount', reasons: ['amount is less than 1', 'amount is no integer'] },
    ]);
    expect(gateway).toEqual(mirror);
  });

  it('tells where to buy instead in mirror only', () => {
    const purchaseUrl = 'https://openrouter.ai/settings/credits';
    const { mirror, gateway } = mapException(apiException(410, { purchaseUrl }));
    expect(mirror).toEqual({
      status: 410,
      code: 'OPENROUTER_GONE',
      message: 'upstream said 410',
      purchaseUrl,
    });
    expect(gateway).toEqual({
      status: 410,
      code: 'OPENROUTER_GONE',
      message: 'An upstream service has removed this operation.',
    });
    expect(mapException(apiException(410)).mirror).not.toHaveProperty('purchaseUrl');
  });

  it('has no address and no name of OpenRouter in gateway, whatever the exception knows', () => {
    const known = {
      message: 'OpenRouter said: see https://openrouter.ai/settings/credits',
      purchaseUrl: 'https://openrouter.ai/settings/credits',
      metadata: { limit_source: 'openrouter_credits', limit_usd: 12.5 },
      limitSource: 'openrouter_credits',
      affordableTokens: 77,
      resetsAt: new Date(0),
      operation: 'credits.getCredits',
    };
    const refusal = { message: '$0.42 is left at OpenRouter', required: 5, spendable: 0.42 };
    const exceptions = [
      ...[302, 400, 401, 402, 403, 404, 408, 409, 410, 413, 418, 422, 429, 500, 502, 503, 504, 524, 529].map(
        (status) => apiException(status, known),
      ),
      ...Object.entries(CLIENT_EXCEPTIONS).flatMap(([kind, exception]) =>
        kind === 'validation' ? [] : [exception],
      ),
      new OpenRouterInsufficientCreditsException(refusal),
      new OpenRouterInsufficientCreditsException({ ...refusal, spendable: null }),
    ];
    for (const exception of exceptions) {
      const { code, ...told } = mapException(exception).gateway;
      expect(code).toBe(exception.code);
      expect(JSON.stringify(told)).not.toMatch(/openrouter|https?:|\$|0\.42|12\.5|77/i);
    }
  });

  it('takes the status of a refusal that its route has chosen', () => {
    const refused = (spendable: number | null) =>
      mapException(
        new OpenRouterInsufficientCreditsException({
          message: 'own text',
          required: 5,
          spendable,
          status: 503,
        }),
      );
    expect(refused(1).mirror).toMatchObject({ status: 503, message: 'own text' });
    expect(refused(1).gateway).toMatchObject({ status: 503, message: 'There are not enough credits left.' });
    expect(refused(null).gateway).toMatchObject({
      status: 503,
      message: 'It is not known whether there are enough credits.',
    });
  });

  it.each([
    [402, true, true],
    [408, false, false],
    [429, true, true],
    [500, false, false],
    [502, false, false],
    [503, true, true],
    [504, false, false],
    [529, true, true],
    [404, false, false],
  ])('API %d: Retry-After in mirror %s, in gateway %s', (status, inMirror, inGateway) => {
    const { mirror, gateway } = mapException(apiException(status, { retryAfterMs: 2500 }));
    expect([mirror.retryAfterMs, gateway.retryAfterMs]).toEqual([
      inMirror ? 2500 : undefined,
      inGateway ? 2500 : undefined,
    ]);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, -1, undefined])(
    'has no Retry-After for %p',
    (retryAfterMs) => {
      expect(mapException(apiException(429, { retryAfterMs })).mirror).not.toHaveProperty('retryAfterMs');
    },
  );
});

describe('retryAfterSeconds', () => {
  it.each([
    [0, 1],
    [1, 1],
    [1000, 1],
    [1001, 2],
    [60_000, 60],
    [undefined, undefined],
  ])('%p ms → %p s', (retryAfterMs, seconds) => {
    expect(retryAfterSeconds({ status: 429, message: '', code: '', retryAfterMs })).toBe(seconds);
  });
});

/** Something that cannot even be looked at. */
function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

describe('decide', () => {
  const exception = apiException(401);
  const { gateway } = mapException(exception);

  it('takes the named mapping', () => {
    expect(decide(exception, 'mirror').error.status).toBe(401);
    expect(decide(exception, 'gateway').error.status).toBe(502);
  });

  it('lets a function choose between both', () => {
    expect(decide(exception, (_, { mirror }) => mirror).error).toMatchObject({ status: 401 });
    expect(decide(exception, (_, defaults) => defaults.gateway).error).toMatchObject({ status: 502 });
  });

  it('lets a function answer with something else, in known fields only', () => {
    const own = {
      status: 451,
      message: 'no',
      code: 'NO',
      retryAfterMs: 0,
      requestId: 'r',
      purchaseUrl: 'u',
      errors: [{ property: 'p', reasons: ['q'] }],
    };
    const decision = decide(exception, (thrown, defaults) => {
      expect(thrown).toBe(exception);
      return { ...defaults.mirror, ...own, apiKey: 'x' };
    });
    expect(decision).toEqual({ error: own });
  });

  it.each([
    undefined,
    null,
    'mirror',
    Promise.resolve(gateway),
    { ...gateway, status: 200 },
    { ...gateway, status: 399 },
    { ...gateway, status: 600 },
    { ...gateway, status: 500.5 },
    { ...gateway, status: '500' },
    { ...gateway, message: undefined },
    { ...gateway, code: 7 },
    { ...gateway, retryAfterMs: -1 },
    { ...gateway, retryAfterMs: '5' },
    { ...gateway, requestId: {} },
    { ...gateway, purchaseUrl: null },
    { ...gateway, errors: 'all' },
    { ...gateway, errors: [null] },
    { ...gateway, errors: [{ property: 1, reasons: [] }] },
    { ...gateway, errors: [{ property: 'p', reasons: [1] }] },
  ])('answers as gateway when the function returns %p', (nonsense) => {
    const mapper = (() => nonsense) as unknown as OpenRouterExceptionMapper;
    expect(decide(exception, mapper)).toEqual({ error: gateway, fault: 'returned no valid error' });
  });

  it('answers as gateway when the function throws, and tells what it threw', () => {
    const decision = decide(exception, (_, defaults) => {
      defaults.gateway.status = 200;
      throw new TypeError('exception.metadata is undefined');
    });
    expect(decision).toEqual({
      error: gateway,
      fault: 'threw TypeError (exception.metadata is undefined)',
    });
  });

  it.each([
    ['text', 'threw string (text)'],
    [null, 'threw object'],
    [undefined, 'threw undefined'],
    [new RangeError(''), 'threw RangeError'],
    [new Error(`for sk-or-v1-${'ab12'.repeat(16)}\n\u001b[31m`), 'threw Error (for [redacted] [31m)'],
    [new Error('x'.repeat(5_000)), `threw Error (${'x'.repeat(200)}…)`],
    [revoked(), 'threw object'],
  ])('tells what was thrown (%#)', (thrown, fault) => {
    const decision = decide(exception, () => {
      throw thrown as unknown as Error;
    });
    expect(decision).toEqual({ error: gateway, fault });
  });
});

describe('nestBody', () => {
  it('has the message when no argument has a reason', () => {
    const error = mapException(new OpenRouterValidationException('amount', [])).mirror;
    expect(nestBody(error)).toMatchObject({ message: 'amount: . Nothing was sent.', errors: [] });
  });

  it('names a status without a phrase an error', () => {
    expect(nestBody({ status: 499, message: 'm', code: 'c' })).toMatchObject({
      statusCode: 499,
      error: 'Error',
    });
  });
});

describe('describeForLog', () => {
  it('has the operation and the request of an API exception', () => {
    expect(describeForLog(apiException(500, { requestId: 'req-1' }))).toBe(
      'OpenRouterInternalServerException OPENROUTER_INTERNAL_SERVER in credits.getCredits (request req-1): upstream said 500',
    );
    expect(describeForLog(apiException(500))).not.toContain('(request');
  });

  it('has the name, code and message of any other', () => {
    expect(describeForLog(CLIENT_EXCEPTIONS.timeout)).toBe(
      'OpenRouterTimeoutException OPENROUTER_TIMEOUT (delivery unknown, phase body): own text',
    );
  });
});
