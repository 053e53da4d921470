import { applyDecorators, UseGuards } from '@nestjs/common';
import { requirementOf, type RequireCreditsOptions } from './credits-requirement.js';
import { CreditsGuard } from './credits.guard.js';
import { addRequirement, exempt, type GuardedTarget } from './requirement-metadata.js';

const applyGuard = applyDecorators(UseGuards(CreditsGuard));

/**
 * Refuses the requests of a route, or of all routes of a controller, while less than `minimumUsd` can be spent. It
 * applies the {@link CreditsGuard} itself.
 *
 * On a handler it replaces the requirement of the controller. Several on one target, for several accounts, must all be
 * met.
 *
 * @param minimumUsd - The amount in US dollars that must be spendable. By default, or with 0, any amount above 0.
 * @param options - The account, the status of the refusal, and what happens while the amount is unknown.
 * @throws `OpenRouterConfigException`, where the decorator is applied, for a wrong minimum or option, and beside
 * {@link SkipCreditsGuard}.
 *
 * @example
 * ```ts
 * @RequireCredits(0.5)
 * @Post('completions')
 * complete() {}
 * ```
 */
export function RequireCredits(
  minimumUsd?: number,
  options?: RequireCreditsOptions,
): ClassDecorator & MethodDecorator {
  const requirement = requirementOf(minimumUsd, options);
  return (owner: object, name?: string | symbol, descriptor?: PropertyDescriptor) => {
    const isFirst = addRequirement(targetOf(owner, descriptor), requirement);
    // Once is enough: the guard checks all requirements.
    if (isFirst) {
      applyGuard(owner, name, descriptor);
    }
  };
}

/**
 * Exempts a route, or all routes of a controller, from a {@link CreditsGuard} that is applied to the controller or to
 * the whole application. On a handler it overrides the controller's `@RequireCredits`; on a controller, a handler's
 * `@RequireCredits` overrides it.
 *
 * @throws `OpenRouterConfigException`, where the decorator is applied, beside {@link RequireCredits}.
 *
 * @example
 * ```ts
 * @SkipCreditsGuard()
 * @Get('health')
 * health() {}
 * ```
 */
export function SkipCreditsGuard(): ClassDecorator & MethodDecorator {
  return (owner: object, _name?: string | symbol, descriptor?: PropertyDescriptor) => {
    exempt(targetOf(owner, descriptor));
  };
}

function targetOf(owner: object, descriptor: PropertyDescriptor | undefined): GuardedTarget {
  return (descriptor?.value ?? owner) as GuardedTarget;
}
