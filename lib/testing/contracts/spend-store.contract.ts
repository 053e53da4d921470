import type { SpendStore } from '../../contracts/spend-store.js';
import { spendHoldsContract } from './spend-holds.contract.js';
import { spendLeasesContract } from './spend-leases.contract.js';
import { spendWindowsContract } from './spend-windows.contract.js';
import type { StoreContractTest } from './store-contract.js';

/**
 * What every store of `spendLimits.store` must do, for a test of your own store with any test runner.
 *
 * @example
 * ```ts
 * for (const { name, run } of spendStoreContract) {
 *   test(name, () => run(async () => ({ store: await openMyStore(), pass: (ms) => setTimeout(ms) })));
 * }
 * ```
 */
export const spendStoreContract: readonly StoreContractTest<SpendStore>[] = [
  ...spendHoldsContract,
  ...spendLeasesContract,
  ...spendWindowsContract,
];
