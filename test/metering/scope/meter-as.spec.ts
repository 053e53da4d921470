import 'reflect-metadata';
import { describe, expect, it } from '@jest/globals';
import { type ExecutionContext, type Type } from '@nestjs/common';
import { INTERCEPTORS_METADATA } from '@nestjs/common/constants.js';
import type { SpendScope } from '../../../lib/contracts/completion-cost.js';
import {
  OpenRouterConfigException,
  OpenRouterValidationException,
} from '../../../lib/errors/client.exceptions.js';
import { MeterAs } from '../../../lib/metering/scope/meter-as.decorator.js';
import { MeteringInterceptor } from '../../../lib/metering/scope/metering.interceptor.js';
import { routeScopeOf } from '../../../lib/metering/scope/route-scope.js';

type Handler = (...args: never[]) => unknown;

/** The context of a request to a handler, of a transport whose arguments the caller chooses. */
function contextOf(Class: Type, handler: Handler, args: unknown[] = [], type = 'rpc'): ExecutionContext {
  return {
    getClass: () => Class,
    getHandler: () => handler,
    getArgs: () => args,
    getType: () => type,
  } as unknown as ExecutionContext;
}

function scopeOf(Class: Type, name: string): SpendScope | undefined {
  const handler = (Class.prototype as Record<string, Handler>)[name]!;
  const scope = routeScopeOf(contextOf(Class, handler));
  return scope === undefined ? undefined : { ...scope };
}

@MeterAs(() => ({ tenant: 'acme', feature: 'any' }))
class Base {
  @MeterAs(() => ({ feature: 'chat' }))
  chat(): string {
    return 'ok';
  }

  plain(): string {
    return 'ok';
  }

  @MeterAs(() => ({ feature: 'outer', user: 'u' }))
  @MeterAs(() => ({ feature: 'inner' }))
  twice(): string {
    return 'ok';
  }
}

@MeterAs(() => ({ feature: 'first', region: 'eu' }))
@MeterAs(() => ({ feature: 'second' }))
class Derived extends Base {}

class Heir extends Base {
  override chat(): string {
    return 'ok';
  }
}

class Bare {
  chat(): string {
    return 'ok';
  }
}

describe('the scope of a route', () => {
  it.each<[title: string, Class: Type, handler: string, scope: SpendScope | undefined]>([
    ["the handler's over the controller's", Base, 'chat', { tenant: 'acme', feature: 'chat' }],
    ["the controller's alone", Base, 'plain', { tenant: 'acme', feature: 'any' }],
    ['the lowest decorator is the innermost', Base, 'twice', { tenant: 'acme', feature: 'inner', user: 'u' }],
    [
      "a subclass's own over what it inherits",
      Derived,
      'plain',
      { tenant: 'acme', feature: 'second', region: 'eu' },
    ],
    ['a subclass without one inherits it', Heir, 'plain', { tenant: 'acme', feature: 'any' }],
    ['a method that overrides another does not', Heir, 'chat', { tenant: 'acme', feature: 'any' }],
    ['none', Bare, 'chat', undefined],
  ])('%s', (_title, Class, handler, scope) => {
    expect(scopeOf(Class, handler)).toEqual(scope);
  });

  it.each([[Base], [Derived], [Heir]])('applies one interceptor to %p', (Class) => {
    expect(Reflect.getMetadata(INTERCEPTORS_METADATA, Class)).toEqual([MeteringInterceptor]);
  });

  it('applies one interceptor to a handler with two', () => {
    const { twice } = Base.prototype;
    expect(Reflect.getMetadata(INTERCEPTORS_METADATA, twice)).toEqual([MeteringInterceptor]);
  });

  it.each([[undefined], [null], [{ feature: 'chat' }], ['tenant']])('refuses %p as its function', (wrong) => {
    const apply = (): unknown => MeterAs(wrong as never);
    expect(apply).toThrow(OpenRouterConfigException);
    expect(apply).toThrow(
      "@MeterAs: its argument must be a function, for example () => ({ feature: 'chat' })",
    );
  });
});

