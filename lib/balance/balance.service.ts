import type { OnModuleDestroy } from '@nestjs/common';
import type { Observable } from 'rxjs';
import type { Account } from '../account/account.js';
import type {
  BalanceAlert,
  BalanceDiagnostics,
  BalanceSnapshot,
} from '../contracts/balance-snapshot.models.js';
import { abortException } from '../errors/abort-exception.js';
import { assertMadeByModule } from '../http/service-pipeline.js';
import { withoutPollution } from '../options/pollution.js';
import { HiddenParts } from '../secret/hidden-parts.js';
import { checkForecastOptions, checkGetOptions, checkRefreshOptions } from './balance-arguments.js';
import type { BalanceForecast } from './balance.models.js';
import type {
  BalanceForecastOptions,
  BalanceGetOptions,
  BalanceRefreshOptions,
  RecordSpendOptions,
} from './balance.options.js';
import { forecastOf } from './forecast/forecast.js';
import { type BalanceAccountServices, type OpenBalance, openBalance } from './open-balance.js';
import { readSpend } from './spend/spend-check.js';

const DEFAULT_FORECAST_DAYS = 7;

const balanceParts = new HiddenParts<OpenBalance>();

/**
 * The account's balance, at any request rate: all callers share one reading, and every snapshot states its age.
 *
 * A reading requests `GET /credits`. It also requests `GET /key` if there is a separate `apiKey`, if `/credits` refuses
 * the key, or if `/credits` answers zeros to a key that is not known to be a management key. If the account has only an
 * `apiKey` and `/credits` refuses it (401, 403 or 404, in OpenRouter's own envelope), the balance is unknown and
 * `/credits` is not requested again for an hour, or until {@link BalanceService.invalidate}. If a route fails in any
 * other way (a firewall's page, for example), or if a `managementKey` is refused, the whole reading fails: half a
 * reading could overstate what can be spent.
 *
 * @example
 * ```ts
 * const { spendable } = await balance.get();
 * ```
 */
export class BalanceService implements OnModuleDestroy {
  /** @internal */
  constructor(
    account: Account | undefined,
    services: BalanceAccountServices,
    /** Calls `start` when polling may begin. Without it, polling may begin at once. */
    whenUp?: (start: () => void) => void,
  ) {
    assertMadeByModule(this, account, 'balance');
    balanceParts.hide(this, openBalance(account, services, whenUp));
  }

  /** How long a reading stays fresh, in milliseconds. @internal */
  get ttlMs(): number {
    return balanceParts.of(this).ttlMs;
  }

  /**
   * Returns the balance, from memory while the last reading is fresh.
   *
   * - A reading is fresh for `ttlMs`.
   * - For `staleWhileRevalidateMs` after that, it is returned at once and refreshed in the background.
   * - After that, or if a limit has reset since the reading (`resetsAt`), the call waits for a new reading.
   * - If the new reading fails, other than by a 401 or 403, the old one is returned with `stale: true`, up to
   *   `staleIfErrorMs` beyond `ttlMs`.
   *
   * The call takes at most the module's `deadlineMs`, however many routes it requests. Concurrent calls share one
   * reading. After a failure, OpenRouter is left alone for a while: calls then get the old reading, or the same error.
   *
   * @param options - `maxAgeMs` replaces these windows by one maximum age; 0 requests a new reading. `signal` ends this
   * caller's wait. When the last caller has left, the requests to OpenRouter are aborted.
   * @throws If there is no reading to return: what {@link CreditsService.getCredits} and
   * {@link ApiKeysService.getCurrent} throw. Also `OpenRouterAbortException` and `OpenRouterValidationException`.
   */
  get(options?: BalanceGetOptions): Promise<BalanceSnapshot> {
    const { reader } = balanceParts.of(this);
    return options === undefined ? reader.get() : checkedGet(reader, options);
  }

  /**
   * Makes a new reading, however fresh the last one is, and even soon after a failure. Concurrent calls share one
   * reading. A reading that began earlier never replaces the new one.
   *
   * @param options - `signal` ends this caller's wait.
   * @throws What {@link BalanceService.get} throws. A failure is never covered by an old reading.
   */
  async refresh(options: BalanceRefreshOptions = {}): Promise<BalanceSnapshot> {
    return balanceParts.of(this).reader.refresh(checkRefreshOptions(options).signal);
  }

  /**
   * Returns the balance in memory, without any request: the last result of {@link BalanceService.get}, less the spend
   * recorded since. It is flagged `stale` once it is older than `ttlMs` and `staleWhileRevalidateMs` together.
   *
   * @returns `undefined` before the first reading, after {@link BalanceService.invalidate} or a 401 or 403, and once
   * the reading is too old to be returned at all.
   */
  peek(): BalanceSnapshot | undefined {
    return balanceParts.of(this).cache.peek();
  }

  /**
   * Discards the reading, for example after credits were bought, on every process that shares the store. Also forgets
   * failures, and which routes refused the key. The next call makes a new reading. A reading in progress is returned to
   * the callers who wait for it, but not kept.
   */
  invalidate(): void {
    const { reader, history, watch } = balanceParts.of(this);
    reader.invalidate();
    history.forget();
    watch.wake();
  }

  /**
   * Reports an error of any OpenRouter client, for example of a completion. An error which says that the credits have
   * run out, or that the key's limit or a budget is spent, triggers a new reading at once, so that neither "full" nor
   * "empty" sticks. So does a 402 that does not say whose money is short. Every other error is ignored, including one
   * about a provider's own money, or about a limit of the application itself. The meter reports the errors of its
   * completions itself. Never throws.
   *
   * @param error - Anything. However many errors are reported, they trigger at most one reading every two seconds.
   */
  reportError(error: unknown): void {
    balanceParts.of(this).reports.report(error);
  }

