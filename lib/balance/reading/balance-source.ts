import type { RequestOptions } from '../../contracts/request-options.js';
import type { Clock } from '../../async/clock.js';
import type { BalanceReading } from './balance-snapshot.js';
import { isRefusal, REFUSED_FOR_MS, RefusableRoute } from './refusable-route.js';
import { type KeyStanding, limitsOf } from './spending-limits.js';

/** What a reading needs of the answer of `GET /key`. */
type KeyAnswer = KeyStanding & { readonly isManagementKey?: boolean };

/** The services of an account that a reading uses. */
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
  /** Whether there is an `apiKey` besides the `managementKey`, and it is a different key. */
  readonly separate: boolean;
  /** Whether `/credits` is asked with a key that was given as `managementKey`. */
  readonly management: boolean;
}

/**
 * Requests the figures of a reading: `/credits` always, and `/key` if there is a separate key for it or `/credits` has
 * not given the balance.
 *
 * The table shows the effect of a refusal in OpenRouter's own envelope (401, 403, 404). Any other failure fails the
 * reading.
 *
 * | route      | with a `managementKey`             | with an `apiKey` alone                                       |
 * | ---------- | ---------------------------------- | ------------------------------------------------------------ |
 * | `/credits` | the reading fails, and is reported | the balance is unknown; not requested again for an hour      |
 * | `/key`     | the reading fails                  | the reading fails, because `/credits` has not given anything |
 */
export class BalanceSource {
  readonly #services: BalanceServices;
  readonly #keys: BalanceKeys;
  readonly #clock: Clock;
  readonly #creditsRoute: RefusableRoute;
  readonly #onUnknownBalance: (refusal: unknown) => void;
  #isTold = false;
  /** Until when OpenRouter's answer that the key is a management key holds. */
  #managementUntil = -Infinity;

  /**
   * @param onUnknownBalance - Called once when a `managementKey` is refused, and not again until it has been accepted.
   */
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

  /** Allows a refused route to be requested again. */
  forget(): void {
    this.#creditsRoute.forget();
    this.#managementUntil = -Infinity;
  }

  /**
   * Makes a reading, with at most one call to each route.
   *
   * @param options - Settings of each call; both calls share one `deadlineMs`.
   * @throws What the services throw, if a route that the reading needs has failed, or all routes refuse the key.
   */
  async read(options: RequestOptions): Promise<BalanceReading> {
    const startedAt = this.#clock.now();
    const first = this.#credits(options);
    const second = this.#keys.separate ? this.#services.apiKeys.getCurrent(options) : undefined;
    // If both fail, the first failure is thrown; the second must not be an unhandled rejection.
    second?.catch(() => undefined);
    const credits = await first;
    const key = await (second ??
      (this.#saysNothing(credits) ? this.#onlyKey(this.#within(options, startedAt)) : null));
    if (key?.isManagementKey === true && !this.#keys.separate) {
      this.#managementUntil = this.#clock.now() + REFUSED_FOR_MS;
      // A management key may request `/credits`.
      this.#creditsRoute.throwDenial();
    }
    const fetchedAt = this.#clock.wallNow();
    return {
      credits: this.#saysNothing(credits) ? null : credits,
      key: key && { limitRemaining: key.limitRemaining, ...limitsOf(key, fetchedAt) },
      fetchedAt,
    };
  }

  /** The settings of a later call, with the time that is left until the deadline. */
  #within(options: RequestOptions, startedAt: number): RequestOptions {
    const { deadlineMs } = options;
    const elapsedMs = this.#clock.now() - startedAt;
    return deadlineMs === undefined
      ? options
      : { ...options, deadlineMs: Math.max(1, Math.round(deadlineMs - elapsedMs)) };
  }

  /** Whether the answer is unusable: ordinary keys of funded accounts have been seen to get zeros. */
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

  /**
   * Reports a refused `managementKey` and fails. Without the balance, the limit of `apiKey` would look like the only
   * limit.
   */
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

  /** Requests `/key` when `/credits` has given nothing: without this answer, nothing is known. */
  async #onlyKey(options: RequestOptions): Promise<KeyAnswer> {
    try {
      return await this.#services.apiKeys.getCurrent(options);
    } catch (error) {
      if (!isRefusal(error)) {
        throw error;
      }
      const { refusal = error } = this.#creditsRoute;
      // Both routes refuse, so skipping `/credits` for an hour would serve no purpose.
      this.forget();
      throw refusal;
    }
  }
}
