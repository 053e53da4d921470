import type { CallHandler } from '@nestjs/common';
import { Observable, Subject, takeUntil } from 'rxjs';
import type { SpendScope } from '../../contracts/completion-cost.js';
import { mergeScopes } from '../../options/spend-scope.js';
import { ambientHoldUsd, ambientScope, runInExactly } from './ambient-scope.js';

/**
 * Calls a handler in a scope that is merged over the one in force. What the handler returns is subscribed in that scope
 * and, if its subscriber leaves, also unsubscribed in it.
 */
export function handleInScope(
  scope: SpendScope,
  handler: CallHandler<unknown>,
  holdUsd?: number,
): Observable<unknown> {
  return new Observable((subscriber) => {
    // The subscriber may leave in another context, for example when its socket closes.
    const merged = mergeScopes(ambientScope(), scope);
    const mergedUsd = holdUsd ?? ambientHoldUsd();
    const inScope = <T>(run: () => T): T => runInExactly(merged, mergedUsd, run);
    // A subscription that is known only after `subscribe` could not end a source that emits at once.
    const left = new Subject<void>();
    subscriber.add(() => {
      inScope(() => {
        left.next();
      });
    });
    inScope(() => {
      handler
        .handle()
        .pipe(takeUntil(left))
        .subscribe({
          next: (value) => {
            keepInScope(value, inScope);
            subscriber.next(value);
          },
          error: (error: unknown) => {
            subscriber.error(error);
          },
          complete: () => {
            subscriber.complete();
          },
        });
    });
  });
}

/**
 * The body of an async generator runs where it is read, which is after the handler. Its methods are replaced, not the
 * generator, since Nest knows by identity what a handler has returned.
 */
function keepInScope(value: unknown, inScope: <T>(run: () => T) => T): void {
  if (!isAsyncIterator(value)) {
    return;
  }
  for (const name of ['next', 'return', 'throw'] as const) {
    const method = value[name];
    if (typeof method === 'function') {
      const called = (...args: never[]): unknown => inScope((): unknown => method.apply(value, args));
      Reflect.defineProperty(value, name, { value: called, configurable: true, writable: true });
    }
  }
}

type AnyMethod = (...args: never[]) => unknown;

function isAsyncIterator(
  value: unknown,
): value is { next: AnyMethod; return?: AnyMethod; throw?: AnyMethod } {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof Reflect.get(value, Symbol.asyncIterator) === 'function' &&
    typeof Reflect.get(value, 'next') === 'function'
  );
}
