import {
  type CanActivate,
  createParamDecorator,
  type ExecutionContext,
  Injectable,
  SetMetadata,
  UnauthorizedException,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { SpendScope } from 'nestjs-openrouter';
import type { Person } from '../../shared/chat.js';
import { PEOPLE } from './people.js';

interface SignedInRequest {
  readonly headers: { readonly authorization?: string };
  person?: Person | undefined;
}

const PUBLIC = 'public';

/** Marks a route that needs no sign-in. */
export const Public = (): MethodDecorator => SetMetadata(PUBLIC, true);

/**
 * Takes the place of your own sign-in: the token of a person is their id, so that anybody may be anybody. As an `APP_GUARD`
 * it runs before the guards of the routes, of which `@WithinSpendLimits` needs to know who asks.
 */
@Injectable()
export class SignInGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    if (this.reflector.get<boolean | undefined>(PUBLIC, context.getHandler()) === true) return true;
    const request = context.switchToHttp().getRequest<SignedInRequest>();
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
    request.person = PEOPLE.find(({ id }) => id === token);
    if (request.person === undefined) throw new UnauthorizedException('Sign in first.');
    return true;
  }
}

/** The person who asks. */
export const SignedIn = createParamDecorator((_data: unknown, context: ExecutionContext) =>
  personOf(context),
);

/** Who the money is spent for. */
export function spenderOf(context: ExecutionContext): SpendScope {
  return scopeOf(personOf(context));
}

export function scopeOf({ tenant, id }: Person): SpendScope {
  return { tenant, user: id };
}

function personOf(context: ExecutionContext): Person {
  const { person } = context.switchToHttp().getRequest<SignedInRequest>();
  if (person === undefined) throw new UnauthorizedException('Sign in first.');
  return person;
}
