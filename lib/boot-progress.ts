import { createContextId, type ModulesContainer } from '@nestjs/core';

/** One of an application's modules. */
type Module = ModulesContainer extends Map<string, infer M> ? M : never;

/** What Nest keeps of one provider, controller or enhancer. */
interface Wrapper {
  readonly isTransient: boolean;
  isDependencyTreeStatic(): boolean;
  getInstanceByContextId(context: { readonly id: number }): { readonly isResolved?: boolean };
}

/**
 * Whether Nest has made everything that it makes before the first hook. It has no event for that, nor for a boot that
 * fails: what has failed, and what needs it, is never made.
 */
export function isBuilt(modules: ModulesContainer): boolean {
  for (const module of modules.values()) {
    if (!isModuleBuilt(module)) {
      return false;
    }
  }
  return true;
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
    // Made whenever it is needed.
    return true;
  }
  // What belongs to no request is the same in any context.
  const context = createContextId();
  const made = wrapper.getInstanceByContextId(context);
  // Of what has failed Nest keeps nothing, and hands out a new blank each time.
  return made.isResolved === true && made === wrapper.getInstanceByContextId(context);
}
