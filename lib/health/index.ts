/**
 * An account's health for `@nestjs/terminus`.
 *
 * @module nestjs-openrouter/health
 */
export { OpenRouterHealthIndicator } from './openrouter-health.indicator.js';
export { OpenRouterHealthModule } from './openrouter-health.module.js';
export type { OpenRouterHealthModuleOptions } from './openrouter-health.module.js';
export type { OpenRouterHealthOptions } from './openrouter-health.options.js';
