import type { Counter, Gauge, Histogram, OpenMetricsContentType, Registry } from 'prom-client';
import { OpenRouterConfigException } from '../errors/client.exceptions.js';

/** A registry of `prom-client` in either of its two formats. */
export type MetricRegistry = Registry | Registry<OpenMetricsContentType>;

/** Marks the metrics of this package; the same symbol in every copy of it in a process. */
const OURS = Symbol.for('nestjs-openrouter/metric');

/** The common part of every metric's configuration. */
interface MetricConfig {
  readonly name: string;
  readonly labelNames?: readonly string[];
}

/**
 * Returns the metric of this name in the registry, or creates it. So several applications in one process, and a module
 * that is loaded again, share their metrics.
 *
 * @throws `OpenRouterConfigException` if a foreign metric has the name, or if the metric has other labels.
 */
export function sharedMetric<M extends Counter | Gauge | Histogram, C extends MetricConfig>(
  registry: MetricRegistry,
  config: C,
  make: (config: C & { registers: MetricRegistry[] }) => M,
): M {
  const existing = registry.getSingleMetric(config.name);
  if (existing === undefined) {
    return Object.defineProperty(make({ ...config, registers: [registry] }), OURS, { value: true });
  }
  if (!Object.hasOwn(existing, OURS)) {
    throw new OpenRouterConfigException(
      `OpenRouterMetrics: the registry has another metric with the name ${config.name}; give OpenRouterMetrics a ` +
        '`registry` of its own.',
    );
  }
  if (config.labelNames !== undefined && !isSame(config.labelNames, labelNamesOf(existing))) {
    throw new OpenRouterConfigException(
      `OpenRouterMetrics: ${config.name} has other labels in this registry, from an OpenRouterMetrics with other ` +
        '`scopeLabels`. Give both the same `scopeLabels`, or each a `registry` of its own.',
    );
  }
  return existing as M;
}

/** The declarations of `prom-client` leave this member out. */
function labelNamesOf(metric: object): readonly string[] {
  return (metric as { readonly labelNames: readonly string[] }).labelNames;
}

function isSame(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((name) => others.includes(name));
}
