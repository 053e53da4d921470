/**
 * Traces through `@opentelemetry/api`.
 *
 * @module nestjs-openrouter/otel
 */
export { OpenRouterTracing } from './openrouter-tracing.js';
export type { OpenRouterTracingOptions } from './openrouter-tracing.js';
