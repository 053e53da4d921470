import { Counter, Histogram, register } from 'prom-client';
import type { BalanceAlertType, BalanceAlert } from '../contracts/balance-snapshot.models.js';
import type { CompletionCost } from '../contracts/completion-cost.js';
import type {
  OpenRouterAttachedClient,
  OpenRouterAttempt,
  OpenRouterAttemptFailure,
  OpenRouterAttemptSuccess,
  OpenRouterInstrumentation,
} from '../contracts/instrumentation.js';
import type { SpendAlert, SpendStoreAlert, SpendUsage } from '../contracts/spend-usage.js';
import { checkConfig } from '../options/check-options.js';
import { defineOptions } from '../options/define-options.js';
import { scopeNames } from '../options/spend-scope.js';
import { BalanceGauges } from './balance-gauges.js';
import { CompletionMetrics, TAKEN_LABELS } from './completion-metrics.js';
import { type MetricRegistry, sharedMetric } from './shared-metric.js';
import { SpendMetrics } from './spend-metrics.js';
import { isRecord } from '../untrusted/is-record.js';

/** Settings of the {@link OpenRouterMetrics}. */
export interface OpenRouterMetricsOptions {
  /** The registry for the metrics. @defaultValue the default registry of `prom-client` */
  registry?: MetricRegistry | undefined;
  /**
   * Names of the scope that become labels of `openrouter_completions_total`, `openrouter_completion_cost_usd_total`,
   * `openrouter_tokens_total` and the gauges of limits, for example `['tenant']`. A scope without the name has the label
   * `''`. Every combination of values is a time series: list only names that have few values. After 1 000 combinations,
   * new ones are `other`.
   *
   * @defaultValue none
   */
  scopeLabels?: readonly string[] | undefined;
}

const METRICS_OPTIONS = defineOptions<OpenRouterMetricsOptions>("{ scopeLabels: ['tenant'] }", {
  registry: (value) =>
    isRecord(value) && typeof value['getSingleMetric'] === 'function'
      ? undefined
      : { mustBe: 'a `Registry` of prom-client', fix: 'leave it out for the default one' },
  scopeLabels: scopeNames(TAKEN_LABELS),
});

const REQUESTS = {
  name: 'openrouter_requests_total',
  help: 'Requests to OpenRouter, every attempt of a call counted.',
  labelNames: ['account', 'operation', 'outcome'] as const,
};

const DURATIONS = {
  name: 'openrouter_request_duration_seconds',
  help: 'Time of a request to OpenRouter, from queueing to the last byte.',
  labelNames: ['account', 'operation'] as const,
  // From an answer over a kept connection to a deadline.
  buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
};

const RETRIES = {
  name: 'openrouter_retries_total',
  help: 'Requests to OpenRouter that failed and were followed by another attempt.',
  labelNames: ['account', 'operation'] as const,
};

const ALERTS = {
  name: 'openrouter_balance_alerts_total',
  help: 'Crossings of the thresholds that this process has noticed, and failures to read the balance.',
  labelNames: ['account', 'type'] as const,
};

const ALERT_TYPES: readonly BalanceAlertType[] = ['low', 'critical', 'recovered', 'unavailable'];

/** The `outcome` of a successful request. For others it is the `code` of the exception. */
const SUCCESS = 'success';

/**
 * Metrics of accounts and their calls, on `prom-client`.
 *
 * | metric | type, labels | |
 * |---|---|---|
 * | `openrouter_balance_usd` | gauge, `account` | balance as last read |
 * | `openrouter_spendable_usd` | gauge, `account` | what can be spent |
 * | `openrouter_spendable_limited_by` | gauge, `account`, `limit` | 1; `limit` is what limits it: `balance`, `key-limit`, `budget` |
 * | `openrouter_spendable_resets_timestamp_seconds` | gauge, `account` | when that limit resets |
 * | `openrouter_total_credits_usd` | gauge, `account` | credits purchased in all time |
 * | `openrouter_total_usage_usd` | gauge, `account` | credits used in all time |
 * | `openrouter_balance_age_seconds` | gauge, `account` | age of the reading |
 * | `openrouter_balance_store_up` | gauge, `account` | 1 while the shared store answers, 0 while it does not; absent without one |
 * | `openrouter_invalid_spends_total` | counter, `account` | calls of `recordSpend` with a wrong argument |
 * | `openrouter_requests_total` | counter, `account`, `operation`, `outcome` | attempts; `outcome` is `success` or the `code` of the exception |
 * | `openrouter_request_duration_seconds` | histogram, `account`, `operation` | time of an attempt |
 * | `openrouter_retries_total` | counter, `account`, `operation` | attempts that were followed by another one |
 * | `openrouter_balance_alerts_total` | counter, `account`, `type` | `low`, `critical`, `recovered`, `unavailable`, as noticed by this process |
 * | `openrouter_completions_total` | counter, `account`, `model`, `outcome`, `source` | completions whose cost is decided; `source="unknown"` are those whose cost could not be learned |
 * | `openrouter_completion_cost_usd_total` | counter, `account`, `model`, `outcome`, `source` | what they cost, in US dollars, without the unknown costs |
 * | `openrouter_cost_per_completion_usd` | histogram, `account`, `model`, `outcome` | costs of single completions, without the unknown and those taken from a hold |
 * | `openrouter_tokens_total` | counter, `account`, `model`, `type` | tokens, as far as they are known; `type` is `prompt` or `completion` |
 * | `openrouter_spend_refusals_total` | counter, `account`, `rule` | completions that a rule of `spendLimits` has refused |
 * | `openrouter_spend_limit_usd` | gauge, `account`, `rule` | limit of the rule |
 * | `openrouter_spend_limit_spent_usd` | gauge, `account`, `rule` | what counts against it as billed |
 * | `openrouter_spend_limit_held_usd` | gauge, `account`, `rule` | what is reserved for completions under way |
 * | `openrouter_spend_limit_unsettled_usd` | gauge, `account`, `rule` | what lost processes had reserved, until its bill is known |
 * | `openrouter_spend_store_up` | gauge, `account` | 1 while the store of the spend limits answers, 0 while it does not |
 * | `openrouter_spend_store_waiting` | gauge, `account` | bills, releases and corrections that wait for that store |
 * | `openrouter_spend_oldest_unsettled_seconds` | gauge, `account` | age of the oldest hold of a lost process without a bill, or 0 |
 * | `openrouter_spend_alerts_total` | counter, `account`, `rule`, `type` | alerts of limits; `type` is `warning` or `reached` |
 * | `openrouter_spend_store_alerts_total` | counter, `account`, `type` | `unavailable`, `recovered`, `data-loss`, as noticed by this process |
 * | `openrouter_spend_billed_to_held_ratio` | histogram, `account`, `model` | what completions were billed, divided by what was held for them |
 *
 * The metrics of completions are fed by `MeteringService`, each completion once: `outcome` is
 * {@link CompletionCost.outcome}, `source` {@link CompletionCost.source}, `model` {@link CompletionCost.model}. At most 200
 * models are told apart; those that come later are `other`. Names of the scope are labels only if `scopeLabels` lists them.
 * `prom-client` adds in floating point: these are figures to watch, not to bill by.
 *
 * A scrape shows the balance in memory and never calls OpenRouter. Unknown figures are absent. The figures of limits
 * are read from their store, for the subjects that this process has dealt with. Of several subjects with the same labels,
 * the one that is nearest to its limit is shown; with the names of a rule in `scopeLabels`, each has its own series.
 *
 * Several instances on one registry share their metrics. Of several clients with the same account name, the gauges show
 * the last.
 *
 * @example
 * ```ts
 * OpenRouterModule.forRoot({ managementKey, instrumentation: new OpenRouterMetrics() });
 * ```
 */
