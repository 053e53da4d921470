import { describe, expect, it } from '@jest/globals';
import { awaitDeadline, nextLookDelay, type LookQuestion } from '../../../lib/http/recovery/not-found-yet.js';

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
