import { describe, expect, it } from '@jest/globals';
import { HttpException, type ExecutionContext } from '@nestjs/common';
import {
  OpenRouterConfigException,
  OpenRouterInsufficientCreditsException,
} from '../../lib/errors/client.exceptions.js';
import { classifyOpenRouterError } from '../../lib/errors/error-verdict.js';
import { refusalFor, refusalOf } from '../../lib/guard/credits-refusal.js';
import { isEnough, requirementOf } from '../../lib/guard/credits-requirement.js';
import { RequireCredits, SkipCreditsGuard } from '../../lib/guard/index.js';
import { requirementsOf } from '../../lib/guard/requirement-metadata.js';

describe('what @RequireCredits is given', () => {
  it('has defaults', () => {
    expect(requirementOf(undefined, undefined)).toEqual({
      minimumUsd: 0,
      account: undefined,
      status: 402,
      onUnknown: 'allow',
    });
    expect(requirementOf(0.5, { account: undefined, status: undefined, onUnknown: undefined })).toEqual({
      minimumUsd: 0.5,
      account: undefined,
      status: 402,
      onUnknown: 'allow',
    });
  });

  it('is taken over', () => {
    expect(requirementOf(5, { account: 'eu', status: 503, onUnknown: 'deny' })).toEqual({
      minimumUsd: 5,
      account: 'eu',
      status: 503,
      onUnknown: 'deny',
    });
  });

  it.each<[string, unknown, unknown, RegExp]>([
    ['a text', '5', {}, /the minimum must be a number of US dollars, 0 or more; got '5'\.$/],
    ['no number', Number.NaN, {}, /the minimum must be a number/],
    ['no end', Infinity, {}, /the minimum must be a number/],
    ['a debt', -1, {}, /the minimum must be a number/],
    ['options in its place', { account: 'eu' }, undefined, /the minimum must be a number/],
    ['null in its place', null, {}, /the minimum must be a number/],
    ['null for options', 5, null, /the options must be an object/],
    ['no object', 5, 'eu', /the options must be an object/],
    ['a list', 5, [], /the options must be an object/],
    ['a misspelt option', 5, { acount: 'eu' }, /did you mean `account`\?$/],
    ['a blank account', 5, { account: ' ' }, /`account` must be the name/],
    ['an account that is no name', 5, { account: 1 }, /`account` must be the name/],
    ['a status of success', 5, { status: 200 }, /`status` must be a whole number from 400 to 599/],
    ['a status that is a text', 5, { status: '402' }, /`status` must be/],
    ['a status that is none', 5, { status: 402.5 }, /`status` must be/],
    ['another choice', 5, { onUnknown: 'ask' }, /`onUnknown` must be 'allow' or 'deny'/],
    ['null as a choice', 5, { onUnknown: null }, /`onUnknown` must be 'allow' or 'deny'/],
  ])('is refused where it stands when it is %s', (_title, minimum, options, message) => {
    const decorate = () => RequireCredits(minimum as never, options as never);
    expect(decorate).toThrow(OpenRouterConfigException);
    expect(decorate).toThrow(message);
  });
});

describe('@RequireCredits beside @SkipCreditsGuard', () => {
  const require = RequireCredits(5);
  const skip = SkipCreditsGuard();
  const BOTH =
    /^@RequireCredits and @SkipCreditsGuard stand on one handler or controller, .+ remove one of them\.$/;

  it.each<[string, ((...given: any[]) => void)[]]>([
    ['below it', [require, skip]],
    ['above it', [skip, require]],
    ['between others', [skip, skip, require]],
  ])('is refused %s, on a handler and on a controller', (_where, decorators) => {
    const decorate = (...given: unknown[]): void => decorators.forEach((decorator) => decorator(...given));
    for (const attempt of [
      () => decorate({}, 'route', { value: () => undefined }),
      () => decorate(class Routes {}),
    ]) {
      expect(attempt).toThrow(OpenRouterConfigException);
      expect(attempt).toThrow(BOTH);
    }
  });

  it('is a matter of each target', () => {
    @RequireCredits(5)
    class Routes {
      @SkipCreditsGuard()
      free(): string {
        return 'ok';
      }
    }
    @SkipCreditsGuard()
    class FreeRoutes extends Routes {
      @RequireCredits(1)
      one(): string {
        return 'ok';
      }
    }
    expect(requirementsOf(Routes.prototype.free, Routes)).toEqual([]);
    expect(requirementsOf(FreeRoutes.prototype.one, FreeRoutes)).toMatchObject([{ minimumUsd: 1 }]);
    expect(requirementsOf(() => undefined, FreeRoutes)).toEqual([]);
  });
});

describe('isEnough', () => {
  it.each([
    [0.01, undefined, true],
    [0.000001, undefined, true],
    [0, undefined, false],
    [-1, undefined, false],
    [0, 0, false],
    [0.1, 0, true],
    [5, 5, true],
    [4.999999, 5, false],
    [5.000001, 5, true],
    [-5, 5, false],
  ])('%d with a minimum of %p is %p', (spendable, minimum, expected) => {
    expect(isEnough(spendable, requirementOf(minimum, {}))).toBe(expected);
  });
});

