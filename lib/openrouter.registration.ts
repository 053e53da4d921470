import type {
  FactoryProvider,
  InjectionToken,
  ModuleMetadata,
  OptionalFactoryDependency,
  Provider,
  Type,
} from '@nestjs/common';
import type { OpenRouterModuleOptions } from './options/openrouter-options.js';

/** How to register an account. Nest needs it before any factory runs. */
export interface OpenRouterRegistration {
  /** Name of the account, where an application has several. @defaultValue the default account */
  name?: string | undefined;
  /** Whether every module can inject the account without an import. @defaultValue `false` */
  isGlobal?: boolean | undefined;
}

/**
 * The result of a factory: the options without `name` and `isGlobal`, which Nest needs before it runs the factory. Set
 * them beside it.
 */
export type OpenRouterFactoryOptions = OpenRouterModuleOptions & {
  /** Set it beside `useFactory`. */
  name?: never;
  /** Set it beside `useFactory`. */
  isGlobal?: never;
};

/** A class that returns the options, for `useClass` and `useExisting`. */
export interface OpenRouterOptionsFactory {
  /** Called once, when the application starts. */
  createOpenRouterOptions(): OpenRouterFactoryOptions | Promise<OpenRouterFactoryOptions>;
}

interface AsyncRegistration extends OpenRouterRegistration {
  /** Modules that export what the factory injects. */
  imports?: ModuleMetadata['imports'] | undefined;
  /** Further providers of the module, for example one that the factory injects. */
  extraProviders?: Provider[] | undefined;
}

/** Options from a function. */
export interface OpenRouterModuleFactoryOptions extends AsyncRegistration {
  /** Returns the options. Called once, when the application starts. */
  // Nest types the arguments of a factory like this; they depend on `inject`.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  useFactory: (...args: any[]) => OpenRouterFactoryOptions | Promise<OpenRouterFactoryOptions>;
  /** Tokens of the function's arguments. */
  inject?: (InjectionToken | OptionalFactoryDependency)[] | undefined;
  /** Not beside `useFactory`. */
  useClass?: never;
  /** Not beside `useFactory`. */
  useExisting?: never;
}

/** Options from a class that the module instantiates. */
export interface OpenRouterModuleClassOptions extends AsyncRegistration {
  /** The class. */
  useClass: Type<OpenRouterOptionsFactory>;
  /** Not beside `useClass`. */
  useFactory?: never;
  /** Not beside `useClass`. */
  useExisting?: never;
  /** Not beside `useClass`: the class injects by its own constructor. */
  inject?: never;
}

/** Options from a provider of an imported or global module. */
export interface OpenRouterModuleExistingOptions extends AsyncRegistration {
  /** The provider's token. */
  useExisting: InjectionToken<OpenRouterOptionsFactory>;
  /** Not beside `useExisting`. */
  useFactory?: never;
  /** Not beside `useExisting`. */
  useClass?: never;
  /** Not beside `useExisting`. */
  inject?: never;
}

/** The argument of `OpenRouterModule.forRootAsync`: exactly one of `useFactory`, `useClass` and `useExisting`. */
export type OpenRouterModuleAsyncOptions =
  OpenRouterModuleFactoryOptions | OpenRouterModuleClassOptions | OpenRouterModuleExistingOptions;

/** The dependencies of a factory provider. */
export type FactoryDependencies = NonNullable<FactoryProvider['inject']>;
