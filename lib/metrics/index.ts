export { OpenRouterMetrics } from './openrouter-metrics.js';
export type { OpenRouterMetricsOptions } from './openrouter-metrics.js';
