/** The outcome of a wait that has reached its bound. */
export const LATE: unique symbol = Symbol('late');

/**
 * Waits for a promise up to a bound. The work behind it goes on.
 *
 * @param onBound - Ends the wait when the time is over. With `setImmediate`, an answer that has arrived already still
 *   counts: a busy process runs its timers before it reads its sockets.
 * @throws Whatever the promise rejects with before the bound.
 */
export function within<T>(
  promise: PromiseLike<T> | T,
  boundMs: number,
  onBound: (end: () => void) => unknown = (end) => end(),
): Promise<T | typeof LATE> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => onBound(() => resolve(LATE)), boundMs);
    Promise.resolve(promise)
      .then(resolve, reject)
      .finally(() => clearTimeout(timer));
  });
}

/** Waits until the time is over or the signal is aborted. */
export function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, delayMs);
    signal.addEventListener('abort', end);
  });
}
