import type { RequestOptions } from '../../contracts/request-options.js';
import { OpenRouterAbortException } from '../../errors/client.exceptions.js';
import { sumUsd } from '../../money/usd.js';
import type { Clock } from '../../async/clock.js';
import { type AbortError, SingleFlight } from '../../async/single-flight.js';
import { isRefusal, REFUSED_FOR_MS } from '../reading/refusable-route.js';
import { DAY_MS, dayOf } from '../reading/utc-days.js';
import type { DailyUse } from './forecast.js';

/** How long usage is kept. Past days do not change, but yesterday may be incomplete at first. */
const KEPT_MS = 3_600_000;

/** How long activity is not requested again after a failure. */
const FAILED_FOR_MS = 60_000;

/** The service of an account that a forecast uses. */
export interface ActivityReader {
  list(query: undefined, options: RequestOptions): Promise<readonly { date?: Date; usage: number }[]>;
}

/** The account's usage of past days, by day; requested at most once an hour. */
export class UsageHistory {
  readonly #activity: ActivityReader;
  readonly #clock: Clock;
  readonly #refusedForMs: number;
  #kept: { readonly uses: readonly DailyUse[]; readonly day: number; readonly until: number } | undefined;
  #pausedUntil = -Infinity;
  #flight: SingleFlight<readonly DailyUse[]> | undefined;

  /**
   * @param isMeant - Whether the key was given as a management key. A refusal then says nothing about the kind of key,
   * so the request is repeated after a minute instead of an hour.
   */
  constructor(activity: ActivityReader, clock: Clock, isMeant = false) {
    this.#activity = activity;
    this.#clock = clock;
    this.#refusedForMs = isMeant ? FAILED_FOR_MS : REFUSED_FOR_MS;
  }

  /** Makes the next read request the activity again. */
  forget(): void {
    this.#kept = undefined;
    this.#pausedUntil = -Infinity;
  }

  /**
   * Returns the usage in memory if it is recent enough, otherwise OpenRouter's answer. Empty without a management key,
   * and if the activity is not available.
   *
   * @throws `OpenRouterAbortException`
   */
  async read(signal: AbortSignal | undefined, toError: AbortError): Promise<readonly DailyUse[]> {
    const { now, wallNow } = this.#clock;
    if (this.#kept !== undefined && now() < this.#kept.until && this.#kept.day === dayOf(wallNow())) {
      return this.#kept.uses;
    }
    if (now() < this.#pausedUntil) {
      return [];
    }
    if (this.#flight === undefined || this.#flight.isAborted) {
      const flight = new SingleFlight((fired) => this.#ask(fired));
      this.#flight = flight;
      const forget = (): void => {
        if (this.#flight === flight) {
          this.#flight = undefined;
        }
      };
      flight.outcome.then(forget, forget);
    }
    return this.#flight.join(signal, toError);
  }

  async #ask(signal: AbortSignal): Promise<readonly DailyUse[]> {
    const { now, wallNow } = this.#clock;
    try {
      const uses = byDay(await this.#activity.list(undefined, { signal }));
      this.#kept = { uses, day: dayOf(wallNow()), until: now() + KEPT_MS };
      return uses;
    } catch (error) {
      if (error instanceof OpenRouterAbortException) {
        throw error;
      }
      this.#pausedUntil = now() + (isRefusal(error) ? this.#refusedForMs : FAILED_FOR_MS);
      return [];
    }
  }
}

/** Reduces thousands of rows to at most thirty days. */
function byDay(items: readonly { date?: Date; usage: number }[]): DailyUse[] {
  const amounts = new Map<number, number[]>();
  for (const { date, usage } of items) {
    if (date !== undefined) {
      const day = dayOf(date.getTime());
      const known = amounts.get(day) ?? [];
      known.push(usage);
      amounts.set(day, known);
    }
  }
  return [...amounts].map(([day, usages]) => ({ date: new Date(day * DAY_MS), usage: sumUsd(usages) }));
}
