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
 * The account's balance at any rate: one reading for any number of callers, shared, watched, and honest about its age.
 *
 * A reading asks `GET /credits`; and `GET /key` too where there is a separate `apiKey`, or where `/credits` refuses the
 * key or answers zeros to a key that is not known to be a management key. An `apiKey` alone that `/credits` refuses (401,
 * 403 or 404, in OpenRouter's own envelope) is not shown there again for an hour, or until
 * {@link BalanceService.invalidate}; the balance is not known then. If a route fails in any other way, be it by a page of a
 * firewall, or a `managementKey` is refused, the reading fails: half of one could overstate what is there.
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
    /** Calls a function when polling may begin; without it, that is at once. */
    whenUp?: (start: () => void) => void,
  ) {
    assertMadeByModule(this, account, 'balance');
    balanceParts.hide(this, openBalance(account, services, whenUp));
  }

  /** How long a reading is fresh, for those who decide by it. @internal */
  get ttlMs(): number {
    return balanceParts.of(this).ttlMs;
  }

  /**
   * The balance, from memory whenever that is fresh.
   *
   * Fresh is a reading of up to `ttlMs`. One of up to `staleWhileRevalidateMs` more is given as it is, while a new one
   * is made. Beyond that, the call waits for a new one. If that fails, other than by a 401 or 403, a reading of up to
   * `staleIfErrorMs` beyond `ttlMs` is given, with `stale: true`. The call also waits where a limit has started anew since
   * the reading (`resetsAt`). It takes `deadlineMs` of the module at most, whatever has to be asked. Any number of
   * concurrent calls share one reading, and after a failure nobody asks OpenRouter for a while: the calls then get the
   * old reading, or the same error.
   *
   * @param options - `maxAgeMs`, an age in the place of those windows, 0 for a new reading; `signal`, which ends the
   * wait of this caller. When the last caller has left, the calls to OpenRouter are ended.
   * @throws What {@link CreditsService.getCredits} and {@link ApiKeysService.getCurrent} throw, if there is no reading
   * to give; `OpenRouterAbortException`; `OpenRouterValidationException`.
   */
  get(options?: BalanceGetOptions): Promise<BalanceSnapshot> {
    const { reader } = balanceParts.of(this);
    return options === undefined ? reader.get() : checkedGet(reader, options);
  }

  /**
   * Makes a new reading, whatever there is, and even soon after a failure. Concurrent calls share one; a reading that
   * was under way before does not replace it.
   *
   * @param options - `signal`, which ends the wait of this caller.
   * @throws What {@link BalanceService.get} throws. Nothing old is given in the place of a failure.
   */
  async refresh(options: BalanceRefreshOptions = {}): Promise<BalanceSnapshot> {
    return balanceParts.of(this).reader.refresh(checkRefreshOptions(options).signal);
  }

  /**
   * The balance at hand, without asking anybody: what {@link BalanceService.get} gave last, with the spend recorded
   * since. Older than `ttlMs` and `staleWhileRevalidateMs` it is flagged `stale`.
   *
   * @returns `undefined` before the first reading, after {@link BalanceService.invalidate} or a 401 or 403, and once
   * the reading is too old to be given at all.
   */
  peek(): BalanceSnapshot | undefined {
    return balanceParts.of(this).cache.peek();
  }

  /**
   * Forgets the reading, on every process that shares the store, for example after credits were bought; and forgets
   * failures and which routes have refused. The next call makes a new reading. A reading that is under way is given to
   * those who wait for it, and not kept.
   */
  invalidate(): void {
    const { reader, history, watch } = balanceParts.of(this);
    reader.invalidate();
    history.forget();
    watch.wake();
  }

  /**
   * Tells of an error of any client of OpenRouter, for example of a completion. One that says that credits have run out, or
   * that the key's limit or a budget is spent, makes a new reading at once, so that neither "full" nor "empty" sticks; so
   * does a 402 that does not tell whose it is. Any other does nothing, that of a provider's own money included. Never
   * throws.
   *
   * @param error - Anything. At any rate of errors there is one such reading in two seconds at most.
   */
  reportError(error: unknown): void {
    balanceParts.of(this).reports.report(error);
  }

  /**
   * Records what the application has just spent, for example `usage.cost` of a completion: `spendable` and `estimated`
   * fall by it at once, here, and within a second on the processes that share the store.
   *
   * It counts until a reading that began at least 60 seconds later, since OpenRouter's own figures may be that old. A
   * reading in between may include it already: what is left is then understated for a minute, never overstated.
   *
   * An amount alone is taken from the balance of the account and from the limit of its own `apiKey`, which completions
   * are assumed to be sent with. `keyHash` says that it was spent with another key of the account, such as that of a
   * tenant: it is then taken from the balance alone.
   *
   * Never throws, since whoever calls it has paid already. An argument that is wrong is logged once and counted
   * ({@link BalanceService.diagnostics}): an amount that is none is not taken from anything, and one with a `keyHash`
   * that is none is taken from both.
   *
   * @param usd - US dollars, from 0 to a billion. Sums are exact; other processes see whole millionths of a dollar.
   * @param options - `keyHash`, the hash of the key that it was spent with.
   */
  recordSpend(usd: number, options?: RecordSpendOptions): void {
    const { cache, spendCheck, mayHoldKey } = balanceParts.of(this);
    const given = readSpend(usd, options);
    if (given.problem !== undefined) {
      spendCheck.refuse(given.problem);
    }
    if (given.usd !== undefined) {
      cache.recordSpend(given.usd, given.keyHash !== undefined && !mayHoldKey(given.keyHash));
    }
  }

  /** How well the bookkeeping goes, in this process: whether the shared store answers, and what was recorded wrongly. */
  get diagnostics(): BalanceDiagnostics {
    const { isStoreUp, spendCheck } = balanceParts.of(this);
    return Object.freeze({ storeUp: isStoreUp() ?? null, invalidSpends: spendCheck.refused });
  }

  /**
   * The balance whenever what it says changes: by a reading, by recorded spend, or because it has become `stale`. Begins
   * with the one at hand, if there is one. Never errors; completes when the module is destroyed or the client closed.
   *
   * While it is subscribed to there is a new reading every `pollIntervalMs`. Waiting for it does not keep the process
   * alive.
   */
  get changes$(): Observable<BalanceSnapshot> {
    return balanceParts.of(this).watch.changes$;
  }

  /**
   * Crossings of the thresholds, and failures, each told once: `low` and `critical` when what can be spent falls below
   * the threshold (both at once: `critical` alone), `recovered` when it has risen above it by `hysteresis`, which arms it
   * again; `unavailable` when a reading has failed, `recovered` without a threshold when one succeeds again. A first
   * reading below a threshold is told. Nothing is replayed. Never errors; completes when the module is destroyed or the
   * client closed.
   *
   * A crossing is told once it is certain, since recorded spend may stand in a reading already: a fall when the reading
   * is below the threshold, whatever was recorded; a rise when `spendable` is above it. In between there is a new
   * reading every 10 seconds, so that a fall is told within 70 seconds after it was recorded.
   *
   * Of the processes that share a store and are subscribed, exactly one is told of each; of those where the store does
   * not answer, each.
   *
   * While it is subscribed to there is a new reading every `pollIntervalMs`. Waiting for it does not keep the process
   * alive.
   */
  get alerts$(): Observable<BalanceAlert> {
    return balanceParts.of(this).watch.alerts$;
  }

  /**
   * How long the money lasts, judged by the average of the last completed UTC days. `GET /activity`, asked once an hour
   * at most; needs a management key. Days before the first one with any use do not count.
   *
   * What can be spent and the activity are asked for at the same time: the call takes `deadlineMs` of the module at most.
   *
   * @param options - `days`, how many to look back at most; `signal`.
   * @returns `basedOnDays` is 0 and the rest `null` where the key is no management key, the activity cannot be had, or
   * there is none.
   * @throws What {@link BalanceService.get} throws.
   */
  async forecast(options: BalanceForecastOptions = {}): Promise<BalanceForecast> {
    const { days = DEFAULT_FORECAST_DAYS, signal } = checkForecastOptions(options);
    const { reader, history, scrub } = balanceParts.of(this);
    const [{ spendable }, uses] = await Promise.all([
      reader.get({ signal }),
      history.read(signal, (aborted) => abortException('balance.forecast', aborted, 'unknown', scrub)),
    ]);
    return forecastOf(spendable, uses, days, Date.now());
  }

  /** Nest's hook: stops polling, completes the streams, and waits a moment for recorded spend to reach the store. */
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
