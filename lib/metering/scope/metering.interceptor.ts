import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import type { Observable } from 'rxjs';
import { handleInScope } from './handle-in-scope.js';
import { holdUsdOf } from './scope-metadata.js';
import { routeScopeOf } from './route-scope.js';

/**
 * Puts the scope of a request's `@MeterAs` into force: for its handler, while an `Observable` that the handler returns is
 * subscribed, and while an async generator that it returns is read. `@MeterAs` applies it.
 *
 * Apply it to the whole application with `{ provide: APP_INTERCEPTOR, useClass: MeteringInterceptor }` to have the scope
 * in force in other interceptors, too. Where there is no `@MeterAs`, it does nothing. It needs no `OpenRouterModule`.
 *
 * It does not reach what Nest calls outside of a handler, for example `@ResolveField`, a DataLoader or
 * `handleConnection`, nor a Node stream that begins its work only when it is read. Use `MeteringService.fetchFor` or
 * `MeteringService.run` there.
 */
@Injectable()
export class MeteringInterceptor implements NestInterceptor {
  /** Called by Nest. */
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const scope = routeScopeOf(context);
    return scope === undefined
      ? next.handle()
      : handleInScope(scope, next, holdUsdOf(context.getHandler(), context.getClass()));
  }
}