  /**
   * Records what the application has just spent, for example `usage.cost` of a completion. `spendable` and `estimated`
   * fall by the amount at once in this process, and within a second on the processes that share the store.
   *
   * A completion that was sent through `metering.fetch` is recorded by the meter. To record it again counts it twice.
   *
   * The amount counts until a reading that began at least 60 seconds later, because OpenRouter's own figures may be
   * that old. A reading in between may include it already: what is left is then understated for a minute, never
   * overstated.
   *
   * Without `keyHash`, the amount is subtracted from the account's balance and from the limit of the account's own
   * `apiKey`, because completions are assumed to use that key. With the `keyHash` of another key of the account, such
   * as a tenant's, the amount is subtracted from the balance alone.
   *
   * Never throws, because the caller has already paid. A wrong argument is logged once and counted
   * ({@link BalanceService.diagnostics}). An invalid amount is not subtracted at all; an amount with an invalid
   * `keyHash` is subtracted from both.
   *
   * @param usd - US dollars, from 0 to a billion. Sums are exact; other processes see whole millionths of a dollar.
   * @param options - `keyHash`: the hash of the key that the amount was spent with.
   */
  recordSpend(usd: number, options?: RecordSpendOptions): void;
  /**
   * The same for an amount that was spent some time ago, which an earlier reading may include.
   *
   * @param agoMs - How long ago it was spent, in milliseconds.
   * @internal
   */
  recordSpend(usd: number, options: RecordSpendOptions | undefined, agoMs: number): void;
  recordSpend(usd: number, options?: RecordSpendOptions, agoMs = 0): void {
    const { cache, spendCheck, mayHoldKey } = balanceParts.of(this);
    const given = readSpend(usd, options);
    if (given.problem !== undefined) {
      spendCheck.refuse(given.problem);
    }
    if (given.usd !== undefined) {
      cache.recordSpend(given.usd, given.keyHash !== undefined && !mayHoldKey(given.keyHash), agoMs);
    }
  }

  /**
   * The state of the bookkeeping in this process: whether the shared store answers, and how many records were invalid.
   */
  get diagnostics(): BalanceDiagnostics {
    const { isStoreUp, spendCheck } = balanceParts.of(this);
    return Object.freeze({ storeUp: isStoreUp() ?? null, invalidSpends: spendCheck.refused });
  }

  /**
   * Emits a snapshot whenever its content changes: by a reading, by recorded spend, or because it became `stale`.
   * Begins with the snapshot in memory, if there is one. Never errors; completes when the module is destroyed or the
   * client closed.
   *
   * While there is a subscriber, a new reading is made every `pollIntervalMs`. The timer does not keep the process
   * alive.
   */
  get changes$(): Observable<BalanceSnapshot> {
    return balanceParts.of(this).watch.changes$;
  }

  /**
   * Emits each threshold crossing and each failure once:
   * - `low`, `critical`: what can be spent has fallen below the threshold. If it falls below both at once, only
   *   `critical` is emitted.
   * - `recovered` with a threshold: it has risen above the threshold by `hysteresis`. The threshold is armed again.
   * - `unavailable`: a reading has failed. `recovered` without a threshold: a reading has succeeded again.
   *
   * A first reading below a threshold is emitted. Nothing is replayed. Never errors; completes when the module is
   * destroyed or the client closed.
   *
   * A crossing is emitted once it is certain, because a reading may already include recorded spend: a fall when the
   * reading alone is below the threshold, a rise when `spendable` is above it. Until then a new reading is made every
   * 10 seconds, so a fall is emitted within 70 seconds after it was recorded.
   *
   * Of the subscribed processes that share a store, exactly one emits each alert. While the store does not answer, each
   * of them does.
   *
   * While there is a subscriber, a new reading is made every `pollIntervalMs`. The timer does not keep the process
   * alive.
   */
  get alerts$(): Observable<BalanceAlert> {
    return balanceParts.of(this).watch.alerts$;
  }

  /**
   * Forecasts how long the money lasts, from the average usage of the last completed UTC days. Requests `GET /activity`
   * at most once an hour, which needs a management key. Days before the first day with any usage do not count.
   *
   * The balance and the activity are requested at the same time, so the call takes at most the module's `deadlineMs`.
   *
   * @param options - `days`: how many days to look back at most. `signal` ends the wait.
   * @returns If the key is not a management key, the activity is not available, or there is none: `basedOnDays` is 0,
   * and the members that follow from the usage are `null`.
   * @throws What {@link BalanceService.get} throws.
   */
  async forecast(options: BalanceForecastOptions = {}): Promise<BalanceForecast> {
    const { days = DEFAULT_FORECAST_DAYS, signal } = checkForecastOptions(options);
    const { reader, history, scrub } = balanceParts.of(this);
    const [{ spendable }, uses] = await Promise.all([
      reader.get({ signal }),
      history.read(signal, (aborted) => abortException('balance.forecast', aborted, 'unknown', scrub)),
    ]);
    // A division of big.js never ends if `Object.prototype` has a member `1`.
    return withoutPollution(() => forecastOf(spendable, uses, days, Date.now()));
  }

  /**
   * Nest's hook: stops polling, completes the streams, and waits at most 250 ms for recorded spend to reach the store.
   */
  onModuleDestroy(): Promise<void> {
    const { watch, flush } = balanceParts.of(this);
    watch.end();
    return flush();
  }
}

async function checkedGet(
  reader: OpenBalance['reader'],
  options: BalanceGetOptions,
): Promise<BalanceSnapshot> {
  return reader.get(checkGetOptions(options));
}
