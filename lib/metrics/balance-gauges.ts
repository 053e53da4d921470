import { Gauge } from 'prom-client';
import type { BalanceFeed, BalanceFigures } from '../contracts/balance-figures.js';
import { type MetricRegistry, sharedMetric } from './shared-metric.js';

/** What the gauges need of an account: a look at the last balance, which asks nobody. */
type BalanceGlance = Pick<BalanceFeed, 'peek'>;

interface GaugeRow {
  readonly name: string;
  readonly help: string;
  /** How `prom-client` puts the workers of a cluster together, which all read the same account. */
  readonly aggregator: 'min' | 'max';
  readonly read: (figures: BalanceFigures) => number | null;
  /** A label besides that of the account. */
  readonly label?: { readonly name: string; readonly read: (figures: BalanceFigures) => string | null };
}

const ROWS: readonly GaugeRow[] = [
  {
    name: 'openrouter_balance_usd',
    help: 'Balance of the account in US dollars, as last read; may be negative.',
    aggregator: 'min',
    read: ({ balance }) => balance,
  },
  {
    name: 'openrouter_spendable_usd',
    help: "What can be spent in US dollars: the smallest of the account's balance, the key's limit and its budgets.",
    aggregator: 'min',
    read: ({ spendable }) => spendable,
  },
  {
    name: 'openrouter_spendable_limited_by',
    help: 'Always 1; the label `limit` says what limits openrouter_spendable_usd: balance, key-limit or budget.',
    aggregator: 'max',
    read: ({ limitedBy }) => (limitedBy ? 1 : null),
    label: { name: 'limit', read: ({ limitedBy }) => limitedBy },
  },
  {
    name: 'openrouter_spendable_resets_timestamp_seconds',
    help: 'When that limit starts anew, in seconds since 1970; absent where it never does.',
    aggregator: 'max',
    read: ({ resetsAt }) => (resetsAt ? resetsAt.getTime() / 1_000 : null),
  },
  {
    name: 'openrouter_total_credits_usd',
    help: 'Credits purchased in US dollars, in all time.',
    aggregator: 'max',
    read: ({ totalCredits }) => totalCredits,
  },
  {
    name: 'openrouter_total_usage_usd',
    help: 'Credits used in US dollars, in all time.',
    aggregator: 'max',
    read: ({ totalUsage }) => totalUsage,
  },
  {
    name: 'openrouter_balance_age_seconds',
    help: 'Age of the reading that the balance comes from.',
    aggregator: 'min',
    // A clock that was put back must not make a reading of the future.
    read: ({ fetchedAt }) => Math.max(0, (Date.now() - fetchedAt.getTime()) / 1_000),
  },
];

/** A gauge that looks at its accounts when it is scraped. */
class BalanceGauge extends Gauge {
  /** Accounts by their names; of several with one name the last that came. */
  readonly accounts = new Map<string, BalanceGlance>();

  constructor({ read, label, ...config }: GaugeRow & { registers: MetricRegistry[] }) {
    super({
      ...config,
      labelNames: ['account', ...(label === undefined ? [] : [label.name])],
      collect: () => {
        this.reset();
        for (const [account, balance] of this.accounts) {
          const figures = balance.peek();
          const value = figures === undefined ? null : read(figures);
          // What is not known is absent: 0 would be a made-up number.
          if (figures !== undefined && value !== null) {
            const more = label === undefined ? {} : { [label.name]: label.read(figures) ?? '' };
            this.set({ account, ...more }, value);
          }
        }
      },
    });
  }
}

/** The gauges of the balances in a registry. */
export class BalanceGauges {
  readonly #gauges: readonly BalanceGauge[];

  constructor(registry: MetricRegistry) {
    this.#gauges = ROWS.map((row) => sharedMetric(registry, row, (config) => new BalanceGauge(config)));
  }

  /** Shows an account from now on. */
  add(account: string, balance: BalanceGlance): void {
    for (const { accounts } of this.#gauges) {
      accounts.set(account, balance);
    }
  }
}
