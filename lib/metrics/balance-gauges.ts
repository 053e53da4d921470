import { Counter, Gauge } from 'prom-client';
import type { BalanceFeed, BalanceFigures } from '../contracts/balance-figures.js';
import { type MetricRegistry, sharedMetric } from './shared-metric.js';

/** What the gauges need of an account: a look at the last balance, which asks nobody. */
type BalanceGlance = Pick<BalanceFeed, 'peek' | 'diagnostics'>;

interface GaugeRow {
  readonly name: string;
  readonly help: string;
  /** How `prom-client` puts the workers of a cluster together, which all read the same account. */
  readonly aggregator: 'min' | 'max';
  readonly read: (balance: BalanceGlance) => number | null | undefined;
  /** A label besides that of the account. */
  readonly label?: { readonly name: string; readonly read: (figures: BalanceFigures) => string | null };
}

/** Reads a figure; what is not known is absent, since 0 would be a made-up number. */
function figure(read: (figures: BalanceFigures) => number | null): GaugeRow['read'] {
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
    help: 'When that limit starts anew, in seconds since 1970; absent where it never does.',
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
    // A clock that was put back must not make a reading of the future.
    read: figure(({ fetchedAt }) => Math.max(0, (Date.now() - fetchedAt.getTime()) / 1_000)),
  },
  {
    name: 'openrouter_balance_store_up',
    help: 'Whether the store that the balance is shared by answers: 1 or 0.',
    aggregator: 'min',
    read: ({ diagnostics }) => {
      const storeUp = diagnostics?.storeUp;
      return typeof storeUp === 'boolean' ? Number(storeUp) : undefined;
    },
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

/** A counter that the accounts keep themselves, read when it is scraped. */
class InvalidSpendCounter extends Counter<'account'> {
  /** Accounts by their names; of several with one name the last that came. */
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

/** What is shown of the balances in a registry. */
export class BalanceGauges {
  readonly #metrics: readonly (BalanceGauge | InvalidSpendCounter)[];

  constructor(registry: MetricRegistry) {
    this.#metrics = [
      ...ROWS.map((row) => sharedMetric(registry, row, (config) => new BalanceGauge(config))),
      sharedMetric(registry, INVALID_SPENDS, (config) => new InvalidSpendCounter(config)),
    ];
  }

  /** Shows an account from now on. */
  add(account: string, balance: BalanceGlance): void {
    for (const { accounts } of this.#metrics) {
      accounts.set(account, balance);
    }
  }
}
