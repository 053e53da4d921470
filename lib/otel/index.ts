export { OpenRouterTracing } from './openrouter-tracing.js';