describe('the functions of @MeterAs', () => {
  class Counted {
    static calls = 0;

    @MeterAs(() => ({ call: String(++Counted.calls) }))
    chat(): string {
      return 'ok';
    }

    @MeterAs(() => ({ call: String(++Counted.calls) }))
    other(): string {
      return 'ok';
    }
  }

  const { chat, other } = Counted.prototype;

  /** The `call` that two contexts of one request, as a guard and an interceptor have them, get. */
  function callsOf(first: ExecutionContext, second: ExecutionContext): (string | undefined)[] {
    Counted.calls = 0;
    return [routeScopeOf(first)?.['call'], routeScopeOf(second)?.['call']];
  }

  it('are called once for the same arguments', () => {
    const args = [{}, {}];
    expect(callsOf(contextOf(Counted, chat, args), contextOf(Counted, chat, args))).toEqual(['1', '1']);
  });

  it('are called once for an HTTP request, whose guards have another list of arguments', () => {
    const request = { method: 'GET', url: '/' };
    const context = (): ExecutionContext => contextOf(Counted, chat, [request, {}], 'http');
    expect(callsOf(context(), context())).toEqual(['1', '1']);
  });

  it.each<[title: string, first: ExecutionContext, second: ExecutionContext]>([
    [
      'messages of one client',
      ...(['a', 'b'].map(() => contextOf(Counted, chat, [Counted, 'data'], 'ws')) as [never, never]),
    ],
    [
      'events of one object that is no request, from a library that Nest calls http',
      ...(['a', 'b'].map(() => contextOf(Counted, chat, [Counted], 'http')) as [never, never]),
    ],
    [
      'handlers that pass a request on',
      ...((request) =>
        [chat, other].map((handler) => contextOf(Counted, handler, [request], 'http')) as [never, never])({
        method: 'GET',
        url: '/',
      }),
    ],
  ])('are called for each of %s', (_title, first, second) => {
    expect(callsOf(first, second)).toEqual(['1', '2']);
  });

  it('leave nothing in a request that can be seen', () => {
    const request = { method: 'GET', url: '/' };
    routeScopeOf(contextOf(Counted, chat, [request], 'http'));
    expect({ ...request }).toEqual({ method: 'GET', url: '/' });
    expect(JSON.stringify(request)).not.toContain('call');
  });

  it('work on a request that cannot be written to', () => {
    const args = Object.freeze([Object.freeze({})]) as unknown as unknown[];
    expect(callsOf(contextOf(Counted, chat, args), contextOf(Counted, chat, args))).toEqual(['1', '2']);
  });

  /** What a request fails with, or its scope. */
  function outcomeOf(scope: () => unknown): unknown {
    class Wrong {
      @MeterAs(scope as never)
      chat(): string {
        return 'ok';
      }
    }
    try {
      return routeScopeOf(contextOf(Wrong, Wrong.prototype.chat));
    } catch (error) {
      return error;
    }
  }

  it.each<[title: string, scope: () => unknown, says: RegExp]>([
    ['nothing', () => undefined, /^@MeterAs of Wrong\.chat: the scope must be an object of strings/],
    ['a string', () => 'acme', /the scope must be an object of strings/],
    [
      'a name without a value',
      () => ({ tenant: undefined }),
      /`tenant` must be a string; got undefined; if nobody is known, refuse the request/,
    ],
    ['a number', () => ({ tenant: 7 }), /`tenant` must be a string; got a number; use String\(…\)/],
    [
      'a promise',
      () => Promise.resolve({ tenant: 'acme' }),
      /the function must return a scope, not a promise; let a guard/,
    ],
    [
      'a promise that rejects',
      () => Promise.reject(new Error('unseen')),
      /the function must return a scope, not a promise/,
    ],
  ])('may not return %s', (_title, scope, says) => {
    const failure = outcomeOf(scope);
    expect(failure).toBeInstanceOf(OpenRouterValidationException);
    expect(failure).toMatchObject({
      name: 'OpenRouterValidationException',
      code: 'OPENROUTER_VALIDATION',
      message: expect.stringMatching(says),
    });
  });

  it('may return an empty scope', () => {
    expect(outcomeOf(() => ({}))).toEqual(Object.create(null));
  });

  it('are called again after one has failed', () => {
    const known: SpendScope[] = [];
    class Late {
      @MeterAs(() => known[0]!)
      chat(): string {
        return 'ok';
      }
    }
    const context = contextOf(Late, Late.prototype.chat, [{}]);
    expect(() => routeScopeOf(context)).toThrow(OpenRouterValidationException);
    known.push({ tenant: 'acme' });
    expect(routeScopeOf(context)).toMatchObject({ tenant: 'acme' });
  });
});
