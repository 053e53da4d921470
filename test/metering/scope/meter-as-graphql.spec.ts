import 'reflect-metadata';
import { afterEach, describe, expect, it } from '@jest/globals';
import { type CanActivate, type ExecutionContext, type INestApplication, UseGuards } from '@nestjs/common';
import { Args, GqlExecutionContext, Query, Resolver } from '@nestjs/graphql';
import { Test } from '@nestjs/testing';
import { provideOpenRouterExceptionFilter } from '../../../lib/filters/index.js';
import { MeterAs } from '../../../lib/metering/scope/meter-as.decorator.js';
import { routeScopeOf } from '../../../lib/metering/scope/route-scope.js';
import { listen, spyOnErrorLog } from '../../filters/support.js';
import { graphqlModule, queryGraphql } from '../../support/graphql.js';
import { scopeLater } from './support.js';

const evaluated: string[] = [];

class ScopeGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    return routeScopeOf(context) !== undefined;
  }
}

@MeterAs((context) => {
  const { tenant } = GqlExecutionContext.create(context).getArgs<{ tenant: string }>();
  evaluated.push(tenant);
  return { tenant };
})
@Resolver()
class ChatResolver {
  @UseGuards(ScopeGuard)
  @Query(() => String)
  async chat(@Args('tenant') _tenant: string): Promise<string> {
    return JSON.stringify(await scopeLater());
  }

  @MeterAs(() => ({ feature: 'summary' }))
  @Query(() => String)
  async summary(@Args('tenant') _tenant: string): Promise<string> {
    return JSON.stringify(await scopeLater());
  }
}

describe('@MeterAs in GraphQL', () => {
  let app: INestApplication;

  async function ask(query: string): Promise<any> {
    const testing = await Test.createTestingModule({
      imports: [graphqlModule()],
      providers: [ChatResolver, provideOpenRouterExceptionFilter()],
    }).compile();
    app = testing.createNestApplication();
    evaluated.length = 0;
    return (await queryGraphql(await listen(app), query)).json();
  }

  afterEach(async () => {
    await app.close();
  });

  it('sets the scope of each field of one request, evaluated once for its guard and its interceptors', async () => {
    const { data } = await ask('{ a: chat(tenant: "a") b: chat(tenant: "b") c: summary(tenant: "c") }');
    expect(data).toEqual({
      a: '{"tenant":"a"}',
      b: '{"tenant":"b"}',
      c: '{"tenant":"c","feature":"summary"}',
    });
    expect(evaluated.sort()).toEqual(['a', 'b', 'c']);
  });

  it('fails a field with a bad scope as a fault of the server', async () => {
    const errorLog = spyOnErrorLog();
    const { errors } = await ask('{ summary(tenant: "") }');
    expect(errors).toEqual([
      expect.objectContaining({
        message: 'The server failed to handle the request.',
        extensions: expect.objectContaining({ code: 'OPENROUTER_VALIDATION', status: 500 }),
      }),
    ]);
    expect(errorLog).toHaveBeenCalledTimes(1);
  });
});
