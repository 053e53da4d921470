import type { Counter, Gauge, Histogram, OpenMetricsContentType, Registry } from 'prom-client';
import { OpenRouterConfigException } from '../errors/client.exceptions.js';

/** A registry of `prom-client`, in either of its two formats. */
export type MetricRegistry = Registry | Registry<OpenMetricsContentType>;

/** Marks the metrics of this package; the same in each copy of it that a process has loaded. */
const OURS = Symbol.for('nestjs-openrouter/metric');

/** What every metric is made of. */
interface MetricConfig {
  readonly name: string;
}

/**
 * The metric of this name that is in the registry already, or a new one: several applications in one process, and a
 * module that is loaded again, share their metrics.
 *
 * @throws `OpenRouterConfigException` if the name is taken by somebody else's metric.
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
