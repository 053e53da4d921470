import type { FactoryProvider } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import type { OpenRouterExceptionFilterOptions } from './openrouter-exception-filter.options.js';
import { OpenRouterExceptionFilter } from './openrouter-exception.filter.js';

/**
 * The provider that makes the filter apply to the whole application. It belongs into the application's root module, below
 * a filter that catches everything: Nest asks the last one of a module first, and those of imported modules before the
 * root module's. WebSocket gateways take no global filters; put `@UseFilters` on them.
 *
 * @param options - Mapping and format, `mirror` and `nest` by default, and whether other clients' errors are translated,
 * too. Wrong ones stop the boot with an `OpenRouterConfigException`.
 *
 * @example
 * ```ts
 * @Module({ providers: [provideOpenRouterExceptionFilter({ mapping: 'gateway' })] })
 * class AppModule {}
 * ```
 */
export function provideOpenRouterExceptionFilter(
  options?: OpenRouterExceptionFilterOptions,
): FactoryProvider<OpenRouterExceptionFilter> {
  return { provide: APP_FILTER, useFactory: () => new OpenRouterExceptionFilter(options) };
}
