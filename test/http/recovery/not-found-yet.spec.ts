import { describe, expect, it } from '@jest/globals';
import { OpenRouterApiException, OpenRouterNotFoundException } from '../../../lib/errors/index.js';
import {
  awaitDeadline,
  type LookQuestion,
  nextLookDelay,
  NotFoundYet,
} from '../../../lib/http/recovery/not-found-yet.js';

function question(over: Partial<LookQuestion>): LookQuestion {
  return {
    awaitMs: 60_000,
    elapsedMs: 0,
    remainingMs: 70_000,
    misses: 1,
    retryAfterMs: undefined,
    random: 0,
    ...over,
  };
}

describe('the wait for what is not there yet', () => {
  it.each([
    [1, 0, 125],
    [1, 0.5, 187.5],
    [1, 0.999_999, 249.999_875],
    [2, 0, 250],
    [3, 0, 500],
    [5, 0, 2_000],
    [6, 0, 2_000],
    [2_000, 0.5, 3_000],
  ])('after miss %i with the random number %d is %d ms', (misses, random, expected) => {
    expect(nextLookDelay(question({ misses, random }))).toBeCloseTo(expected, 6);
  });

  it.each<[string, Partial<LookQuestion>, number | undefined]>([
    ['is cut so that the last look comes at its end', { awaitMs: 1_000, elapsedMs: 940 }, 60],
    ['ends at its end', { awaitMs: 1_000, elapsedMs: 1_000 }, undefined],
    ['ends after its end', { awaitMs: 1_000, elapsedMs: 4_000 }, undefined],
    ['ends where a timer was early', { awaitMs: 1_000, elapsedMs: 999.5 }, undefined],
    ['is what the server asks for, if that is longer', { retryAfterMs: 2_000 }, 2_000],
    ['is not shortened by the server', { retryAfterMs: 0 }, 125],
    ['ends where the server asks for more than is left', { awaitMs: 1_000, retryAfterMs: 1_001 }, undefined],
    ['ends where it would pass the deadline', { remainingMs: 125 }, undefined],
    ['goes on just before the deadline', { remainingMs: 125.1 }, 125],
    ['ends with the call', { elapsedMs: 70_000, remainingMs: 0 }, undefined],
  ])('%s', (_title, over, expected) => {
    expect(nextLookDelay(question(over))).toBe(expected);
  });
});

describe('the deadline of a call that waits', () => {
  it.each([
    [1_000, 10_000, 11_000],
    [0.5, 1, 1.5],
    [2_147_483_647, 10_000, 2_147_483_647],
  ])('for %d ms with attempts of %d ms is %d ms', (awaitMs, timeoutMs, expected) => {
    expect(awaitDeadline(awaitMs, timeoutMs)).toBe(expected);
  });
});

describe('the recovery from a 404 of what is not there yet', () => {
  const missing = { exception: new OpenRouterNotFoundException({ message: 'no' }), transient: false };
  const later = {
    exception: new OpenRouterNotFoundException({ message: 'no', retryAfterMs: 3_000 }),
    transient: false,
  };
  const busy = { exception: new OpenRouterApiException({ status: 503, message: 'no' }), transient: false };

  it.each([
    ['waits longer with each miss', [missing, missing, missing], [125, 250, 500]],
    ['waits as long as the server asks', [later, missing], [3_000, 250]],
    ['counts misses alone', [missing, busy, missing], [125, undefined, 250]],
  ])('%s', (_title, failures, expected) => {
    const recovery = new NotFoundYet(60_000, () => 0);
    const time = { elapsedMs: 0, remainingMs: 70_000 };
    expect(failures.map((failure) => recovery.after(failure, time)?.delayMs)).toEqual(expected);
  });

  it('ends with the wait', () => {
    const recovery = new NotFoundYet(1_000, () => 0);
    const waits = [0, 950, 1_000].map(
      (elapsedMs) => recovery.after(missing, { elapsedMs, remainingMs: 2_000 })?.delayMs,
    );
    expect(waits).toEqual([125, 50, undefined]);
  });
});
