import type { RequestOptions } from '../../contracts/request-options.js';
import type { Clock } from '../../async/clock.js';
import type { BalanceReading } from './balance-snapshot.js';
import { isRefusal, REFUSED_FOR_MS, RefusableRoute } from './refusable-route.js';
import { type KeyStanding, limitsOf } from './spending-limits.js';

/** What a reading needs of the answer of `GET /key`. */
type KeyAnswer = KeyStanding & { readonly isManagementKey?: boolean };

/** What a reading needs of an account's services. */
export interface BalanceServices {
  readonly credits: {
    getCredits(options: RequestOptions): Promise<{ totalCredits: number; totalUsage: number }>;
  };
  readonly apiKeys: {
    getCurrent(options: RequestOptions): Promise<KeyAnswer>;
  };
}

/** Which keys an account has. */
export interface BalanceKeys {
  /** Whether there is an `apiKey` beside the `managementKey`, and another one. */
  readonly separate: boolean;
  /** Whether `/credits` is asked with a key that was given as `managementKey`. */
  readonly management: boolean;
}

/**
 * Asks OpenRouter for what a reading needs: `/credits` first; and `/key` where there is a separate key for it, or
 * where `/credits` has not told.
 *
 * What comes of a refusal in OpenRouter's own envelope (401, 403, 404); any other failure fails the reading:
 *
 * | route      | with a `managementKey`            | with an `apiKey` alone                                        |
 * | ---------- | --------------------------------- | ------------------------------------------------------------- |
 * | `/credits` | the reading fails, and is told of | the balance is not known; not asked again for an hour          |
 * | `/key`     | the reading fails                 | the reading fails, since `/credits` has not told anything      |
 */
export class BalanceSource {
  readonly #services: BalanceServices;
  readonly #keys: BalanceKeys;
  readonly #clock: Clock;
  readonly #creditsRoute: RefusableRoute;
  readonly #onUnknownBalance: (refusal: unknown) => void;
  #isTold = false;
  /** Until when the key is known to be a management key, because OpenRouter has said so. */
  #managementUntil = -Infinity;

  /** @param onUnknownBalance - Told once of a `managementKey` that is refused, until it has been answered again. */
  constructor(
    services: BalanceServices,
    keys: BalanceKeys,
    clock: Clock,
    onUnknownBalance: (refusal: unknown) => void,
  ) {
    this.#services = services;
    this.#keys = keys;
    this.#clock = clock;
    this.#creditsRoute = new RefusableRoute(clock.now);
    this.#onUnknownBalance = onUnknownBalance;
  }

  /** Asks a refused route again. */
  forget(): void {
    this.#creditsRoute.forget();
    this.#managementUntil = -Infinity;
  }

  /**
   * Makes a reading, by at most one call to each route.
   *
   * @param options - Settings of each call, but one `deadlineMs` for both.
   * @throws What the services throw: where a route has failed that the reading needs, and where all of them refuse.
   */
  async read(options: RequestOptions): Promise<BalanceReading> {
    const startedAt = this.#clock.now();
    const first = this.#credits(options);
    const second = this.#keys.separate ? this.#services.apiKeys.getCurrent(options) : undefined;
    // Where both fail, the first one is told; the other must not end the process.
    second?.catch(() => undefined);
    const credits = await first;
    const key = await (second ??
      (this.#saysNothing(credits) ? this.#onlyKey(this.#within(options, startedAt)) : null));
    if (key?.isManagementKey === true && !this.#keys.separate) {
      this.#managementUntil = this.#clock.now() + REFUSED_FOR_MS;
      // A management key may ask `/credits`.
      this.#creditsRoute.throwDenial();
    }
    const fetchedAt = this.#clock.wallNow();
    return {
      credits: this.#saysNothing(credits) ? null : credits,
      key: key && { limitRemaining: key.limitRemaining, ...limitsOf(key, fetchedAt) },
      fetchedAt,
    };
  }

  /** The same settings for a call that begins later, within what is left of the time. */
  #within(options: RequestOptions, startedAt: number): RequestOptions {
    const { deadlineMs } = options;
    const elapsedMs = this.#clock.now() - startedAt;
    return deadlineMs === undefined
      ? options
      : { ...options, deadlineMs: Math.max(1, Math.round(deadlineMs - elapsedMs)) };
  }

  /** Ordinary keys of funded accounts have been seen to get zeros. */
  #saysNothing(credits: BalanceReading['credits']): boolean {
    if (credits === null) {
      return true;
    }
    const isManagement = this.#keys.management || this.#clock.now() < this.#managementUntil;
    return !isManagement && credits.totalCredits === 0 && credits.totalUsage === 0;
  }

  #credits(options: RequestOptions): Promise<BalanceReading['credits']> {
    const ask = async (): Promise<BalanceReading['credits']> => {
      const { totalCredits, totalUsage } = await this.#services.credits.getCredits(options);
      return { totalCredits, totalUsage };
    };
    return this.#keys.management ? this.#tellingOfRefusals(ask) : this.#creditsRoute.ask(ask);
  }

  /** The limit of `apiKey` would look as if it were all that limits, where the key that was given to know is refused. */
  async #tellingOfRefusals<T>(ask: () => Promise<T>): Promise<T> {
    try {
      const answer = await ask();
      this.#isTold = false;
      return answer;
    } catch (error) {
      if (isRefusal(error) && !this.#isTold) {
        this.#isTold = true;
        this.#onUnknownBalance(error);
      }
      throw error;
    }
  }

  /** Where `/credits` has told nothing, nothing is known without this answer. */
  async #onlyKey(options: RequestOptions): Promise<KeyAnswer> {
    try {
      return await this.#services.apiKeys.getCurrent(options);
    } catch (error) {
      if (!isRefusal(error)) {
        throw error;
      }
      const { refusal = error } = this.#creditsRoute;
      // So that nothing is gained by not asking again.
      this.forget();
      throw refusal;
    }
  }
}
