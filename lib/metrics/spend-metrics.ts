import { Counter, Gauge, Histogram } from 'prom-client';
import type { CompletionCost } from '../contracts/completion-cost.js';
import type { OpenRouterAttachedClient } from '../contracts/instrumentation.js';
import type { SpendAlert, SpendDiagnostics, SpendStoreAlert, SpendUsage } from '../contracts/spend-usage.js';
import { type MetricRegistry, sharedMetric } from './shared-metric.js';

/** The part of the spend limits that the gauges read. It never causes a call to OpenRouter. */
type SpendLimitsGlance = NonNullable<OpenRouterAttachedClient['spendLimits']>;

/** Labels of these metrics: `scopeLabels` must not list them. */
export const SPEND_LABELS: readonly string[] = ['account', 'rule'];

interface UsageRow {
  readonly name: string;
  readonly help: string;
  readonly read: (usage: SpendUsage) => number | null;
}

interface StateRow {
  readonly name: string;
  readonly help: string;
  readonly aggregator: 'min' | 'max' | 'sum';
  readonly read: (state: SpendDiagnostics) => number | null;
}

const OF_FULLEST = ', of the subject that is nearest to the limit';

const USAGE_ROWS: readonly UsageRow[] = [
  {
    name: 'openrouter_spend_limit_usd',
    help: `Limit of a rule of the spend limits in US dollars${OF_FULLEST}.`,
    read: ({ limitUsd }) => limitUsd,
  },
  {
    name: 'openrouter_spend_limit_spent_usd',
    help: `What counts against it as billed in US dollars${OF_FULLEST}.`,
    read: ({ spentUsd }) => spentUsd,
  },
  {
    name: 'openrouter_spend_limit_held_usd',
    help: `What is reserved for completions under way in US dollars${OF_FULLEST}.`,
    read: ({ heldUsd }) => heldUsd,
  },
  {
    name: 'openrouter_spend_limit_unsettled_usd',
    help: `What lost processes had reserved, until its bill is known, in US dollars${OF_FULLEST}.`,
    read: ({ unsettledUsd }) => unsettledUsd,
  },
];

const STATE_ROWS: readonly StateRow[] = [
  {
    name: 'openrouter_spend_store_up',
    help: 'Whether the store of the spend limits answers: 1 or 0.',
    aggregator: 'min',
    read: ({ storeUp }) => (storeUp === null ? null : Number(storeUp)),
  },
  {
    name: 'openrouter_spend_store_waiting',
    help: 'Bills, releases and corrections that wait for the store of the spend limits to answer again.',
    aggregator: 'sum',
    read: ({ waiting }) => waiting,
  },
  {
    name: 'openrouter_spend_oldest_unsettled_seconds',
    help: 'Age of the oldest hold of a lost process whose bill is not known yet; 0 if there is none.',
    aggregator: 'max',
    read: ({ oldestUnsettledAt }) =>
      oldestUnsettledAt === null ? 0 : Math.max(0, (Date.now() - oldestUnsettledAt.getTime()) / 1_000),
  },
];

const REFUSALS = {
  name: 'openrouter_spend_refusals_total',
  help: 'Completions that a rule of the spend limits has refused.',
  labelNames: ['account', 'rule'] as const,
};

const ALERTS = {
  name: 'openrouter_spend_alerts_total',
  help: 'Fractions of limits that were reached (warnAt), each counted once for a subject and window, in one of all processes.',
  labelNames: ['account', 'rule', 'type'] as const,
};

const STORE_ALERTS = {
  name: 'openrouter_spend_store_alerts_total',
  help: 'What happened to the store of the spend limits, as this process has noticed it.',
  labelNames: ['account', 'type'] as const,
};

const RATIOS = {
  name: 'openrouter_spend_billed_to_held_ratio',
  help: 'What a completion was billed, divided by what was held for it: above 1, a limit may be exceeded.',
  labelNames: ['account', 'model'] as const,
  buckets: [0.05, 0.1, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 3, 5, 10],
};

const ALERT_TYPES: readonly SpendAlert['type'][] = ['warning', 'reached'];
const STORE_ALERT_TYPES: readonly SpendStoreAlert['type'][] = ['unavailable', 'recovered', 'data-loss'];

/** A gauge of the figures of limits. */
class UsageGauge extends Gauge {
  /** The accounts by name. Of several with the same name, the last one counts. */
  readonly accounts = new Map<string, SpendLimitsGlance>();

  constructor({
    read,
    scopeLabels,
    ...config
  }: UsageRow & { scopeLabels: readonly string[]; labelNames: string[]; registers: MetricRegistry[] }) {
    super({
      ...config,
      // The processes share the figures.
      aggregator: 'max',
      collect: async () => {
        const told = await Promise.all(
          [...this.accounts].map(async ([name, limits]) => ({
            name,
            usages: await usagesOf(limits),
          })),
        );
        this.reset();
        for (const { name: account, usages } of told) {
          for (const { labels, usage } of fullestOf(usages, scopeLabels)) {
            const value = read(usage);
            if (value !== null) {
              this.set({ account, ...labels }, value);
            }
          }
        }
      },
    });
  }
}