export class OpenRouterMetrics implements OpenRouterInstrumentation {
  /** @internal */
  private readonly gauges: BalanceGauges;
  /** @internal */
  private readonly requests: Counter<'account' | 'operation' | 'outcome'>;
  /** @internal */
  private readonly durations: Histogram<'account' | 'operation'>;
  /** @internal */
  private readonly retries: Counter<'account' | 'operation'>;
  /** @internal */
  private readonly alerts: Counter<'account' | 'type'>;
  /** @internal */
  private readonly completions: CompletionMetrics;
  /** @internal */
  private readonly spend: SpendMetrics;

  /**
   * @param options - `registry`, unless it is the default one; `scopeLabels`.
   * @throws `OpenRouterConfigException` for wrong options, and for a registry that has a foreign metric with one of the
   * names, or our own with other `scopeLabels`.
   */
  constructor(options: OpenRouterMetricsOptions = {}) {
    const { registry = register, scopeLabels = [] } = checkConfig(
      METRICS_OPTIONS,
      options,
      'OpenRouterMetrics',
    );
    this.gauges = new BalanceGauges(registry);
    this.requests = sharedMetric(registry, REQUESTS, (config) => new Counter(config));
    this.durations = sharedMetric(registry, DURATIONS, (config) => new Histogram(config));
    this.retries = sharedMetric(registry, RETRIES, (config) => new Counter(config));
    this.alerts = sharedMetric(registry, ALERTS, (config) => new Counter(config));
    this.completions = new CompletionMetrics(registry, scopeLabels);
    this.spend = new SpendMetrics(registry, scopeLabels);
  }

  /** Called by the package. */
  onAttach({ balance, spendLimits }: OpenRouterAttachedClient, account: string): void {
    this.gauges.add(account, balance);
    this.spend.attach(account, spendLimits);
    // A counter that first appears with the value 1 shows no increase: start it at 0.
    for (const type of ALERT_TYPES) {
      this.alerts.inc({ account, type }, 0);
    }
  }

  /** Called by the package. */
  onAlert({ type }: BalanceAlert, account: string): void {
    this.alerts.inc({ account, type });
  }

  /** Called by the package. */
  onCost(cost: CompletionCost, account: string): void {
    this.completions.add(cost, account);
    this.spend.settled(cost, account, this.completions.modelOf(cost));
  }

  /** Called by the package. */
  onRefusal(usage: SpendUsage, account: string): void {
    this.spend.refused(usage, account);
  }

  /** Called by the package. */
  onSpendAlert(alert: SpendAlert, account: string): void {
    this.spend.alerted(alert, account);
  }

  /** Called by the package. */
  onSpendStoreAlert(alert: SpendStoreAlert, account: string): void {
    this.spend.storeAlerted(alert, account);
  }

  /** Called by the package. */
  onResponse({ account, operation }: OpenRouterAttempt, { durationMs }: OpenRouterAttemptSuccess): void {
    this.requests.inc({ account, operation, outcome: SUCCESS });
    this.durations.observe({ account, operation }, durationMs / 1_000);
  }

  /** Called by the package. */
  onError({ account, operation }: OpenRouterAttempt, { error, durationMs }: OpenRouterAttemptFailure): void {
    this.requests.inc({ account, operation, outcome: error.code });
    this.durations.observe({ account, operation }, durationMs / 1_000);
  }

  /** Called by the package. */
  onRetry({ account, operation }: OpenRouterAttempt): void {
    this.retries.inc({ account, operation });
  }
}
