import 'reflect-metadata';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { INestApplication, Provider } from '@nestjs/common';
import { Query, Resolver } from '@nestjs/graphql';
import { Test } from '@nestjs/testing';
import { type OpenRouterHttpError, provideOpenRouterExceptionFilter } from '../../lib/filters/index.js';
import { RequireCredits } from '../../lib/guard/index.js';
import { listen, spyOnErrorLog } from '../filters/support.js';
import { graphqlModule, queryGraphql } from '../support/graphql.js';
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

  async function refusal(providers: Provider[]): Promise<any> {
    const errorLog = spyOnErrorLog();
    const testing = await Test.createTestingModule({
      imports: [graphqlModule()],
      providers: [AnswerResolver, account.provider(), ...providers],
    }).compile();
    app = testing.createNestApplication();
    const url = await listen(app);
    const ask = async (): Promise<any> => {
      const response = await queryGraphql(url, '{ answer }');
      return response.json();
    };

    account.spendable = 5;
    expect(await ask()).toEqual({ data: { answer: 'ok' } });

    account.spendable = 0.42;
    const { data, errors } = await ask();
    expect(data).toEqual({ answer: null });
    expect(errors).toHaveLength(1);
    expect(errorLog).not.toHaveBeenCalled();
    const { message, extensions } = errors[0];
    const { stacktrace: _stacktrace, ...rest } = extensions;
    return { message, extensions: rest };
  }

  it('refuses with a 402 of Nest that has a code and tells nothing of the account', async () => {
    expect(await refusal([])).toEqual({
      message: 'Not enough OpenRouter credits.',
      extensions: {
        code: 'OPENROUTER_INSUFFICIENT_CREDITS',
        status: 402,
        originalError: {
          statusCode: 402,
          message: 'Not enough OpenRouter credits.',
          error: 'Payment Required',
          code: 'OPENROUTER_INSUFFICIENT_CREDITS',
          required: 5,
        },
      },
    });
  });

  it('is answered by the filter as it answers the others', async () => {
    expect(await refusal([provideOpenRouterExceptionFilter()])).toEqual({
      message:
        'Not enough OpenRouter credits: at least $5.00 is needed, $0.42 is left of the balance of the account.',
      extensions: { code: 'OPENROUTER_INSUFFICIENT_CREDITS', status: 402 },
    });
  });

  it.each(['gateway', (_: unknown, { gateway }: { gateway: OpenRouterHttpError }) => gateway] as const)(
    'tells no figures where the filter is to tell none (%#)',
    async (mapping) => {
      expect(await refusal([provideOpenRouterExceptionFilter({ mapping })])).toEqual({
        message: 'There are not enough credits left.',
        extensions: { code: 'OPENROUTER_INSUFFICIENT_CREDITS', status: 402 },
      });
    },
  );
});