describe('refusalOf', () => {
  const figures = { spendable: 0.42, balance: 0.42, keyLimitRemaining: null };

  it.each<[string, unknown, object, object | undefined, string]>([
    [
      'the balance',
      5,
      {},
      figures,
      'Not enough OpenRouter credits: at least $5.00 is needed, $0.42 is left of the balance of the account.',
    ],
    [
      'the limit of the key',
      5,
      { account: 'eu' },
      { spendable: 0.3, balance: 80, keyLimitRemaining: 0.3 },
      "Not enough OpenRouter credits: at least $5.00 is needed, $0.30 is left of the limit of the API key of account 'eu'.",
    ],
    [
      'the limit where the balance is not known',
      5,
      {},
      { spendable: 0, balance: null, keyLimitRemaining: 0 },
      'Not enough OpenRouter credits: at least $5.00 is needed, $0.00 is left of the limit of the API key of the account.',
    ],
    [
      'a budget, and until when',
      undefined,
      {},
      {
        spendable: -2,
        balance: 80,
        keyLimitRemaining: 74.5,
        limitedBy: 'budget',
        resetsAt: new Date('2026-12-01T00:00:00Z'),
      },
      'Not enough OpenRouter credits: more than $0.00 is needed, -$2.00 is left of a budget of the API key of the account, which resets at 2026-12-01T00:00:00.000Z.',
    ],
    [
      'what the figures say, where spend has made another one the lowest',
      1,
      {},
      { spendable: 0.5, balance: 80, keyLimitRemaining: 74.5, limitedBy: 'balance', resetsAt: null },
      'Not enough OpenRouter credits: at least $1.00 is needed, $0.50 is left of the balance of the account.',
    ],
    [
      'a debt, every digit of it',
      undefined,
      {},
      { ...figures, spendable: -0.0000001 },
      'Not enough OpenRouter credits: more than $0.00 is needed, -$0.0000001 is left of the balance of the account.',
    ],
    [
      'less than a cent',
      0.005,
      {},
      { ...figures, spendable: 0.0049 },
      'Not enough OpenRouter credits: at least $0.005 is needed, $0.0049 is left of the balance of the account.',
    ],
    [
      'what is not told',
      5,
      {},
      { ...figures, spendable: null },
      'It is not known whether there are enough OpenRouter credits: at least $5.00 is needed, and what the account has could not be read.',
    ],
    [
      'what could not be read',
      0,
      { account: 'eu' },
      undefined,
      "It is not known whether there are enough OpenRouter credits: more than $0.00 is needed, and what account 'eu' has could not be read.",
    ],
  ])('names %s', (_title, minimum, options, known, message) => {
    const refusal = refusalOf(requirementOf(minimum, options), known as never);
    expect(refusal.message).toBe(message);
    expect(refusal).toMatchObject({
      code: 'OPENROUTER_INSUFFICIENT_CREDITS',
      required: minimum ?? 0,
      spendable: (known as { spendable: number | null } | undefined)?.spendable ?? null,
    });
    expect(refusal).not.toHaveProperty('cause');
  });

  it('keeps why nothing is known', () => {
    const cause = new Error('out of reach');
    expect(refusalOf(requirementOf(5, {}), undefined, cause).cause).toBe(cause);
  });
});

describe('refusalFor', () => {
  const figures = { spendable: 1, balance: 1, keyLimitRemaining: null };
  const refusal = refusalOf(requirementOf(5, {}), figures);
  const contextOf = (type: string) => ({ getType: () => type }) as ExecutionContext;
  const body = {
    statusCode: 402,
    message: 'Not enough OpenRouter credits.',
    error: 'Payment Required',
    code: 'OPENROUTER_INSUFFICIENT_CREDITS',
    required: 5,
  };

  it.each(['http', 'graphql'])('is an exception of Nest and of ours over %s', (type) => {
    const exception = refusalFor(contextOf(type), refusal) as HttpException & { extensions?: object };
    expect(exception).toBeInstanceOf(HttpException);
    expect(exception).toBeInstanceOf(OpenRouterInsufficientCreditsException);
    expect(exception.getStatus()).toBe(402);
    expect(exception.message).toBe(body.message);
    expect(exception.cause).toBe(refusal);
    const { statusCode, ...rest } = body;
    expect(exception.getResponse()).toEqual(type === 'http' ? body : rest);
    expect(exception.extensions).toEqual(
      type === 'http' ? undefined : { code: body.code, status: statusCode, originalError: body },
    );
  });

  it.each(['rpc', 'ws', 'telegram'])('is our own over %s', (type) => {
    expect(refusalFor(contextOf(type), refusal)).toBe(refusal);
    expect(refusal).toBeInstanceOf(OpenRouterInsufficientCreditsException);
  });

  it('names the status that was chosen', () => {
    const named = (status: number) =>
      (
        refusalFor(contextOf('http'), refusalOf(requirementOf(5, { status }), figures)) as HttpException
      ).getResponse();
    expect(named(503)).toMatchObject({ statusCode: 503, error: 'Service Unavailable' });
    expect(named(499)).toMatchObject({ statusCode: 499, error: 'Error' });
  });

  it.each(['http', 'graphql', 'rpc'])(
    'gets the verdict of a refusal that is none of OpenRouter’s over %s',
    (type) => {
      expect(classifyOpenRouterError(refusalFor(contextOf(type), refusal))).toMatchObject({
        kind: 'unknown',
        isTransient: false,
      });
    },
  );
});
