import { OpenRouterSpendStoreException } from '../../../lib/index.js';

const PATIENCE_MS = 10_000;

/** Asks again where a busy machine has kept the store from answering in time, as an application may. */
export async function askedAgain<T>(ask: () => Promise<T>): Promise<T> {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof OpenRouterSpendStoreException) || performance.now() > end) throw error;
    }
  }
}
