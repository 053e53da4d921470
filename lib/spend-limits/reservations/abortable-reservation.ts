import { allowManyListeners } from '../../async/abort-signals.js';
import type { ReservationOutcome } from './reservations.js';

/** What came of a reservation, unless its caller has left before. */
export type AbortableOutcome =
  ReservationOutcome | { readonly status: 'aborted'; readonly signal: AbortSignal };

/** Waits no longer than until the signal is aborted; what is held after that is released. */
export function untilAborted(
  reserving: Promise<ReservationOutcome>,
  signal: AbortSignal | undefined,
): Promise<AbortableOutcome> {
  if (signal === undefined) {
    return reserving;
  }
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      resolve({ status: 'aborted', signal });
      void reserving.then((outcome) => (outcome.status === 'held' ? outcome.held.release() : undefined));
    };
    allowManyListeners(signal);
    signal.addEventListener('abort', onAbort, { once: true });
    reserving.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
