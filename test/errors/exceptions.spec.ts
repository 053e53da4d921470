import { inspect } from 'node:util';
import { describe, expect, it, jest } from '@jest/globals';
import * as errors from '../../lib/errors/index.js';
import { safeCause } from '../../lib/errors/safe-cause.js';
import { createScrub } from '../../lib/secret/scrub.js';
import { leaksIn } from '../support/leaks.js';

const KEY = `sk-or-v1-${'dd44ee55'.repeat(8)}`;

type Errors = typeof errors;
type ClassName = Extract<keyof Errors, `OpenRouter${string}`>;

const API_CLASSES = {
  OpenRouterBadRequestException: [400, 'OPENROUTER_BAD_REQUEST'],
  OpenRouterUnauthorizedException: [401, 'OPENROUTER_UNAUTHORIZED'],
  OpenRouterPaymentRequiredException: [402, 'OPENROUTER_PAYMENT_REQUIRED'],
  OpenRouterForbiddenException: [403, 'OPENROUTER_FORBIDDEN'],
  OpenRouterNotFoundException: [404, 'OPENROUTER_NOT_FOUND'],
  OpenRouterRequestTimeoutException: [408, 'OPENROUTER_REQUEST_TIMEOUT'],
  OpenRouterConflictException: [409, 'OPENROUTER_CONFLICT'],
  OpenRouterGoneException: [410, 'OPENROUTER_GONE'],
  OpenRouterPayloadTooLargeException: [413, 'OPENROUTER_PAYLOAD_TOO_LARGE'],
  OpenRouterUnprocessableEntityException: [422, 'OPENROUTER_UNPROCESSABLE_ENTITY'],
  OpenRouterTooManyRequestsException: [429, 'OPENROUTER_TOO_MANY_REQUESTS'],
  OpenRouterInternalServerException: [500, 'OPENROUTER_INTERNAL_SERVER'],
  OpenRouterBadGatewayException: [502, 'OPENROUTER_BAD_GATEWAY'],
  OpenRouterServiceUnavailableException: [503, 'OPENROUTER_SERVICE_UNAVAILABLE'],
  OpenRouterGatewayTimeoutException: [504, 'OPENROUTER_GATEWAY_TIMEOUT'],
  OpenRouterEdgeNetworkTimeoutException: [524, 'OPENROUTER_EDGE_NETWORK_TIMEOUT'],
  OpenRouterProviderOverloadedException: [529, 'OPENROUTER_PROVIDER_OVERLOADED'],
} as const satisfies Partial<Record<ClassName, readonly [number, string]>>;

const OTHER_CLASSES = {
  OpenRouterApiException: 'OPENROUTER_API_ERROR',
  OpenRouterConfigException: 'OPENROUTER_CONFIG',
  OpenRouterValidationException: 'OPENROUTER_VALIDATION',
  OpenRouterConnectionException: 'OPENROUTER_CONNECTION',
  OpenRouterTimeoutException: 'OPENROUTER_TIMEOUT',
  OpenRouterAbortException: 'OPENROUTER_ABORTED',
  OpenRouterResponseException: 'OPENROUTER_RESPONSE',
  OpenRouterInsufficientCreditsException: 'OPENROUTER_INSUFFICIENT_CREDITS',
  OpenRouterSpendLimitException: 'OPENROUTER_SPEND_LIMIT',
  OpenRouterSpendStoreException: 'OPENROUTER_SPEND_STORE',
} as const satisfies Partial<Record<ClassName, string>>;

const LEAVES = [...Object.keys(API_CLASSES), ...Object.keys(OTHER_CLASSES)] as (
  keyof typeof API_CLASSES | keyof typeof OTHER_CLASSES
)[];

