import { randomBytes } from 'node:crypto';
import type { Account } from '../account/account.js';
import { type Clock, SYSTEM_CLOCK } from '../async/clock.js';
import type { ResolvedBalanceOptions } from '../options/openrouter-options.js';
import type { Scrub } from '../secret/scrub.js';
import type { BalanceAlert } from '../contracts/balance-snapshot.models.js';
import { warnOfStore, warnOfUnknownBalance, warnOfUselessPolls } from './balance-warnings.js';
import { BalanceCache } from './cache/balance-cache.js';
import { BalanceReader } from './cache/balance-reader.js';
import { ErrorReports } from './cache/error-reports.js';
import { Refresher } from './cache/refresher.js';
import { SharedFlights } from './cache/shared-flights.js';
import { StoreExchange } from './cache/store-exchange.js';
import { type ActivityReader, UsageHistory } from './forecast/usage-history.js';
import { type BalanceServices, BalanceSource } from './reading/balance-source.js';
import { spendKeptMs } from './reading/freshness.js';
import { SpendCheck } from './spend/spend-check.js';
import { SpendLedger } from './spend/spend-ledger.js';
import { SpendOutbox } from './spend/spend-outbox.js';
import { BoundedStore } from './store/bounded-store.js';
import type { AlertRule } from './watch/alert-rule.js';
import { BalanceWatch } from './watch/balance-watch.js';

/** The services of an account that a balance uses. */
export type BalanceAccountServices = BalanceServices & { readonly activity: ActivityReader };

/** The connected parts of a balance. */
export interface BalanceParts {
  readonly cache: BalanceCache;
  readonly reader: BalanceReader;
  readonly watch: BalanceWatch;
  /** `undefined` if no other process shares the balance. */
  readonly exchange: StoreExchange | undefined;
  /** Waits a moment for recorded spend to reach the store. */
  readonly flush: () => Promise<void>;
  /** Stops serving snapshots, and flushes. */
  readonly close: () => Promise<void>;
}

/** What the parts are made from. */
export interface BalanceSettings {
  readonly options: ResolvedBalanceOptions;
  readonly deadlineMs: number;
  readonly source: Pick<BalanceSource, 'read' | 'forget'>;
  /** The store shared with other processes; `undefined` for none. */
  readonly store: BoundedStore | undefined;
  readonly clock: Clock;
  readonly scrub?: Scrub;
  readonly whenUp?: ((start: () => void) => void) | undefined;
  readonly onNotice?: (alert: BalanceAlert) => void;
  readonly rule?: AlertRule;
}

/** The balance of an account, with everything that its service needs. */
export interface OpenBalance extends BalanceParts {
  readonly history: UsageHistory;
  readonly reports: ErrorReports;
  readonly spendCheck: SpendCheck;
  readonly ttlMs: number;
  readonly scrub: Scrub;
  /** Whether a key may be one of the account's own, by its hash. */
  readonly mayHoldKey: (hash: string) => boolean;
  /** Whether the shared store answers; `undefined` without one, and before the first call. */
  readonly isStoreUp: () => boolean | undefined;
}

/** Opens the balance of an account. */
export function openBalance(
  account: Account,
  services: BalanceAccountServices,
  whenUp: ((start: () => void) => void) | undefined,
): OpenBalance {
  const clock = SYSTEM_CLOCK;
  const { options, balanceStore, keys } = account;
  const scrub: Scrub = (text) => keys.scrub(text);
  const store = balanceStore && new BoundedStore(balanceStore, () => account.identify(), clock, warnOfStore);
  const balanceKeys = {
    separate: options.keys.api && options.keys.management && keys.areSeparate,
    management: options.keys.management,
  };
  const parts = connect({
    options: options.balance,
    deadlineMs: options.deadlineMs,
    source: new BalanceSource(services, balanceKeys, clock, warnOfUnknownBalance),
    store,
    clock,
    scrub,
    whenUp,
    onNotice: (alert) => account.instrumentation.alert(alert),
  });
  const { cache, reader, watch } = parts;
  if (options.balance.watch) {
    watch.enter();
  }
  account.onClose(() => {
    watch.end();
    return parts.close();
  });
  keys.onRotation(() => cache.countForKey());
  warnOfUselessPolls(options.balance.pollIntervalMs, options.baseUrl);
  return {
    ...parts,
    history: new UsageHistory(services.activity, clock, options.keys.management),
    reports: new ErrorReports(reader, clock),
    spendCheck: new SpendCheck(),
    ttlMs: options.balance.ttlMs,
    scrub,
    mayHoldKey: (hash) => keys.mayHold(hash),
    isStoreUp: () => store?.isUp,
  };
}

/** Connects the parts of the balance. Without a shared store, the parts that use it are left out. */
export function connect(settings: BalanceSettings): BalanceParts {
  const { options, store, source, clock, deadlineMs } = settings;
  // The name of this process in the ledger, unique across all processes and machines.
  const ledger = new SpendLedger(randomBytes(8).toString('hex'), store?.namesSpend ?? false);
  const cache = new BalanceCache({ options, ledger, clock, isShared: store !== undefined });
  const outbox = store && new SpendOutbox({ ledger, store, clock, keepMs: spendKeptMs(options) });
  const exchange = store && outbox && new StoreExchange({ cache, store, outbox, clock });
  const shared =
    store && exchange && new SharedFlights({ options, deadlineMs, cache, store, exchange, clock });
  const refresher = new Refresher({ cache, deadlineMs, source, shared, clock });
  const reader = new BalanceReader({ ...settings, cache, refresher, exchange });
  const { thresholds, pollIntervalMs } = options;
  const watch = new BalanceWatch({
    ...settings,
    balance: cache,
    poll: reader,
    sharedAlerts: exchange && {
      look: () => exchange.look(),
      claimAlert: (expected, next) => exchange.claimAlert(expected, next),
      renew: () => reader.poll(0).done,
    },
    thresholds,
    pollIntervalMs,
  });
  const flush = (): Promise<void> => exchange?.flush() ?? Promise.resolve();
  return {
    cache,
    reader,
    watch,
    exchange,
    flush,
    close: () => {
      exchange?.end();
      cache.apply({ type: 'closed', at: clock.now() });
      return flush();
    },
  };
}
