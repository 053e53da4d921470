import { Reflector } from '@nestjs/core';
import { OpenRouterConfigException } from '../errors/client.exceptions.js';
import { ANY_CREDITS, type CreditsRequirement } from './credits-requirement.js';

/** A handler or a controller. */
export type GuardedTarget = Parameters<Reflector['get']>[1];

/** A text, so that the CommonJS and the ES module copy of the package understand each other's decorators. */
const KEY = 'nestjs-openrouter/required-credits';

const reflector = new Reflector();
const DEFAULT: readonly CreditsRequirement[] = [ANY_CREDITS];

/** What a request needs: by its handler, else by the controller, else by the guard alone. All of it has to be there. */
export function requirementsOf(
  handler: GuardedTarget,
  controller: GuardedTarget,
): readonly CreditsRequirement[] {
  return read(handler) ?? read(controller) ?? DEFAULT;
}

/**
 * Adds a requirement to what the very target asks for, as opposed to what it inherits.
 *
 * @returns Whether it is the first one.
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
 * @throws `OpenRouterConfigException` if the very target asks for something.
 */
export function exempt(target: GuardedTarget): void {
  if ((readOwn(target)?.length ?? 0) > 0) {
    throw contradiction();
  }
  Reflect.defineMetadata(KEY, [], target);
}

/** Which one Nest applies last, and so which one would hold, is nothing that a reader can see. */
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