/** One instance of each class, of either copy of the package. */
function instances(from: Errors, message = 'what happened'): Record<string, Error> {
  const failure = { message, delivery: 'unknown', phase: 'headers' } as const;
  const made: Record<string, Error> = {
    OpenRouterApiException: new from.OpenRouterApiException({ status: 418, message }),
    OpenRouterConfigException: new from.OpenRouterConfigException(message),
    OpenRouterValidationException: new from.OpenRouterValidationException(message, []),
    OpenRouterConnectionException: new from.OpenRouterConnectionException(failure),
    OpenRouterTimeoutException: new from.OpenRouterTimeoutException({ ...failure, timeoutMs: 5 }),
    OpenRouterAbortException: new from.OpenRouterAbortException(failure),
    OpenRouterResponseException: new from.OpenRouterResponseException({ ...failure, path: 'data.id' }),
    OpenRouterInsufficientCreditsException: new from.OpenRouterInsufficientCreditsException({
      message,
      required: 5,
      spendable: null,
    }),
    OpenRouterSpendLimitException: new from.OpenRouterSpendLimitException({
      message,
      rule: 'tenant',
      subject: { tenant: 'acme' },
      period: 'day',
      limitUsd: 2,
      spentUsd: 1.99,
      heldUsd: 0,
      requiredUsd: 0.05,
      resetsAt: new Date(0),
    }),
    OpenRouterSpendStoreException: new from.OpenRouterSpendStoreException(message),
  };
  for (const name of Object.keys(API_CLASSES) as (keyof typeof API_CLASSES)[]) {
    made[name] = new from[name]({ message });
  }
  return made;
}

/** The names of the classes that an instance of a class is one of. */
function lineage(name: string): string[] {
  const own = name === 'OpenRouterApiException' ? [] : [name];
  const api = name in API_CLASSES || name === 'OpenRouterApiException' ? ['OpenRouterApiException'] : [];
  return [...own, ...api, 'OpenRouterException'].sort();
}

function matches(value: unknown, from: Errors): string[] {
  return ([...LEAVES, 'OpenRouterException'] as ClassName[])
    .filter((name) => value instanceof (from[name] as unknown as new () => Error))
    .sort();
}

describe('every exception class', () => {
  const made = instances(errors);

  it('is covered here', () => {
    const exported = Object.keys(errors).filter((name) => /^OpenRouter\w*Exception$/.test(name));
    expect(exported.sort()).toEqual([...LEAVES, 'OpenRouterException'].sort());
  });

  it.each(LEAVES)('%s has its name, code, and first line of stack', (name) => {
    const exception = made[name]!;
    const code =
      name in API_CLASSES
        ? API_CLASSES[name as keyof typeof API_CLASSES][1]
        : OTHER_CLASSES[name as keyof typeof OTHER_CLASSES];
    const text =
      name === 'OpenRouterValidationException' ? 'what happened: . Nothing was sent.' : 'what happened';
    expect(exception.name).toBe(name);
    expect(exception.constructor.name).toBe(name);
    expect(exception.message).toBe(text);
    expect(Reflect.get(exception, 'code')).toBe(code);
    expect(exception.stack!.split('\n')[0]).toBe(`${name}: ${text}`);
    expect(exception.stack).toContain('exceptions.spec');
    expect(String(exception)).toBe(`${name}: ${text}`);
    expect(Object.keys(exception)).not.toContain('name');
    expect(exception).toBeInstanceOf(Error);
    expect(exception).not.toHaveProperty('statusCode');
    expect(exception).not.toHaveProperty('getStatus');
  });

  it.each(Object.entries(API_CLASSES))('%s has its status and what follows from it', (name, [status]) => {
    expect(made[name]).toMatchObject({
      status,
      delivery: status >= 500 || status === 408 ? 'unknown' : 'rejected',
      operation: 'unknown',
    });
    expect(Object.keys(made[name]!).sort()).toEqual(['code', 'delivery', 'operation', 'status']);
  });

  it.each(LEAVES)('%s is one of its own kind and of its parents, and of no sibling', (name) => {
    expect(matches(made[name], errors)).toEqual(lineage(name));
    expect(errors.isOpenRouterException(made[name])).toBe(true);
  });

  it('has a code of its own', () => {
    const codes = Object.values(made).map((exception) => Reflect.get(exception, 'code') as unknown);
    expect(new Set(codes).size).toBe(LEAVES.length);
  });

  it('keeps what it is told', () => {
    const told = {
      status: 402,
      delivery: 'applied',
      operation: 'credits.getCredits',
      metadata: { a: 1 },
      limitSource: 'openrouter_credits',
      resetsAt: new Date(5),
      retryAfterMs: 0,
      requestId: 'r',
    } as const;
    expect(new errors.OpenRouterApiException({ ...told, message: 'x' })).toMatchObject(told);
    expect(new errors.OpenRouterPaymentRequiredException({ ...told, message: 'x' })).toMatchObject(told);
    const gone = new errors.OpenRouterGoneException({ message: 'x', purchaseUrl: 'https://x.y' });
    expect(gone.purchaseUrl).toBe('https://x.y');
    expect(Object.keys(new errors.OpenRouterGoneException({ message: 'x' }))).not.toContain('purchaseUrl');
    expect(made['OpenRouterResponseException']).toMatchObject({ path: 'data.id', delivery: 'unknown' });
    expect(
      Object.keys(new errors.OpenRouterResponseException({ message: 'x', delivery: 'applied' })),
    ).not.toContain('path');
    expect(made['OpenRouterTimeoutException']).toMatchObject({ phase: 'headers', timeoutMs: 5 });
    expect(made['OpenRouterConnectionException']).toMatchObject({ phase: 'headers', delivery: 'unknown' });
  });
});

