import { describe, expect, it } from '@jest/globals';
import {
  OpenRouterAbortException,
  OpenRouterApiException,
  OpenRouterConnectionException,
} from '../../../lib/errors/index.js';
import type { OpenRouterDelivery } from '../../../lib/contracts/delivery.js';
import { delayBefore, retryDelay, type RetryQuestion } from '../../../lib/http/recovery/retry-policy.js';
import { DEFAULT_RETRY } from '../../../lib/options/option-defaults.js';

function apiFailure(
  status: number,
  more: { limitSource?: string; retryAfterMs?: number; retryable?: boolean } = {},
) {
  return { exception: new OpenRouterApiException({ status, message: 'no', ...more }), transient: false };
}

function connectionFailure(delivery: OpenRouterDelivery, transient = true) {
  return {
    exception: new OpenRouterConnectionException({ message: 'lost', delivery, phase: 'connect' }),
    transient,
  };
}

function question(over: Partial<RetryQuestion>): RetryQuestion {
  return {
    settings: DEFAULT_RETRY,
    isIdempotent: true,
    failure: apiFailure(503),
    attempts: 1,
    remainingMs: 30_000,
    random: 0.5,
    ...over,
  };
}

describe('the wait before the next attempt', () => {
  it.each([
    [1, 0, 0],
    [1, 0.5, 250],
    [1, 0.999, 499.5],
    [2, 0.5, 500],
    [3, 0.5, 1_000],
    [4, 0.5, 2_000],
    [5, 0.5, 4_000],
    [6, 0.5, 4_000],
    [60, 0.5, 4_000],
    [2_000, 0.5, 4_000],
  ])('after attempt %i with the random number %d is %d ms', (attempts, random, expected) => {
    expect(delayBefore(DEFAULT_RETRY, attempts, undefined, random)).toBeCloseTo(expected, 9);
  });

  it.each([
    [1, 1_000, 0, 1_000],
    [1, 1_000, 0.5, 1_025],
    [3, 1_000, 0.5, 1_100],
    [1, 120_000, 0.9, 120_045],
    [9, 1, 0.5, 401],
  ])('is never below what the server asks for (attempt %i, %d ms)', (attempts, asked, random, expected) => {
    expect(delayBefore(DEFAULT_RETRY, attempts, asked, random)).toBeCloseTo(expected, 9);
  });

  it('is the own one where the server asks for none, so that 0 is no hot loop', () => {
    expect(delayBefore(DEFAULT_RETRY, 1, 0, 0.5)).toBe(250);
  });

  it('follows the settings', () => {
    const settings = { ...DEFAULT_RETRY, initialDelayMs: 10, backoffMultiplier: 3, maxDelayMs: 50 };
    expect([1, 2, 3].map((attempts) => delayBefore(settings, attempts, undefined, 1))).toEqual([10, 30, 50]);
  });
});

