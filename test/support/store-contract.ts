import { describe, it } from '@jest/globals';
import type { StoreContractTest, StoreUnderTest } from '../../lib/testing/contracts/store-contract.js';

/** Runs the tests of a store's contract. */
export function describeStore<Store>(
  name: string,
  contract: readonly StoreContractTest<Store>[],
  open: () => Promise<StoreUnderTest<Store>>,
): void {
  describe(`${name} keeps to its contract: it`, () => {
    it.each(contract)('$name', ({ run }) => run(open));
  });
}
