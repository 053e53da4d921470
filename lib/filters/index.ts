export { OpenRouterExceptionFilter } from './openrouter-exception.filter.js';
export { provideOpenRouterExceptionFilter } from './openrouter-exception-filter.provider.js';
export type {
  OpenRouterExceptionFilterOptions,
  OpenRouterExceptionFormat,
  OpenRouterExceptionMapper,
  OpenRouterExceptionMapping,
} from './openrouter-exception-filter.options.js';
export type { OpenRouterHttpError, OpenRouterRefusedProperty } from './openrouter-http-error.js';