describe('a subclass of the user’s', () => {
  class MyGone extends errors.OpenRouterGoneException {
    readonly extra = 1;
  }
  class MyOther extends errors.OpenRouterGoneException {}
  class Deeper extends MyGone {}

  it('matches its own instances only', () => {
    const gone = new errors.OpenRouterGoneException({ message: 'x' });
    expect(gone).not.toBeInstanceOf(MyGone);
    expect(new MyOther({ message: 'x' })).not.toBeInstanceOf(MyGone);
    expect(new MyGone({ message: 'x' })).toBeInstanceOf(MyGone);
    expect(new Deeper({ message: 'x' })).toBeInstanceOf(MyGone);
    expect(new MyGone({ message: 'x' })).not.toBeInstanceOf(Deeper);
    for (const value of [null, undefined, 7, 'x', {}, new Error('x')]) {
      expect(value instanceof MyGone).toBe(false);
    }
  });

  it('is one of its parents, and of nobody else', () => {
    expect(matches(new Deeper({ message: 'x' }), errors)).toEqual(lineage('OpenRouterGoneException'));
    expect(errors.isOpenRouterException(new MyGone({ message: 'x' }))).toBe(true);
  });

  it('may have a code of its own where it derives from the root', () => {
    class Mine extends errors.OpenRouterException {}
    const mine = new Mine('MINE', 'x');
    expect(mine.code).toBe('MINE');
    expect(matches(mine, errors)).toEqual(['OpenRouterException']);
    expect(made()).not.toBeInstanceOf(Mine);
    function made(): Error {
      return instances(errors)['OpenRouterConfigException']!;
    }
  });
});

describe('another copy of the package', () => {
  it('has classes of its own whose instances are recognised nonetheless', async () => {
    jest.resetModules();
    const copy = (await import('../../lib/errors/index.js')) as Errors;
    const [here, there] = [instances(errors), instances(copy)];
    for (const name of LEAVES) {
      expect(copy[name]).not.toBe(errors[name]);
      expect(matches(there[name], errors)).toEqual(lineage(name));
      expect(matches(here[name], copy)).toEqual(lineage(name));
      expect(errors.isOpenRouterException(there[name])).toBe(true);
      expect(copy.isOpenRouterException(here[name])).toBe(true);
    }
    class MyGone extends errors.OpenRouterGoneException {}
    expect(there['OpenRouterGoneException']).not.toBeInstanceOf(MyGone);
    expect(new MyGone({ message: 'x' })).toBeInstanceOf(copy.OpenRouterGoneException);
    expect(new MyGone({ message: 'x' })).not.toBeInstanceOf(copy.OpenRouterNotFoundException);
  });
});

describe('isOpenRouterException', () => {
  const real = new errors.OpenRouterConfigException('x');

  it.each<[string, unknown]>([
    ['null', null],
    ['undefined', undefined],
    ['a text', 'OpenRouterException'],
    ['a number', 7],
    ['a bigint', 7n],
    ['a symbol', Symbol('x')],
    ['a function', () => real],
    ['the class itself', errors.OpenRouterException],
    ['an Error', new Error('x')],
    ['an object', {}],
    ['an object without a prototype', Object.create(null)],
    [
      'an object that looks like one',
      { name: 'OpenRouterConfigException', code: 'OPENROUTER_CONFIG', message: 'x' },
    ],
    [
      'an object with a constructor that throws',
      Object.create({
        get constructor() {
          throw new Error('x');
        },
      }),
    ],
    ['a clone', structuredClone(real)],
    ['a Proxy of an object', new Proxy({}, {})],
    ['a Promise', Promise.resolve(real)],
  ])('says no to %s', (_name, value) => {
    expect(errors.isOpenRouterException(value)).toBe(false);
    expect(value instanceof errors.OpenRouterException).toBe(false);
  });

  it('says yes to a Proxy of one', () => {
    expect(errors.isOpenRouterException(new Proxy(real, {}))).toBe(true);
    expect(new Proxy(real, {})).toBeInstanceOf(errors.OpenRouterConfigException);
    expect(new Proxy(real, {})).not.toBeInstanceOf(errors.OpenRouterApiException);
  });

  it('narrows, and leaves the other branch as it was', () => {
    const value: unknown = real;
    expect(errors.isOpenRouterException(value) ? value.code : 'none').toBe('OPENROUTER_CONFIG');
  });
});

