import type { BalanceReading, ReadFigures } from './balance-snapshot.js';

/** A reading with what is known of its age. All times are those of this process's monotonic clock. */
export interface HeldReading {
  readonly reading: BalanceReading;
  readonly figures: ReadFigures;
  /** Before OpenRouter was asked. */
  readonly began: number;
  /** When it had answered. */
  readonly receivedAt: number;
  readonly jitter: number;
  /** Its number in the store, if it has one. */
  readonly sequence: number | undefined;
  /** Number of the flight, if it is of this process. */
  readonly serial: number | undefined;
}

/** Whether a reading that the store has is to take the place of the one at hand. */
export function isNewer(
  { sequence, began }: { readonly sequence: number; readonly began: number },
  held: HeldReading | undefined,
): boolean {
  if (held?.sequence === undefined) {
    return held === undefined || began > held.began;
  }
  // A store that has lost its data may number anew.
  return sequence > held.sequence || (sequence < held.sequence && began > held.began);
}

/**
 * When the figures of a reading become others, since a limit starts anew; `Infinity` for never. By this process's
 * monotonic clock: nobody's wall clock but that of the process that has asked has a part in it.
 */
export function changesAt({ receivedAt, figures }: HeldReading): number {
  return receivedAt + figures.changesInMs;
}
