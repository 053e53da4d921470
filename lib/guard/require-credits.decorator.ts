import { applyDecorators, UseGuards } from '@nestjs/common';
import { requirementOf, type RequireCreditsOptions } from './credits-requirement.js';
import { CreditsGuard } from './credits.guard.js';
import { addRequirement, exempt, type GuardedTarget } from './requirement-metadata.js';

const applyGuard = applyDecorators(UseGuards(CreditsGuard));

/**
 * Refuses the requests of a route, or of every route of a controller, while less than this can be spent; applies the
 * {@link CreditsGuard} itself.
 *
 * On a handler it counts in the place of the controller's. Several on one target, for several accounts, all count.
 *
 * @param minimumUsd - US dollars that have to be there. Without it, or with 0, any amount above 0 is enough.
 * @param options - The account, the status of the refusal, and what happens while nothing is known.
 * @throws `OpenRouterConfigException`, where the decorator stands, for a minimum or an option that is wrong, and
 * beside {@link SkipCreditsGuard}.
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
    // Once is enough: the guard asks for all of them.
    if (isFirst) {
      applyGuard(owner, name, descriptor);
    }
  };
}

/**
 * Lets a route, or every route of a controller, through a {@link CreditsGuard} that is applied above it: by the
 * controller or to the whole application. On a handler it counts in the place of the controller's `@RequireCredits`, on
 * a controller a handler's `@RequireCredits` in its place.
 *
 * @throws `OpenRouterConfigException`, where the decorator stands, beside {@link RequireCredits}.
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
