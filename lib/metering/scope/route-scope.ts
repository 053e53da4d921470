import type { ExecutionContext } from '@nestjs/common';
import type { SpendScope } from '../../contracts/completion-cost.js';
import { BadScopeException } from '../../errors/bad-scope.exception.js';
import { checkScope, mergeScopes } from '../../options/spend-scope.js';
import { isRecord } from '../../untrusted/is-record.js';
import { isThenable } from '../../untrusted/is-thenable.js';
import { type ScopedTarget, type ScopeFunction, scopeFunctionsOf } from './scope-metadata.js';

/** A property of a request, the same in every copy of the package. The number changes with the shape of its value. */
const REMEMBERED = Symbol.for('nestjs-openrouter/route-scope/1');

interface RememberedScope {
  readonly handler: ScopedTarget;
  readonly controller: ScopedTarget;
  readonly scope: SpendScope;
}

/**
 * The scope that `@MeterAs` sets for a request, without the one in force; `undefined` if there is no `@MeterAs`. The
 * functions are called once for each request, whatever guards and interceptors ask.
 *
 * @throws `OpenRouterValidationException` for a bad scope; what a function throws.
 */
export function routeScopeOf(context: ExecutionContext): SpendScope | undefined {
  const handler = context.getHandler();
  const controller = context.getClass();
  const functions = scopeFunctionsOf(handler, controller);
  if (functions.length === 0) {
    return undefined;
  }
  const owner = requestOf(context);
  const remembered = recall(owner);
  // A handler may pass its request on to the next one.
  if (remembered?.handler === handler && remembered.controller === controller) {
    return remembered.scope;
  }
  const subject = `@MeterAs of ${controller.name}.${handler.name}`;
  const scope = functions
    .map((scopeOf) => evaluate(scopeOf, context, subject))
    .reduce((outer, inner) => mergeScopes(outer, inner));
  remember(owner, { handler, controller, scope });
  return scope;
}

function evaluate(scopeOf: ScopeFunction, context: ExecutionContext, subject: string): SpendScope {
  const scope: unknown = scopeOf(context);
  if (isThenable(scope)) {
    // The request fails for another reason; a rejection that nobody handles would end the process.
    Promise.resolve(scope).catch(() => undefined);
    throw new BadScopeException(subject, [
      {
        property: '',
        constraints: {
          isSynchronous:
            'the function must return a scope, not a promise; let a guard or a middleware put what it needs into the ' +
            'request',
        },
      },
    ]);
  }
  return checkScope(scope, subject);
}

/**
 * What the guards and interceptors of a request have in common: over HTTP, its request; elsewhere, the list of the
 * handler's arguments, since one WebSocket has many messages, and one HTTP request many GraphQL fields.
 */
function requestOf(context: ExecutionContext): object {
  const args = context.getArgs();
  const first: unknown = args[0];
  return context.getType() === 'http' && isHttpRequest(first) ? first : args;
}

/** Nest says `http` of any library's handlers unless told otherwise; their first argument may outlive many events. */
function isHttpRequest(value: unknown): value is object {
  return isRecord(value) && typeof value['method'] === 'string' && typeof value['url'] === 'string';
}

function recall(owner: object): RememberedScope | undefined {
  return Reflect.get(owner, REMEMBERED) as RememberedScope | undefined;
}

function remember(owner: object, value: RememberedScope): void {
  Reflect.defineProperty(owner, REMEMBERED, { value, configurable: true });
}
