import type { FactoryProvider } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import type { OpenRouterExceptionFilterOptions } from './openrouter-exception-filter.options.js';
import { OpenRouterExceptionFilter } from './openrouter-exception.filter.js';

/**
 * A provider that applies the filter to the whole application. Add it to the providers of the root module, after a
 * filter that catches everything: Nest asks the last filter of a module first, and filters of imported modules before
 * those of the root module. WebSocket gateways ignore global filters; use `@UseFilters` on them.
 *
 * @param options - The mapping (`mirror` by default), the format (`nest` by default), and whether errors of other
 * clients are translated. Wrong options stop the boot with an `OpenRouterConfigException`.
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
