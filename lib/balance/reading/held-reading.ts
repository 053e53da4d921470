import type { BalanceReading, ReadFigures } from './balance-snapshot.js';

/** A reading and its age. All times are on this process's monotonic clock. */
export interface HeldReading {
  readonly reading: BalanceReading;
  readonly figures: ReadFigures;
  /** Before OpenRouter was asked. */
  readonly began: number;
  /** When OpenRouter had answered. */
  readonly receivedAt: number;
  readonly jitter: number;
  /** Number of the reading in the store, if it has one. */
  readonly sequence: number | undefined;
  /** Number of the flight, if this process made the reading. */
  readonly serial: number | undefined;
}

/** Whether the store's reading replaces the one in memory. */
export function isNewer(
  { sequence, began }: { readonly sequence: number; readonly began: number },
  held: HeldReading | undefined,
): boolean {
  if (held?.sequence === undefined) {
    return held === undefined || began > held.began;
  }
  // A store that has lost its data may restart its numbers.
  return sequence > held.sequence || (sequence < held.sequence && began > held.began);
}

/**
 * When the figures of a reading change because a limit resets, by this process's monotonic clock; `Infinity` for never.
 * The only wall clock involved is that of the process that asked OpenRouter.
 */
export function changesAt({ receivedAt, figures }: HeldReading): number {
  return receivedAt + figures.changesInMs;
}
