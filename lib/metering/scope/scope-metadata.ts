import type { ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { SpendScope } from '../../contracts/completion-cost.js';

/** Says for whom the money of a request is spent. */
export type ScopeFunction = (context: ExecutionContext) => SpendScope;

/** A handler or a controller. */
export type ScopedTarget = Parameters<Reflector['get']>[1];

/** A string, so that the CommonJS and the ES module copy of the package understand each other's decorators. */
const KEY = 'nestjs-openrouter/meter-as';

const HOLD_KEY = 'nestjs-openrouter/meter-as/hold';

const reflector = new Reflector();

/** The functions of a request, in the order in which their scopes are merged: the controller's, then the handler's. */
export function scopeFunctionsOf(handler: ScopedTarget, controller: ScopedTarget): readonly ScopeFunction[] {
  return [...functionsOf(controller), ...functionsOf(handler)];
}

/**
 * Adds a function to a target, after those that a class inherits and before its own: of several decorators on one target,
 * the lowest runs first and is the innermost.
 *
 * @returns Whether it is the first, inherited ones included.
 */
export function addScopeFunction(target: ScopedTarget, scopeOf: ScopeFunction): boolean {
  const inherited = functionsOf(Object.getPrototypeOf(target) as ScopedTarget);
  const known = functionsOf(target);
  const own = known.slice(inherited.length);
  Reflect.defineMetadata(KEY, [...inherited, scopeOf, ...own], target);
  return known.length === 0;
}

/** What a completion of a request reserves, in US dollars, if the handler or else the controller says so. */
export function holdUsdOf(handler: ScopedTarget, controller: ScopedTarget): number | undefined {
  return reflector.getAllAndOverride<number | undefined>(HOLD_KEY, [handler, controller]);
}

/** Sets what completions of a target reserve. Of several decorators on one target, the lowest is the innermost. */
export function setHoldUsd(target: ScopedTarget, holdUsd: number): void {
  if (!Reflect.hasOwnMetadata(HOLD_KEY, target)) {
    Reflect.defineMetadata(HOLD_KEY, holdUsd, target);
  }
}

function functionsOf(target: ScopedTarget): readonly ScopeFunction[] {
  return reflector.get<readonly ScopeFunction[] | undefined>(KEY, target) ?? [];
}
