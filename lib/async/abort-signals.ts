import { setMaxListeners } from 'node:events';

/** Lets any number of calls listen to one signal, which Node would otherwise report as a leak. */
export function allowManyListeners(signal: AbortSignal): void {
  try {
    setMaxListeners(0, signal);
  } catch {
    // A user's own signal need not be an `EventTarget` of Node.
  }
}
