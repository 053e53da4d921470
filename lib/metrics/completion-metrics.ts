import { Counter, Histogram } from 'prom-client';
import type { CompletionCost, SpendScope } from '../contracts/completion-cost.js';
import { type MetricRegistry, sharedMetric } from './shared-metric.js';
import { SPEND_LABELS } from './spend-metrics.js';

/** OpenRouter and callers name the models, so nothing else limits their number. */
const MAX_MODELS = 200;
/** Combinations of values of the labels that come from the scope. */
const MAX_SCOPES = 1_000;
/** The label value of everything beyond one of these limits. */
const OTHER = 'other';

const COMPLETION_LABELS = ['account', 'model', 'outcome', 'source'];
const TOKEN_LABELS = ['account', 'model', 'type'];

/** Labels of these metrics, and those that Prometheus adds: `scopeLabels` must not list them. */
export const TAKEN_LABELS: readonly string[] = [
  ...new Set([...COMPLETION_LABELS, ...TOKEN_LABELS, ...SPEND_LABELS]),
  'le',
  'job',
  'instance',
];

const COMPLETIONS = {
  name: 'openrouter_completions_total',
  help: 'Completions whose cost is decided; source="unknown" are those whose cost could not be learned.',
};

const COSTS = {
  name: 'openrouter_completion_cost_usd_total',
  help: 'What completions have cost in US dollars, without the unknown costs.',
};

const TOKENS = {
  name: 'openrouter_tokens_total',
  help: 'Tokens of completions, as far as they are known.',
};

const COST_SIZES = {
  // Not openrouter_completion_cost_usd: in the OpenMetrics format, that is the counter's name as well.
  name: 'openrouter_cost_per_completion_usd',
  help: 'Cost of a single completion in US dollars, without those that are unknown or taken from a hold.',
  labelNames: ['account', 'model', 'outcome'],
  // From an embedding to a long run of an agent.
  buckets: [0.000_01, 0.000_1, 0.000_5, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5],
};

/** The counter of completions. It keeps the label values that any metric of its registry has had. */
class CompletionCounter extends Counter {
  readonly models = new Set<string>();
  readonly scopes = new Set<string>();
}

/** The metrics of completions in one registry. */
export class CompletionMetrics {
  readonly #scopeLabels: readonly string[];
  readonly #completions: CompletionCounter;
  readonly #costs: Counter;
  readonly #sizes: Histogram;
  readonly #tokens: Counter;

  /** @param scopeLabels - Names of the scope that are labels. */
  constructor(registry: MetricRegistry, scopeLabels: readonly string[]) {
    const completions = { ...COMPLETIONS, labelNames: [...COMPLETION_LABELS, ...scopeLabels] };
    const costs = { ...COSTS, labelNames: [...COMPLETION_LABELS, ...scopeLabels] };
    const tokens = { ...TOKENS, labelNames: [...TOKEN_LABELS, ...scopeLabels] };
    this.#scopeLabels = scopeLabels;
    this.#completions = sharedMetric(registry, completions, (config) => new CompletionCounter(config));
    this.#costs = sharedMetric(registry, costs, (config) => new Counter(config));
    this.#sizes = sharedMetric(registry, COST_SIZES, (config) => new Histogram(config));
    this.#tokens = sharedMetric(registry, tokens, (config) => new Counter(config));
  }

  /** The label of a model. */
  modelOf({ model = '' }: CompletionCost): string {
    return isRoomFor(this.#completions.models, model, MAX_MODELS) ? model : OTHER;
  }

  /** Counts one completion. */
  add(cost: CompletionCost, account: string): void {
    const { outcome, source, usd } = cost;
    const model = this.modelOf(cost);
    const scope = this.#scopeOf(cost.scope);
    this.#completions.inc({ account, model, outcome, source, ...scope });
    if (usd !== null) {
      this.#costs.inc({ account, model, outcome, source, ...scope }, usd);
      if (source !== 'hold') {
        this.#sizes.observe({ account, model, outcome }, usd);
      }
    }
    this.#countTokens({ account, model, type: 'prompt', ...scope }, cost.promptTokens);
    this.#countTokens({ account, model, type: 'completion', ...scope }, cost.completionTokens);
  }

  #countTokens(labels: Record<string, string>, count: number | undefined): void {
    if (count !== undefined) {
      this.#tokens.inc(labels, count);
    }
  }

  #scopeOf(scope: SpendScope): Record<string, string> {
    const labels = this.#labels((name) => (Object.hasOwn(scope, name) ? scope[name] : undefined) ?? '');
    return isRoomFor(this.#completions.scopes, JSON.stringify(labels), MAX_SCOPES)
      ? labels
      : this.#labels(() => OTHER);
  }

  #labels(valueOf: (name: string) => string): Record<string, string> {
    return Object.fromEntries(this.#scopeLabels.map((name) => [name, valueOf(name)]));
  }
}

/** Whether a value may be a label: it is known, or the limit is not reached. */
function isRoomFor(known: Set<string>, value: string, limit: number): boolean {
  if (known.size < limit) {
    known.add(value);
  }
  return known.has(value);
}
