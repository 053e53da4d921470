import { jest } from '@jest/globals';
import type { BalanceStore } from '../../../lib/contracts/balance-store.js';

const METHODS = ['read', 'begin', 'end', 'write', 'invalidate', 'addSpend', 'claimAlert'] as const;

/** A store that does the same for every method. */
export function storeThat(does: (method: string, given: unknown[]) => unknown): BalanceStore {
  return Object.fromEntries(
    METHODS.map((name) => [name, (...given: unknown[]) => does(name, given)]),
  ) as unknown as BalanceStore;
}

/** A store of which one method may answer later, or fail, like another one otherwise. */
export function storeWith<Name extends keyof BalanceStore>(
  store: BalanceStore,
  name: Name,
  method: BalanceStore[Name],
): BalanceStore {
  return new Proxy(store, {
    get: (target, wanted: Name) =>
      wanted === name
        ? method
        : typeof target[wanted] === 'function'
          ? target[wanted].bind(target)
          : target[wanted],
  });
}

/** Waits by the timers of the test. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Lets time pass until a promise is settled. */
export async function settle<T>(promise: Promise<T>, stepMs = 10): Promise<T> {
  const state = { isSettled: false };
  promise
    .catch(() => undefined)
    .finally(() => {
      state.isSettled = true;
    });
  while (!state.isSettled) await jest.advanceTimersByTimeAsync(stepMs);
  return promise;
}
