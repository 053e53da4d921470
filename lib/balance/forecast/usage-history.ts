import type { RequestOptions } from '../../contracts/request-options.js';
import { OpenRouterAbortException } from '../../errors/client.exceptions.js';
import { sumUsd } from '../../money/usd.js';
import type { Clock } from '../../async/clock.js';
import { type AbortError, SingleFlight } from '../../async/single-flight.js';
import { isRefusal, REFUSED_FOR_MS } from '../reading/refusable-route.js';
import { DAY_MS, dayOf } from '../reading/utc-days.js';
import type { DailyUse } from './forecast.js';

/** Past days do not change, but yesterday may not be whole at first. */
const KEPT_MS = 3_600_000;

/** How long activity is not asked for again after it could not be had. */
const FAILED_FOR_MS = 60_000;

/** What a forecast needs of an account's services. */
export interface ActivityReader {
  list(query: undefined, options: RequestOptions): Promise<readonly { date?: Date; usage: number }[]>;
}

/** What the account has used on the days before, by day; asked for once an hour at most. */
export class UsageHistory {
  readonly #activity: ActivityReader;
  readonly #clock: Clock;
  readonly #refusedForMs: number;
  #kept: { readonly uses: readonly DailyUse[]; readonly day: number; readonly until: number } | undefined;
  #pausedUntil = -Infinity;
  #flight: SingleFlight<readonly DailyUse[]> | undefined;

  /** @param isMeant - Whether the key was given for this route: a refusal says nothing of the key's kind then. */
  constructor(activity: ActivityReader, clock: Clock, isMeant = false) {
    this.#activity = activity;
    this.#clock = clock;
    this.#refusedForMs = isMeant ? FAILED_FOR_MS : REFUSED_FOR_MS;
  }

  /** Asks again next time. */
  forget(): void {
    this.#kept = undefined;
    this.#pausedUntil = -Infinity;
  }

  /**
   * The days at hand if they are recent enough, or else OpenRouter's answer. Without a management key, or an answer,
   * nothing is known of any day.
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

/** Thousands of rows make at most thirty days. */
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
