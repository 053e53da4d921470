import { Reflector } from '@nestjs/core';
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

/** What decorators have put on the very target so far, as opposed to what it inherits. */
export function ownRequirementsOf(target: GuardedTarget): readonly CreditsRequirement[] {
  return (Reflect.getOwnMetadata(KEY, target) as readonly CreditsRequirement[] | undefined) ?? [];
}

/** Puts requirements on a target, in the place of others. */
export function setRequirements(target: GuardedTarget, requirements: readonly CreditsRequirement[]): void {
  Reflect.defineMetadata(KEY, requirements, target);
}

function read(target: GuardedTarget): readonly CreditsRequirement[] | undefined {
  return reflector.get<readonly CreditsRequirement[] | undefined>(KEY, target);
}
