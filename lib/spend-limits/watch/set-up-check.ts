import type { SpendStore } from '../../contracts/spend-store.js';

/**
 * Says what is wrong with the store that an application has set, once for each sentence.
 *
 * @param store - `undefined` for the memory of this process.
 */
export async function checkSetUp(
  store: SpendStore | undefined,
  warn: (sentence: string) => void,
): Promise<void> {
  if (store === undefined && process.env['NODE_ENV'] === 'production') {
    warn(
      'what is spent is kept in the memory of this process, so each process has its own limits, which begin anew when ' +
        'it restarts. Set `spendLimits.store` to share them.',
    );
  }
  try {
    for (const fault of (await store?.check?.()) ?? []) {
      warn(fault);
    }
  } catch {
    // A store that does not answer is told of where it is needed.
  }
}
