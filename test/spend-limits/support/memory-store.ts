import type { SpendStore } from '../../../lib/contracts/spend-store.js';
import { InMemorySpendStore } from '../../../lib/spend-limits/in-memory-spend-store.js';
import type { StoreUnderTest } from '../../../lib/testing/index.js';

/** A store on a clock of its own. */
export function openMemoryStore(): StoreUnderTest<SpendStore> {
  let now = Date.UTC(2026, 10, 28, 12);
  // The constructor's argument is not public.
  const Store = InMemorySpendStore as unknown as new (clock: () => number) => InMemorySpendStore;
  return {
    store: new Store(() => now),
    pass: (ms) => {
      now += ms;
      return Promise.resolve();
    },
  };
}