describe('what an exception shows', () => {
  it('is its fields, name and message as JSON', () => {
    const exception = new errors.OpenRouterTooManyRequestsException({
      message: 'slow down',
      operation: 'credits.getCredits',
      retryAfterMs: 5,
      metadata: { a: [1] },
    });
    expect(JSON.parse(JSON.stringify(exception))).toEqual({
      name: 'OpenRouterTooManyRequestsException',
      message: 'slow down',
      code: 'OPENROUTER_TOO_MANY_REQUESTS',
      status: 429,
      delivery: 'rejected',
      operation: 'credits.getCredits',
      retryAfterMs: 5,
      metadata: { a: [1] },
    });
  });

  it('is neither its stack nor its cause as JSON', () => {
    const exception = new errors.OpenRouterConnectionException({
      message: 'x',
      delivery: 'unknown',
      phase: 'headers',
      cause: new Error('below'),
    });
    expect(exception.cause).toMatchObject({ message: 'below' });
    expect(JSON.stringify(exception)).toBe(
      '{"name":"OpenRouterConnectionException","message":"x","code":"OPENROUTER_CONNECTION","delivery":"unknown","phase":"headers"}',
    );
    expect(inspect(exception)).toContain('below');
  });

  it('has no cause where there is none', () => {
    for (const exception of Object.values(instances(errors))) {
      expect(Object.hasOwn(exception, 'cause')).toBe(false);
    }
  });

  it('is never a key', () => {
    for (const [name, exception] of Object.entries(instances(errors, `bad ${KEY} in Bearer abc.def`))) {
      expect([name, leaksIn(exception, [KEY])]).toEqual([name, []]);
      expect(exception.message).toContain('bad [redacted] in Bearer [redacted]');
      expect(exception.stack).not.toContain('abc.def');
    }
    const exception = new errors.OpenRouterValidationException('subject', [
      { property: KEY, constraints: { rule: `\`${KEY}\` is not known`, [KEY]: 'x' } },
    ]);
    expect(exception.message).toBe('subject: `[redacted]` is not known; x. Nothing was sent.');
    expect(exception.errors[0]).toMatchObject({
      property: '[redacted]',
      constraints: { rule: '`[redacted]` is not known' },
    });
  });
});

describe('a safe cause', () => {
  const scrub = createScrub(['gateway-secret-1']);

  it('is a fresh error with the little that helps', () => {
    const raw = Object.assign(new TypeError(`no gateway-secret-1 at ${KEY}`), {
      code: 'ECONNRESET',
      syscall: 'read',
      errno: -104,
      config: { headers: { authorization: KEY } },
    });
    const cause = safeCause(raw, scrub);
    expect(cause).not.toBe(raw);
    expect(cause.message).toBe('no [redacted] at [redacted]');
    expect(cause.name).toBe('TypeError');
    expect(Object.assign({}, cause)).toEqual({ code: 'ECONNRESET', syscall: 'read' });
    expect(cause.stack).toBeUndefined();
    expect(leaksIn(cause, [KEY, 'gateway-secret-1'])).toEqual([]);
  });

  it.each<[unknown, string]>([
    [null, ''],
    [undefined, ''],
    ['text', ''],
    [7, ''],
    [{}, ''],
    [{ message: 7, code: 7, name: null }, ''],
    [{ message: 'm' }, 'm'],
    [{ message: 'x'.repeat(10_000) }, 'x'.repeat(500)],
  ])('can be made of anything: %#', (raw, message) => {
    const cause = safeCause(raw, scrub);
    expect(cause.message).toBe(message);
    expect(cause.name).toBe('Error');
    expect(Object.keys(cause)).toEqual([]);
  });
});

describe('a value that cannot be looked at', () => {
  it('is no exception of ours, and does not throw', () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(errors.isOpenRouterException(proxy)).toBe(false);
    expect(proxy instanceof errors.OpenRouterException).toBe(false);
  });
});
