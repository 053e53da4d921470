import type { Counter, Gauge, Histogram, OpenMetricsContentType, Registry } from 'prom-client';
import { OpenRouterConfigException } from '../errors/client.exceptions.js';

/** A registry of `prom-client` in either of its two formats. */
export type MetricRegistry = Registry | Registry<OpenMetricsContentType>;

/** Marks the metrics of this package; the same symbol in every copy of it in a process. */
const OURS = Symbol.for('nestjs-openrouter/metric');

/** The common part of every metric's configuration. */
interface MetricConfig {
  readonly name: string;
}

/**
 * Returns the metric of this name in the registry, or creates it. So several applications in one process, and a module
 * that is loaded again, share their metrics.
 *
 * @throws `OpenRouterConfigException` if a foreign metric has the name.
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
  return existing as M;
}
