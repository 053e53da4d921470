import { describe, expect, it } from '@jest/globals';
import { inspect } from 'node:util';
import { InMemoryBalanceStore } from '../../../lib/index.js';
import { balanceStoreContract } from '../../../lib/testing/index.js';
import { describeStore } from '../../support/store-contract.js';

describeStore('InMemoryBalanceStore', balanceStoreContract, () => {
  let now = 0;
  const pass = (ms: number): Promise<void> => {
    now += ms;
    return Promise.resolve();
  };
  // A class of its own for a clock of its own: the constructor's argument is not public.
  const Store = InMemoryBalanceStore as unknown as new (clock: () => number) => InMemoryBalanceStore;
  return Promise.resolve({ store: new Store(() => now), pass });
});

describe('InMemoryBalanceStore', () => {
  it('keeps spend by the second, and not what is too old', async () => {
    let now = 0;
    const Store = InMemoryBalanceStore as unknown as new (clock: () => number) => InMemoryBalanceStore;
    const store = new Store(() => now);
    for (; now < 100_000; now += 100) {
      await store.addSpend('a1', 1, 10_000);
    }
    const { spend } = await store.read('a1');
    expect(spend.length).toBeLessThanOrEqual(12);
    expect(spend.reduce((sum, { microUsd }) => sum + microUsd, 0)).toBeLessThanOrEqual(110);
  });

  it('does not show what it holds', async () => {
    const store = new InMemoryBalanceStore();
    const { sequence } = await store.begin('a1', 1_000);
    await store.write('a1', sequence, 'the balance', 1_000, 1_000);
    expect(inspect(store)).toBe('InMemoryBalanceStore {}');
  });
});
