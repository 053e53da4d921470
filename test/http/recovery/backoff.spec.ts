import { describe, expect, it } from '@jest/globals';
import { OpenRouterApiException } from '../../../lib/errors/index.js';
import { Backoff } from '../../../lib/http/recovery/backoff.js';
import { RetryBudget } from '../../../lib/http/recovery/retry-budget.js';
import { DEFAULT_RETRY } from '../../../lib/options/option-defaults.js';

const busy = { exception: new OpenRouterApiException({ status: 503, message: 'no' }), transient: false };
const throttled = { exception: new OpenRouterApiException({ status: 429, message: 'no' }), transient: false };
const refused = { exception: new OpenRouterApiException({ status: 400, message: 'no' }), transient: false };

const TIME = { elapsedMs: 0, remainingMs: 30_000 };

/** Takes everything from a budget, and says how many retries after a 429 that was. */
function drain(budget: RetryBudget): number {
  let count = 0;
  while (budget.take(throttled) !== undefined) count += 1;
  return count;
}

describe('the backoff of a call', () => {
  it.each<[string, (typeof busy)[], (number | undefined)[], Partial<typeof DEFAULT_RETRY>]>([
    ['doubles its bound with each retry', [busy, busy, busy], [250, 500, 1_000], {}],
    ['ends after `maxRetries`', [busy, throttled, busy], [250, 500, undefined], { maxRetries: 2 }],
    ['is none with `maxRetries` 0', [busy], [undefined], { maxRetries: 0 }],
    ['counts its own retries alone', [refused, refused, busy, busy], [undefined, undefined, 250, 500], {}],
  ])('%s', (_title, failures, expected, settings) => {
    const backoff = new Backoff({ ...DEFAULT_RETRY, ...settings }, true, new RetryBudget(), () => 0.5);
    expect(failures.map((failure) => backoff.after(failure, TIME)?.delayMs)).toEqual(expected);
  });

  it.each([
    ['a call that may be sent twice', true, 250],
    ['a creation', false, undefined],
  ])('after a 503 of %s', (_title, isIdempotent, expected) => {
    const backoff = new Backoff(DEFAULT_RETRY, isIdempotent, new RetryBudget(), () => 0.5);
    expect(backoff.after(busy, TIME)?.delayMs).toBe(expected);
  });

  it('is none without settings', () => {
    const budget = new RetryBudget();
    expect(new Backoff(false, true, budget).after(busy, TIME)).toBeUndefined();
    expect(drain(budget)).toBe(100);
  });

  it('draws a new number for each delay', () => {
    const numbers = [0, 0.5, 0.25];
    const backoff = new Backoff(DEFAULT_RETRY, true, new RetryBudget(), () => numbers.shift()!);
    expect([busy, busy, busy].map((failure) => backoff.after(failure, TIME)?.delayMs)).toEqual([0, 500, 500]);
  });

  it('ends where the budget of the account does', () => {
    const budget = new RetryBudget();
    drain(budget);
    const backoff = new Backoff(DEFAULT_RETRY, true, budget);
    expect(backoff.after(busy, TIME)).toBeUndefined();

    budget.refund(5);
    expect(backoff.after(busy, TIME)).toBeUndefined();
    expect(backoff.after(throttled, TIME)).toBeDefined();
  });

  it.each([
    ['a 503', [busy], 10],
    ['a 429', [throttled], 5],
    ['several failures, of the last one', [busy, throttled], 5],
    ['none, a little', [], 1],
  ])(
    'gives back what the last retry has cost once the call succeeds: after %s',
    (_title, failures, tokens) => {
      const budget = new RetryBudget();
      const backoff = new Backoff(DEFAULT_RETRY, true, budget, () => 0);
      for (const failure of failures) backoff.after(failure, TIME);
      drain(budget);
      backoff.succeeded();
      let count = 0;
      // Ten tokens are one retry more: what is missing for it was not given back.
      while (budget.take(busy) === undefined) {
        budget.refund(1);
        count += 1;
      }
      expect(10 - count).toBe(tokens);
    },
  );
});
