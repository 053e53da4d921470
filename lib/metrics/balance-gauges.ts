import { Counter, Gauge } from 'prom-client';
import type { BalanceSnapshot } from '../contracts/balance-snapshot.models.js';
import type { OpenRouterAttachedClient } from '../contracts/instrumentation.js';
import { type MetricRegistry, sharedMetric } from './shared-metric.js';

/** The part of a balance that the gauges read. It never causes a call to OpenRouter. */
type BalanceGlance = Pick<OpenRouterAttachedClient['balance'], 'peek' | 'diagnostics'>;

interface GaugeRow {
  readonly name: string;
  readonly help: string;
  /** How `prom-client` aggregates the workers of a cluster, which all read the same account. */
  readonly aggregator: 'min' | 'max';
  readonly read: (balance: BalanceGlance) => number | null | undefined;
  /** A label besides `account`. */
  readonly label?: { readonly name: string; readonly read: (figures: BalanceSnapshot) => string | null };
}

/** Reads a figure. An unknown one is absent, since 0 would be an invented number. */
function figure(read: (figures: BalanceSnapshot) => number | null): GaugeRow['read'] {
  return (balance) => {
    const figures = balance.peek();
    return figures && read(figures);
  };
}

const ROWS: readonly GaugeRow[] = [
  {
    name: 'openrouter_balance_usd',
    help: 'Balance of the account in US dollars, as last read; may be negative.',
    aggregator: 'min',
    read: figure(({ balance }) => balance),
  },
  {
    name: 'openrouter_spendable_usd',
    help: "What can be spent in US dollars: the smallest of the account's balance, the key's limit and its budgets.",
    aggregator: 'min',
    read: figure(({ spendable }) => spendable),
  },
  {
    name: 'openrouter_spendable_limited_by',
    help: 'Always 1; the label `limit` says what limits openrouter_spendable_usd: balance, key-limit or budget.',
    aggregator: 'max',
    read: figure(({ limitedBy }) => (limitedBy ? 1 : null)),
    label: { name: 'limit', read: ({ limitedBy }) => limitedBy },
  },
  {
    name: 'openrouter_spendable_resets_timestamp_seconds',
    help: 'When that limit resets, in seconds since 1970; absent if it never does.',
    aggregator: 'max',
    read: figure(({ resetsAt }) => (resetsAt ? resetsAt.getTime() / 1_000 : null)),
  },
  {
    name: 'openrouter_total_credits_usd',
    help: 'Credits purchased in US dollars, in all time.',
    aggregator: 'max',
    read: figure(({ totalCredits }) => totalCredits),
  },
  {
    name: 'openrouter_total_usage_usd',
    help: 'Credits used in US dollars, in all time.',
    aggregator: 'max',
    read: figure(({ totalUsage }) => totalUsage),
  },
  {
    name: 'openrouter_balance_age_seconds',
    help: 'Age of the reading that the balance comes from.',
    aggregator: 'min',
    // A clock that was set back must not give a negative age.
    read: figure(({ fetchedAt }) => Math.max(0, (Date.now() - fetchedAt.getTime()) / 1_000)),
  },
  {
    name: 'openrouter_balance_store_up',
    help: 'Whether the store through which the balance is shared answers: 1 or 0.',
    aggregator: 'min',
    read: ({ diagnostics }) => {
      const storeUp = diagnostics?.storeUp;
      return typeof storeUp === 'boolean' ? Number(storeUp) : undefined;
    },
  },
];

/** A gauge that reads its accounts at each scrape. */
class BalanceGauge extends Gauge {
  /** The accounts by name. Of several with the same name, the last one counts. */
  readonly accounts = new Map<string, BalanceGlance>();

  constructor({ read, label, ...config }: GaugeRow & { registers: MetricRegistry[] }) {
    super({
      ...config,
      labelNames: ['account', ...(label === undefined ? [] : [label.name])],
      collect: () => {
        this.reset();
        for (const [account, balance] of this.accounts) {
          const value = read(balance);
          if (value !== null && value !== undefined) {
            const figures = balance.peek();
            const more = label && figures ? { [label.name]: label.read(figures) ?? '' } : {};
            this.set({ account, ...more }, value);
          }
        }
      },
    });
  }
}

const INVALID_SPENDS = {
  name: 'openrouter_invalid_spends_total',
  help: 'Calls of recordSpend with an argument that was wrong.',
};

/** A counter that the accounts keep themselves; it is read at each scrape. */
class InvalidSpendCounter extends Counter<'account'> {
  /** The accounts by name. Of several with the same name, the last one counts. */
  readonly accounts = new Map<string, BalanceGlance>();

  constructor(config: typeof INVALID_SPENDS & { registers: MetricRegistry[] }) {
    super({
      ...config,
      labelNames: ['account'],
      collect: () => {
        this.reset();
        for (const [account, { diagnostics }] of this.accounts) {
          if (diagnostics !== undefined) {
            this.inc({ account }, diagnostics.invalidSpends);
          }
        }
      },
    });
  }
}

/** The metrics of balances in one registry. */
export class BalanceGauges {
  readonly #metrics: readonly (BalanceGauge | InvalidSpendCounter)[];

  constructor(registry: MetricRegistry) {
    this.#metrics = [
      ...ROWS.map((row) => sharedMetric(registry, row, (config) => new BalanceGauge(config))),
      sharedMetric(registry, INVALID_SPENDS, (config) => new InvalidSpendCounter(config)),
    ];
  }

  /** Adds an account. */
  add(account: string, balance: BalanceGlance): void {
    for (const { accounts } of this.#metrics) {
      accounts.set(account, balance);
    }
  }
}