describe('whether there is a next attempt', () => {
  it.each([
    [400, false],
    [401, false],
    [402, false],
    [403, false],
    [404, false],
    [408, true],
    [409, false],
    [410, false],
    [413, false],
    [422, false],
    [425, false],
    [429, true],
    [500, true],
    [501, false],
    [502, true],
    [503, true],
    [504, true],
    [505, false],
    [520, true],
    [521, true],
    [522, true],
    [523, true],
    [524, true],
    [525, true],
    [526, false],
    [527, true],
    [529, true],
    [302, false],
  ])('after a %i of a GET: %s; of a creation: never', (status, expected) => {
    expect(retryDelay(question({ failure: apiFailure(status) })) !== undefined).toBe(expected);
    expect(retryDelay(question({ failure: apiFailure(status), isIdempotent: false }))).toBeUndefined();
  });

  it.each<[string, ReturnType<typeof apiFailure>, boolean]>([
    ['402 without a word', apiFailure(402), false],
    ['402 of an empty account', apiFailure(402, { limitSource: 'openrouter_credits' }), false],
    [
      '402 of the in-flight budget',
      apiFailure(402, { limitSource: 'openrouter_in_flight_budget', retryAfterMs: 2_000 }),
      true,
    ],
    [
      '402 of the in-flight budget alone',
      apiFailure(402, { limitSource: 'openrouter_in_flight_budget' }),
      true,
    ],
    ['402 with Retry-After', apiFailure(402, { retryAfterMs: 2_000 }), true],
    [
      '402 of an empty account with Retry-After',
      apiFailure(402, { limitSource: 'openrouter_credits', retryAfterMs: 2_000 }),
      false,
    ],
    [
      '402 of a spent key with Retry-After',
      apiFailure(402, { limitSource: 'openrouter_key_limit', retryAfterMs: 2_000 }),
      false,
    ],
    [
      '402 of a limit that is not known, with Retry-After',
      apiFailure(402, { limitSource: 'openrouter_moon_budget', retryAfterMs: 2_000 }),
      true,
    ],
    ['429 of the daily free cap', apiFailure(429, { limitSource: 'openrouter_free_tier_daily' }), false],
    ['429 of a provider', apiFailure(429, { limitSource: 'upstream_provider_shared_pool' }), true],
    ['403 with Retry-After', apiFailure(403, { retryAfterMs: 2_000 }), false],
  ])('after %s', (_name, failure, expected) => {
    expect(retryDelay(question({ failure })) !== undefined).toBe(expected);
  });

  it.each<[string, Partial<RetryQuestion>, boolean]>([
    ['a GET whose effect is unknown', { failure: connectionFailure('unknown') }, true],
    ['a GET that was not sent', { failure: connectionFailure('not-sent') }, true],
    ['a creation that was not sent', { failure: connectionFailure('not-sent'), isIdempotent: false }, true],
    [
      'a creation whose effect is unknown',
      { failure: connectionFailure('unknown'), isIdempotent: false },
      false,
    ],
    ['a creation that was refused', { failure: connectionFailure('rejected'), isIdempotent: false }, false],
    [
      'a creation whose answer was lost',
      { failure: connectionFailure('applied'), isIdempotent: false },
      false,
    ],
    ['a GET that fails for good', { failure: connectionFailure('not-sent', false) }, false],
    [
      'a creation that fails for good',
      { failure: connectionFailure('not-sent', false), isIdempotent: false },
      false,
    ],
    [
      'an abort',
      {
        failure: {
          exception: new OpenRouterAbortException({ message: 'ended', delivery: 'not-sent' }),
          transient: false,
        },
      },
      false,
    ],
  ])('after %s', (_name, over, expected) => {
    expect(retryDelay(question(over)) !== undefined).toBe(expected);
  });

  it('after the 429 of a creation only where the user opted in, and after no other refusal', () => {
    const settings = { ...DEFAULT_RETRY, retryThrottledPost: true };
    const may = [408, 409, 429, 500, 503].filter(
      (status) =>
        retryDelay(question({ settings, isIdempotent: false, failure: apiFailure(status) })) !== undefined,
    );
    expect(may).toEqual([429]);
  });

  it('keeps to maxRetries', () => {
    const settings = { ...DEFAULT_RETRY, maxRetries: 2 };
    expect(
      [1, 2, 3, 4].map((attempts) => retryDelay(question({ settings, attempts })) !== undefined),
    ).toEqual([true, true, false, false]);
    expect(retryDelay(question({ settings: { ...DEFAULT_RETRY, maxRetries: 0 } }))).toBeUndefined();
    expect(retryDelay(question({ settings: false }))).toBeUndefined();
  });

  it.each([
    [250.1, true],
    [250, false],
    [0, false],
  ])('does not wait past the deadline: with %d ms left %s', (remainingMs, expected) => {
    expect(retryDelay(question({ remainingMs })) !== undefined).toBe(expected);
  });

  it('gives up at once where the server asks for more than is left', () => {
    const failure = apiFailure(429, { retryAfterMs: 3_600_000 });
    expect(retryDelay(question({ failure, remainingMs: 30_000 }))).toBeUndefined();
    expect(retryDelay(question({ failure, remainingMs: 3_700_000 }))).toBe(3_600_025);
  });

  it.each<[number, boolean, Partial<RetryQuestion>, boolean]>([
    [503, false, {}, false],
    [400, true, {}, true],
    [400, true, { attempts: 4 }, false],
    [400, true, { settings: false }, false],
    [503, true, { isIdempotent: false }, false],
    [429, true, { isIdempotent: false, settings: { ...DEFAULT_RETRY, retryThrottledPost: true } }, true],
    [429, false, { isIdempotent: false, settings: { ...DEFAULT_RETRY, retryThrottledPost: true } }, false],
  ])('after a %i that says %s of itself', (status, retryable, over, expected) => {
    const failure = apiFailure(status, { retryable });
    expect(retryDelay(question({ failure, ...over })) !== undefined).toBe(expected);
  });

  it('asks only for the statuses of the settings', () => {
    const settings = { ...DEFAULT_RETRY, retryCodes: [418] };
    expect(
      [418, 429, 503].map((status) => retryDelay(question({ settings, failure: apiFailure(status) }))),
    ).toEqual([250, undefined, undefined]);
  });
});
