import type {
  FactoryProvider,
  InjectionToken,
  ModuleMetadata,
  OptionalFactoryDependency,
  Provider,
  Type,
} from '@nestjs/common';
import type { OpenRouterModuleOptions } from './options/openrouter-options.js';

/** How an account is registered; known before any factory runs. */
export interface OpenRouterRegistration {
  /** Name of the account, for several side by side; without one it is the default account. */
  name?: string | undefined;
  /** Whether the providers are there in every module without an import. @defaultValue `false` */
  isGlobal?: boolean | undefined;
}

/**
 * What a factory returns: the options without `name` and `isGlobal`, which Nest needs before it runs the factory and
 * which therefore stand beside it.
 */
export type OpenRouterFactoryOptions = OpenRouterModuleOptions & {
  /** Stands beside `useFactory`. */
  name?: never;
  /** Stands beside `useFactory`. */
  isGlobal?: never;
};

/** A class that makes the options, for `useClass` and `useExisting`. */
export interface OpenRouterOptionsFactory {
  /** Called once, when the application starts. */
  createOpenRouterOptions(): OpenRouterFactoryOptions | Promise<OpenRouterFactoryOptions>;
}

interface AsyncRegistration extends OpenRouterRegistration {
  /** Modules that export what the factory injects. */
  imports?: ModuleMetadata['imports'] | undefined;
  /** Providers of the module's own, for example something that the factory injects. */
  extraProviders?: Provider[] | undefined;
}

/** Options from a function; `inject` names its arguments. */
export interface OpenRouterModuleFactoryOptions extends AsyncRegistration {
  /** Makes the options. Called once, when the application starts. */
  // Nest itself types the arguments of a factory like this; they follow from `inject`.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  useFactory: (...args: any[]) => OpenRouterFactoryOptions | Promise<OpenRouterFactoryOptions>;
  /** What the function is called with. */
  inject?: (InjectionToken | OptionalFactoryDependency)[] | undefined;
  /** Not beside `useFactory`. */
  useClass?: never;
  /** Not beside `useFactory`. */
  useExisting?: never;
}

/** Options from a class, of which the module makes an instance of its own. */
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

/** What `OpenRouterModule.forRootAsync` takes: exactly one of `useFactory`, `useClass` and `useExisting`. */
export type OpenRouterModuleAsyncOptions =
  OpenRouterModuleFactoryOptions | OpenRouterModuleClassOptions | OpenRouterModuleExistingOptions;

/** What a factory provider of Nest injects. */
export type FactoryDependencies = NonNullable<FactoryProvider['inject']>;
