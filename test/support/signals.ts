import { getMaxListeners } from 'node:events';

/** How many listeners a signal may have before Node warns of a leak; 0 is any number. */
export function listenerLimitOf(signal: AbortSignal): number {
  try {
    return getMaxListeners(signal);
  } catch {
    // Node 20 takes a limit of 0 for none that was ever set.
    return 0;
  }
}
