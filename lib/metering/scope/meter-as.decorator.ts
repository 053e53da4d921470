import { applyDecorators, type ExecutionContext, UseInterceptors } from '@nestjs/common';
import type { SpendScope } from '../../contracts/completion-cost.js';
import { checkConfig } from '../../options/check-options.js';
import { configFault } from '../../options/config-fault.js';
import { shown } from '../../options/shown-value.js';
import { MeteringInterceptor } from './metering.interceptor.js';
import type { MeterOptions } from '../metering.options.js';
import { METER_OPTIONS } from './meter-options.schema.js';
import { addScopeFunction, type ScopedTarget, setHoldUsd } from './scope-metadata.js';

const applyInterceptor = applyDecorators(UseInterceptors(MeteringInterceptor));

/**
 * Sets the scope to which the completions of a handler, or of all handlers of a controller, are attributed. It works over
 * HTTP, GraphQL, RPC and WebSockets, and applies the {@link MeteringInterceptor} itself.
 *
 * Scopes are merged: the controller's over the one that is in force already, then the handler's. Of several decorators on
 * one target, the lowest is the innermost. Where two scopes have the same name, the inner value counts.
 *
 * @param scopeOf - Called once for each request, after its guards. It must be synchronous: what it needs, a guard or a
 * middleware has to put into the request. What it throws fails the request. `{}` is a scope, too: the completions are
 * deliberately nobody's. A scope that is wrong fails the request with an `OpenRouterValidationException`, which
 * `OpenRouterExceptionFilter` answers with 500.
 * @param options - `holdUsd`: what a completion of the handler reserves under the account's spend limits. At most
 * `spendLimits.maxHoldUsd` is held, whatever is asked for; more than that is logged once.
 * @throws `OpenRouterConfigException`, where the decorator is applied, if `scopeOf` is not a function or an option is wrong.
 *
 * @example
 * ```ts
 * @MeterAs((context) => ({ tenant: context.switchToHttp().getRequest<AppRequest>().tenantId }))
 * @Controller('chat')
 * class ChatController {
 *   @MeterAs(() => ({ feature: 'summary' }))
 *   @Post('summary')
 *   summarize() {}
 * }
 * ```
 */
export function MeterAs(
  scopeOf: (context: ExecutionContext) => SpendScope,
  options: MeterOptions = {},
): ClassDecorator & MethodDecorator {
  if (typeof scopeOf !== 'function') {
    throw configFault(
      '@MeterAs',
      `its argument must be a function, for example () => ({ feature: 'chat' }); got ${shown(scopeOf)}`,
    );
  }
  const { holdUsd } = checkConfig(METER_OPTIONS, options, '@MeterAs, options');
  return (owner: object, name?: string | symbol, descriptor?: PropertyDescriptor) => {
    const target = (descriptor?.value ?? owner) as ScopedTarget;
    const isFirst = addScopeFunction(target, scopeOf);
    if (holdUsd !== undefined) {
      setHoldUsd(target, holdUsd);
    }
    // Once is enough: the interceptor evaluates all functions.
    if (isFirst) {
      applyInterceptor(owner, name, descriptor);
    }
  };
}
