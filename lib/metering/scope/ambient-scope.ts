import { AsyncLocalStorage } from 'node:async_hooks';
import type { SpendScope } from '../../contracts/completion-cost.js';
import { mergeScopes } from '../../options/spend-scope.js';

/**
 * The global storage of the scope in force. It is one for the process, because a completion does not know which account
 * or which copy of the package (CommonJS or ES module) has set its scope. The number changes with the stored values' shape.
 */
const AMBIENT = Symbol.for('nestjs-openrouter/ambient-scope/1');

/** The scope in force here; `undefined` outside of any. */
export function ambientScope(): SpendScope | undefined {
  return storage().getStore();
}

/** Runs a function, and everything that it calls, in a scope merged over the one in force. The scope must be checked. */
export function runInScope<T>(scope: SpendScope, run: () => T): T {
  return storage().run(mergeScopes(ambientScope(), scope), run);
}

/** Runs a function in exactly this scope, whatever is in force. */
export function runInExactly<T>(scope: SpendScope, run: () => T): T {
  return storage().run(scope, run);
}

function storage(): AsyncLocalStorage<SpendScope> {
  const known = Reflect.get(globalThis, AMBIENT) as AsyncLocalStorage<SpendScope> | undefined;
  if (known !== undefined) {
    return known;
  }
  const made = new AsyncLocalStorage<SpendScope>();
  Reflect.defineProperty(globalThis, AMBIENT, { value: made });
  return made;
}
