import type { OnApplicationBootstrap } from '@nestjs/common';
import { createContextId, type ModulesContainer } from '@nestjs/core';

/** One of an application's modules. */
type Module = ModulesContainer extends Map<string, infer M> ? M : never;

const HOOK = 'onApplicationBootstrap' satisfies keyof OnApplicationBootstrap;

/** Nest's record of a provider, controller or enhancer. */
interface Wrapper {
  readonly isTransient: boolean;
  isDependencyTreeStatic(): boolean;
  getInstanceByContextId(context: { readonly id: number }): { readonly isResolved?: boolean };
}

/**
 * Whether Nest has made everything that it makes before the first hook. Nest has no event for that, nor for a boot that
 * fails: a failed provider, and whatever injects it, is never made.
 */
export function isBuilt(modules: ModulesContainer): boolean {
  for (const module of modules.values()) {
    if (!isModuleBuilt(module)) {
      return false;
    }
  }
  return true;
}

/**
 * Calls a function after the last `onApplicationBootstrap` of an application, if none of them fails. Nest has no event
 * for that. The last hook is that of the root module's class, so this wraps it for one call; if it cannot be wrapped,
 * the function is called at once.
 *
 * Must be called in an earlier hook.
 */
export function afterLastHook(modules: ModulesContainer, callback: () => void): void {
  // Nest's own module comes first, and then the root module.
  const [, root] = modules.values();
  const host = root?.getProviderByKey(root.metatype);
  const instance = host?.instance as Partial<OnApplicationBootstrap> | null | undefined;
  // Nest calls no hooks of request-scoped instances.
  if (!instance || host?.isDependencyTreeStatic() !== true || !Object.isExtensible(instance)) {
    callback();
    return;
  }
  const own = Object.getOwnPropertyDescriptor(instance, HOOK);
  if (own?.configurable === false) {
    callback();
    return;
  }
  Object.defineProperty(instance, HOOK, {
    configurable: true,
    writable: true,
    value: async () => {
      if (own === undefined) {
        Reflect.deleteProperty(instance, HOOK);
      } else {
        Object.defineProperty(instance, HOOK, own);
      }
      await instance.onApplicationBootstrap?.();
      callback();
    },
  });
}

function isModuleBuilt({ providers, controllers, injectables }: Module): boolean {
  for (const wrappers of [providers, controllers, injectables]) {
    for (const wrapper of wrappers.values()) {
      if (!isMade(wrapper)) {
        return false;
      }
    }
  }
  return true;
}

function isMade(wrapper: Wrapper): boolean {
  if (wrapper.isTransient || !wrapper.isDependencyTreeStatic()) {
    // Made whenever it is injected.
    return true;
  }
  // Not request-scoped, so the instance is the same in any context.
  const context = createContextId();
  const made = wrapper.getInstanceByContextId(context);
  // For a failed provider Nest stores no instance, and returns a new blank each time.
  return made.isResolved === true && made === wrapper.getInstanceByContextId(context);
}
