import type { Clock } from '../../async/clock.js';
import { mayBeShortOfMoney } from '../../errors/error-verdict.js';
import type { BalanceReader } from './balance-reader.js';

/** Errors that say that nothing can be spent come by the hundred. The first one says it all. */
const REPORT_PAUSE_MS = 2_000;

/** Has a new reading made when any client of OpenRouter is refused for lack of money. */
export class ErrorReports {
  readonly #reader: BalanceReader;
  readonly #clock: Clock;
  #ignoredUntil = -Infinity;

  constructor(reader: BalanceReader, clock: Clock) {
    this.#reader = reader;
    this.#clock = clock;
  }

  /** Takes note of an error, which may be anything. Never throws. */
  report(error: unknown): void {
    if (this.#clock.now() < this.#ignoredUntil || !mayBeShortOfMoney(error)) {
      return;
    }
    // Ignore further reports until this reading settles.
    this.#ignoredUntil = Infinity;
    this.#reader.invalidate();
    void this.#reader.revalidate().then(() => {
      this.#ignoredUntil = this.#clock.now() + REPORT_PAUSE_MS;
    });
  }
}
