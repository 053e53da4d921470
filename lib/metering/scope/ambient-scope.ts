import { AsyncLocalStorage } from 'node:async_hooks';
import type { SpendScope } from '../../contracts/completion-cost.js';
import { mergeScopes } from '../../options/spend-scope.js';

/**
 * The global storage of the scope in force. It is one for the process, because a completion does not know which account
 * or which copy of the package (CommonJS or ES module) has set its scope. The number changes with the stored values' shape.
 */
const AMBIENT = Symbol.for('nestjs-openrouter/ambient-scope/2');

/** What is in force. */
interface Ambient {
  readonly scope: SpendScope;
  readonly holdUsd: number | undefined;
}

/** The scope in force here; `undefined` outside of any. */
export function ambientScope(): SpendScope | undefined {
  return storage().getStore()?.scope;
}

/** What a completion here reserves, in US dollars, if that was given. */
export function ambientHoldUsd(): number | undefined {
  return storage().getStore()?.holdUsd;
}

/** Runs a function, and everything that it calls, in a scope merged over the one in force. What is given must be checked. */
export function runInScope<T>(scope: SpendScope, run: () => T, holdUsd?: number): T {
  const outer = storage().getStore();
  return storage().run({ scope: mergeScopes(outer?.scope, scope), holdUsd: holdUsd ?? outer?.holdUsd }, run);
}

/** Runs a function in exactly this scope and with this reservation, whatever is in force. */
export function runInExactly<T>(scope: SpendScope, holdUsd: number | undefined, run: () => T): T {
  return storage().run({ scope, holdUsd }, run);
}

function storage(): AsyncLocalStorage<Ambient> {
  const known = Reflect.get(globalThis, AMBIENT) as AsyncLocalStorage<Ambient> | undefined;
  if (known !== undefined) {
    return known;
  }
  const made = new AsyncLocalStorage<Ambient>();
  Reflect.defineProperty(globalThis, AMBIENT, { value: made });
  return made;
}
