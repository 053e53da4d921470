import 'reflect-metadata';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import type { INestApplication } from '@nestjs/common';
import { GraphQLModule, Query, Resolver } from '@nestjs/graphql';
import { Test } from '@nestjs/testing';
import { provideOpenRouterExceptionFilter } from '../../lib/filters/index.js';
import { RequireCredits } from '../../lib/guard/index.js';
import { listen, spyOnErrorLog } from '../filters/support.js';
import { FakeAccount } from './support.js';

@Resolver()
class AnswerResolver {
  @RequireCredits(5)
  @Query(() => String, { nullable: true })
  answer(): string {
    return 'ok';
  }
}

describe('the guard in GraphQL', () => {
  let app: INestApplication;
  const account = new FakeAccount();

  afterEach(async () => {
    await app.close();
    jest.restoreAllMocks();
  });

  it.each([
    ['without the filter', []],
    ['beside the filter', [provideOpenRouterExceptionFilter()]],
  ])('refuses with a 402 of Nest, %s', async (_title, filters) => {
    const errorLog = spyOnErrorLog();
    const testing = await Test.createTestingModule({
      imports: [
        GraphQLModule.forRoot<ApolloDriverConfig>({
          driver: ApolloDriver,
          autoSchemaFile: true,
          playground: false,
        }),
      ],
      providers: [AnswerResolver, account.provider(), ...filters],
    }).compile();
    app = testing.createNestApplication();
    const url = await listen(app);
    const ask = async (): Promise<any> => {
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: '{ answer }' }),
      });
      return response.json();
    };

    account.spendable = 5;
    expect(await ask()).toEqual({ data: { answer: 'ok' } });

    account.spendable = 0.42;
    const { data, errors } = await ask();
    expect(data).toEqual({ answer: null });
    expect(errors).toHaveLength(1);
    expect(errors[0].message).toMatch(/at least \$5\.00 is needed, \$0\.42 is left of the balance/);
    expect(errors[0].extensions).toMatchObject({
      originalError: {
        statusCode: 402,
        code: 'OPENROUTER_INSUFFICIENT_CREDITS',
        required: 5,
        spendable: 0.42,
      },
    });
    expect(errorLog).not.toHaveBeenCalled();
  });
});
