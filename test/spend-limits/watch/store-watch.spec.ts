import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { STEADY_MS, StoreWatch, type StoreWatchParts } from '../../../lib/spend-limits/watch/store-watch.js';
import { BoundedSpendStore } from '../../../lib/spend-limits/store/bounded-spend-store.js';
import { OpenRouterSpendStoreException, type SpendStore } from '../../../lib/index.js';

const CLOCK = { now: () => 0, wallNow: () => 0, random: () => 0 };

let log: jest.SpiedFunction<Logger['warn']>;

/** What becomes known of the outages of a store, in order. */
function watched(parts: Partial<StoreWatchParts> = {}): { watch: StoreWatch; told: string[] } {
  const told: string[] = [];
  const watch = new StoreWatch({
    onStoreFailure: 'refuse',
    clock: CLOCK,
    scrub: (text) => text.replace('sk-or-v1-secret', '***'),
    onAlert: ({ type }) => told.push(type),
    onSteady: () => told.push('steady'),
    ...parts,
  });
  return { watch, told };
}

beforeEach(() => {
  jest.useFakeTimers();
  log = jest.spyOn(Logger.prototype, 'warn').mockReturnValue();
});

afterEach(() => {
  jest.useRealTimers();
  jest.restoreAllMocks();
});

describe('an outage of a store', () => {
  it('is over once the store has answered for some time', () => {
    const { watch, told } = watched();
    expect(watch.isAway).toBe(false);
    watch.changed(false, 'gone');
    watch.changed(true, '');
    jest.advanceTimersByTime(STEADY_MS - 1);
    expect([watch.isAway, told]).toEqual([true, ['unavailable']]);
    jest.advanceTimersByTime(1);
    expect([watch.isAway, told]).toEqual([false, ['unavailable', 'steady', 'recovered']]);
  });

  it('is one, however often the store answers a call in between', () => {
    const { watch, told } = watched();
    for (let count = 0; count < 20; count += 1) {
      watch.changed(false, 'slow');
      watch.changed(true, '');
      jest.advanceTimersByTime(STEADY_MS - 1);
    }
    expect(told).toEqual(['unavailable']);
    expect(log).toHaveBeenCalledTimes(1);
    jest.advanceTimersByTime(1);
    watch.changed(false, 'slow again');
    expect(told).toEqual(['unavailable', 'steady', 'recovered', 'unavailable']);
  });

  it('is told with its reason, without a key', () => {
    const { watch } = watched({ onStoreFailure: { allowUsd: 2 } });
    watch.changed(false, 'refused for sk-or-v1-secret');
    expect(log.mock.calls).toEqual([
      [
        'spendLimits: the store does not answer; completions are allowed up to $2 in this process (`onStoreFailure`). ' +
          'Reason: refused for ***.',
      ],
    ]);
  });

  it('keeps no timer after the end of the account', () => {
    const { watch, told } = watched();
    watch.changed(false, 'gone');
    watch.changed(true, '');
    watch.close();
    expect(jest.getTimerCount()).toBe(0);
    jest.advanceTimersByTime(2 * STEADY_MS);
    expect(told).toEqual(['unavailable']);
  });
});

describe('the reason of a store', () => {
  const withCode = Object.assign(new Error('redis://:password@host is away'), { code: 'ECONNREFUSED' });
  class MaxRetriesPerRequestError extends Error {
    override readonly name = 'MaxRetriesPerRequestError';
  }

  it.each<[string, unknown, string]>([
    ['a code', withCode, 'it has failed (ECONNREFUSED)'],
    [
      'a class of errors',
      new MaxRetriesPerRequestError('password'),
      'it has failed (MaxRetriesPerRequestError)',
    ],
    ['an error of no class', new Error('password'), 'it has failed'],
    ['no error at all', 'password', 'it has failed'],
    ['a code that may be anything', { code: 'pass word' }, 'it has failed'],
    ['what the store says itself', new OpenRouterSpendStoreException('It is full.'), 'It is full.'],
  ])('is logged without secrets: %s', async (_what, error, reason) => {
    jest.useRealTimers();
    const seen: unknown[] = [];
    const bounded = new BoundedSpendStore({} as SpendStore, 'a', (...health) => seen.push(health));
    await bounded.ask(() => Promise.reject(error as Error));
    await bounded.ask(() => Promise.resolve());
    expect(seen).toEqual([
      [false, reason],
      [true, ''],
    ]);
  });

  it('is that it was too slow', async () => {
    jest.useRealTimers();
    const seen: unknown[] = [];
    const bounded = new BoundedSpendStore({} as SpendStore, 'a', (...health) => seen.push(health));
    await bounded.ask(() => new Promise(() => undefined), 5);
    expect(seen).toEqual([[false, 'no answer within 5 ms']]);
  });
});
