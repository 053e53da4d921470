import { Reflector } from '@nestjs/core';
import { OpenRouterConfigException } from '../errors/client.exceptions.js';
import { ANY_CREDITS, type CreditsRequirement } from './credits-requirement.js';

/** A handler or a controller. */
export type GuardedTarget = Parameters<Reflector['get']>[1];

/** A string, so that the CommonJS and the ES module copy of the package understand each other's decorators. */
const KEY = 'nestjs-openrouter/required-credits';

const reflector = new Reflector();
const DEFAULT: readonly CreditsRequirement[] = [ANY_CREDITS];

/** The requirements of a request: the handler's, else the controller's, else the guard's own. All must be met. */
export function requirementsOf(
  handler: GuardedTarget,
  controller: GuardedTarget,
): readonly CreditsRequirement[] {
  return read(handler) ?? read(controller) ?? DEFAULT;
}

/**
 * Adds a requirement to the target's own ones, not to those that it inherits.
 *
 * @returns Whether it is the first.
 * @throws `OpenRouterConfigException` if the target is exempt.
 */
export function addRequirement(target: GuardedTarget, requirement: CreditsRequirement): boolean {
  const others = readOwn(target);
  if (others?.length === 0) {
    throw contradiction();
  }
  Reflect.defineMetadata(KEY, [...(others ?? []), requirement], target);
  return others === undefined;
}

/**
 * Exempts a target.
 *
 * @throws `OpenRouterConfigException` if the target has a requirement of its own.
 */
export function exempt(target: GuardedTarget): void {
  if ((readOwn(target)?.length ?? 0) > 0) {
    throw contradiction();
  }
  Reflect.defineMetadata(KEY, [], target);
}

/** Which decorator would win depends on the order in which they run, which a reader of the code cannot see. */
function contradiction(): OpenRouterConfigException {
  return new OpenRouterConfigException(
    '@RequireCredits and @SkipCreditsGuard stand on one handler or controller, and contradict each other; remove one ' +
      'of them.',
  );
}

function readOwn(target: GuardedTarget): readonly CreditsRequirement[] | undefined {
  return Reflect.getOwnMetadata(KEY, target) as readonly CreditsRequirement[] | undefined;
}

function read(target: GuardedTarget): readonly CreditsRequirement[] | undefined {
  return reflector.get<readonly CreditsRequirement[] | undefined>(KEY, target);
}
