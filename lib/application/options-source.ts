import type { Provider } from '@nestjs/common';
import type { OpenRouterConfigException } from '../errors/client.exceptions.js';
import type {
  FactoryDependencies,
  OpenRouterModuleAsyncOptions,
  OpenRouterOptionsFactory,
} from '../openrouter.registration.js';
import { configFaultIn } from '../options/check-options.js';
import { configFault } from '../options/config-fault.js';
import { ASYNC_REGISTRATION } from './registration.schema.js';

/** Where an account's options come from. */
export interface OptionsSource {
  readonly inject: FactoryDependencies;
  /** Returns the options as the user wrote them. Only the account's factory calls it, so nothing else holds a key. */
  readonly options: (...dependencies: unknown[]) => unknown;
  readonly providers: readonly Provider[];
}

const FOR_ROOT_ASYNC = 'OpenRouterModule.forRootAsync';

/** Keeps the argument of `forRoot` in a closure, where no inspection of the application finds it. */
export function syncOptionsSource(raw: unknown): OptionsSource {
  return { inject: [], options: () => raw, providers: [] };
}

/** Reads the argument of `forRootAsync`. The factory reports what is wrong with it, at boot. */
export function asyncOptionsSource(registration: Partial<OpenRouterModuleAsyncOptions>): OptionsSource {
  const fault = configFaultIn(ASYNC_REGISTRATION, registration, FOR_ROOT_ASYNC);
  if (fault !== undefined) {
    return failingSource(fault);
  }
  const { useFactory, useClass, useExisting, inject = [], extraProviders = [] } = registration;
  const token = useClass ?? useExisting;
  if ([useFactory, useClass, useExisting].filter(Boolean).length === 1) {
    if (useFactory) {
      return { inject, options: useFactory, providers: extraProviders };
    }
    if (token) {
      return {
        inject: [token],
        options: (factory) => {
          const { createOpenRouterOptions } = factory as Partial<OpenRouterOptionsFactory>;
          if (typeof createOpenRouterOptions !== 'function') {
            throw configFault(
              FOR_ROOT_ASYNC,
              'the provider of the options has no method `createOpenRouterOptions`',
            );
          }
          return createOpenRouterOptions.call(factory);
        },
        providers: useClass ? [...extraProviders, useClass] : extraProviders,
      };
    }
  }
  return failingSource(
    configFault(FOR_ROOT_ASYNC, 'it needs exactly one of `useFactory`, `useClass` and `useExisting`'),
  );
}

/** A source that stops the boot. */
export function failingSource(fault: OpenRouterConfigException): OptionsSource {
  return {
    inject: [],
    options: () => {
      throw fault;
    },
    providers: [],
  };
}
