/**
 * Metrics for `prom-client`.
 *
 * @module nestjs-openrouter/metrics
 */
export { OpenRouterMetrics } from './openrouter-metrics.js';
export type { OpenRouterMetricsOptions } from './openrouter-metrics.js';
export type { MetricRegistry } from './shared-metric.js';
