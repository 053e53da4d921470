import type { RequestOptions } from '../contracts/request-options.js';
import type { BalanceEnvironment } from './balance-environment.js';
import type { BalanceReading } from './balance-snapshot.js';
import { RefusableRoute } from './refusable-route.js';
import { REFUSED_FOR_MS } from './refusals.js';
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
 */
export class BalanceSource {
  readonly #services: BalanceServices;
  readonly #keys: BalanceKeys;
  readonly #environment: BalanceEnvironment;
  readonly #creditsRoute: RefusableRoute;
  readonly #keyRoute: RefusableRoute;
  readonly #onUnknownBalance: (refusal: unknown) => void;
  #toldOf: unknown;
  /** Until when the key is known to be a management key, because OpenRouter has said so. */
  #managementUntil = -Infinity;

  /**
   * @param onUnknownBalance - Told once of each refusal of a `managementKey` for which readings go on without the
   *   account's balance.
   */
  constructor(
    services: BalanceServices,
    keys: BalanceKeys,
    environment: BalanceEnvironment,
    onUnknownBalance: (refusal: unknown) => void,
  ) {
    this.#services = services;
    this.#keys = keys;
    this.#environment = environment;
    this.#creditsRoute = new RefusableRoute(environment.now, keys.management);
    this.#keyRoute = new RefusableRoute(environment.now, keys.separate);
    this.#onUnknownBalance = onUnknownBalance;
  }

  /** Asks refused routes again. */
  forget(): void {
    this.#creditsRoute.forget();
    this.#keyRoute.forget();
    this.#managementUntil = -Infinity;
  }

  /**
   * Makes a reading, by at most one call to each route.
   *
   * @param options - Settings of each call.
   * @throws What the services throw: where a route has failed that the reading needs, and where all of them refuse.
   */
  async read(options: RequestOptions): Promise<BalanceReading> {
    const first = this.#credits(options);
    const second = this.#keys.separate ? this.#key(options) : undefined;
    // Where both fail, the first one is told; the other must not end the process.
    second?.catch(() => undefined);
    const credits = await first;
    const key = await (second ?? (this.#saysNothing(credits) ? this.#key(options) : null));
    if (key?.isManagementKey === true && !this.#keys.separate) {
      this.#managementUntil = this.#environment.now() + REFUSED_FOR_MS;
      // A management key may ask `/credits`.
      this.#creditsRoute.throwDenial();
    }
    const known = this.#saysNothing(credits) ? null : credits;
    if (known === null && key === null) {
      const error = this.#creditsRoute.refusal ?? this.#keyRoute.refusal;
      // Nothing is known, so that nothing is gained by not asking again.
      this.forget();
      throw error;
    }
    if (known === null && this.#keys.management) {
      this.#tellOnce(this.#creditsRoute.refusal);
    }
    const fetchedAt = this.#environment.wallNow();
    return {
      credits: known,
      key: key && { limitRemaining: key.limitRemaining, ...limitsOf(key, fetchedAt) },
      fetchedAt,
    };
  }

  #tellOnce(refusal: unknown): void {
    if (refusal !== this.#toldOf) {
      this.#toldOf = refusal;
      this.#onUnknownBalance(refusal);
    }
  }

  /** Ordinary keys of funded accounts have been seen to get zeros. */
  #saysNothing(credits: BalanceReading['credits']): boolean {
    if (credits === null) {
      return true;
    }
    const isManagement = this.#keys.management || this.#environment.now() < this.#managementUntil;
    return !isManagement && credits.totalCredits === 0 && credits.totalUsage === 0;
  }

  #credits(options: RequestOptions): Promise<BalanceReading['credits']> {
    return this.#creditsRoute.ask(async () => {
      const { totalCredits, totalUsage } = await this.#services.credits.getCredits(options);
      return { totalCredits, totalUsage };
    });
  }

  async #key(options: RequestOptions): Promise<KeyAnswer | null> {
    const answer = await this.#keyRoute.ask(() => this.#services.apiKeys.getCurrent(options));
    if (answer === null && this.#keys.separate) {
      // Every key may ask about itself. One that may not can spend nothing, which must not look like no limit.
      this.#keyRoute.throwDenial();
    }
    return answer;
  }
}