/** A gauge of the state of the limits in this process. */
class StateGauge extends Gauge {
  readonly accounts = new Map<string, SpendLimitsGlance>();

  constructor({ read, ...config }: StateRow & { registers: MetricRegistry[] }) {
    super({
      ...config,
      labelNames: ['account'],
      collect: () => {
        this.reset();
        for (const [account, { diagnostics }] of this.accounts) {
          const value = diagnostics === undefined ? null : read(diagnostics);
          if (value !== null) {
            this.set({ account }, value);
          }
        }
      },
    });
  }
}

/** The metrics of spend limits in one registry. */
export class SpendMetrics {
  readonly #gauges: readonly (UsageGauge | StateGauge)[];
  readonly #refusals: Counter<'account' | 'rule'>;
  readonly #alerts: Counter<'account' | 'rule' | 'type'>;
  readonly #storeAlerts: Counter<'account' | 'type'>;
  readonly #ratios: Histogram<'account' | 'model'>;

  /** @param scopeLabels - Names of the scope that are labels. */
  constructor(registry: MetricRegistry, scopeLabels: readonly string[]) {
    const labelNames = [...SPEND_LABELS, ...scopeLabels];
    this.#refusals = sharedMetric(registry, REFUSALS, (config) => new Counter(config));
    this.#gauges = [
      ...USAGE_ROWS.map((row) =>
        sharedMetric(registry, { ...row, scopeLabels, labelNames }, (config) => new UsageGauge(config)),
      ),
      ...STATE_ROWS.map((row) => sharedMetric(registry, row, (config) => new StateGauge(config))),
    ];
    this.#alerts = sharedMetric(registry, ALERTS, (config) => new Counter(config));
    this.#storeAlerts = sharedMetric(registry, STORE_ALERTS, (config) => new Counter(config));
    this.#ratios = sharedMetric(registry, RATIOS, (config) => new Histogram(config));
  }

  /** Adds an account; one without spend limits has no figures. */
  attach(account: string, limits: SpendLimitsGlance | undefined): void {
    if (limits?.diagnostics === undefined) {
      return;
    }
    for (const { accounts } of this.#gauges) {
      accounts.set(account, limits);
    }
    // A counter that first appears with the value 1 shows no increase: start it at 0.
    for (const type of STORE_ALERT_TYPES) {
      this.#storeAlerts.inc({ account, type }, 0);
    }
    for (const rule of limits.diagnostics.rules) {
      this.#refusals.inc({ account, rule }, 0);
      for (const type of ALERT_TYPES) {
        this.#alerts.inc({ account, rule, type }, 0);
      }
    }
  }

  /** Counts a refusal. */
  refused({ rule }: SpendUsage, account: string): void {
    this.#refusals.inc({ account, rule });
  }

  /** Counts an alert of a limit. */
  alerted({ type, usage }: SpendAlert, account: string): void {
    this.#alerts.inc({ account, rule: usage.rule, type });
  }

  /** Counts an alert of the store. */
  storeAlerted({ type }: SpendStoreAlert, account: string): void {
    this.#storeAlerts.inc({ account, type });
  }

  /** @param model - Label of the model. */
  settled({ heldUsd, source, usd }: CompletionCost, account: string, model: string): void {
    // Without a bill, it is unknown how good the hold was.
    if (usd !== null && source !== 'hold' && heldUsd !== undefined && heldUsd > 0) {
      this.#ratios.observe({ account, model }, usd / heldUsd);
    }
  }
}

async function usagesOf(limits: SpendLimitsGlance): Promise<readonly SpendUsage[]> {
  try {
    return (await limits.knownUsage?.()) ?? [];
  } catch {
    // A test double must not fail the scrape.
    return [];
  }
}

interface LabelledUsage {
  readonly labels: Readonly<Record<string, string>>;
  readonly usage: SpendUsage;
}

/** For each combination of labels, the usage that is nearest to its limit: sums of limits would say nothing. */
function fullestOf(usages: readonly SpendUsage[], scopeLabels: readonly string[]): readonly LabelledUsage[] {
  const fullest = new Map<string, LabelledUsage>();
  for (const usage of usages) {
    const { rule, subject } = usage;
    const named = scopeLabels.map((name) => [
      name,
      (Object.hasOwn(subject, name) ? subject[name] : undefined) ?? '',
    ]);
    const labels = { rule, ...(Object.fromEntries(named) as Record<string, string>) };
    const key = JSON.stringify(labels);
    const known = fullest.get(key);
    if (known === undefined || fullness(usage) > fullness(known.usage)) {
      fullest.set(key, { labels, usage });
    }
  }
  return [...fullest.values()];
}

/** How near a usage is to its limit; without a limit, what counts. */
function fullness({ limitUsd, spentUsd, heldUsd, unsettledUsd }: SpendUsage): number {
  const counted = spentUsd + heldUsd + unsettledUsd;
  return limitUsd === null ? counted : limitUsd === 0 ? Infinity : counted / limitUsd;
}
