export { OpenRouterHealthIndicator } from './openrouter-health.indicator.js';
export { OpenRouterHealthModule } from './openrouter-health.module.js';
export type { OpenRouterHealthModuleOptions } from './openrouter-health.module.js';
export type { OpenRouterHealthOptions } from './openrouter-health.options.js';
