import 'reflect-metadata';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { INestApplication } from '@nestjs/common';
import { Query, Resolver } from '@nestjs/graphql';
import { Test } from '@nestjs/testing';
import {
  OpenRouterAbortException,
  OpenRouterValidationException,
} from '../../lib/errors/client.exceptions.js';
import { provideOpenRouterExceptionFilter } from '../../lib/filters/index.js';
import { graphqlModule, queryGraphql } from '../support/graphql.js';
import { apiException, KEY, listen, spyOnErrorLog } from './support.js';

interface GraphqlAnswer {
  data: unknown;
  errors: { message: string; extensions: Record<string, unknown> }[];
}

describe('OpenRouterExceptionFilter in GraphQL', () => {
  let app: INestApplication;
  let errorLog: ReturnType<typeof spyOnErrorLog>;
  let thrown: unknown;
  const seen: unknown[] = [];

  @Resolver()
  class BalanceResolver {
    @Query(() => String, { nullable: true })
    balance(): string {
      throw thrown;
    }
  }

  beforeEach(() => {
    errorLog = spyOnErrorLog();
    seen.length = 0;
  });

  afterEach(async () => {
    await app.close();
    jest.restoreAllMocks();
  });

  async function errorOf(exception: unknown, mapping: 'mirror' | 'gateway' = 'mirror') {
    thrown = exception;
    const testing = await Test.createTestingModule({
      imports: [
        graphqlModule({
          includeStacktraceInErrorResponses: true,
          formatError: (formatted, error) => {
            seen.push((error as { originalError?: Error }).originalError?.cause);
            return formatted;
          },
        }),
      ],
      providers: [BalanceResolver, provideOpenRouterExceptionFilter({ mapping })],
    }).compile();
    app = testing.createNestApplication();
    const response = await queryGraphql(await listen(app), '{ balance }');
    const text = await response.text();
    const { data, errors } = JSON.parse(text) as GraphqlAnswer;
    expect(data).toEqual({ balance: null });
    expect(errors).toHaveLength(1);
    const { message, extensions } = errors[0]!;
    const { stacktrace, ...rest } = extensions;
    return { message, extensions: rest, stacktrace, text };
  }

  it('is an error with the code and the status', async () => {
    const exception = apiException(429, { requestId: 'req-1', retryAfterMs: 1500, metadata: { user: 'u' } });
    const { message, extensions } = await errorOf(exception);
    expect(message).toBe('upstream said 429');
    expect(extensions).toEqual({
      code: 'OPENROUTER_TOO_MANY_REQUESTS',
      status: 429,
      retryAfterMs: 1500,
      requestId: 'req-1',
    });
    expect(seen).toEqual([exception]);
    expect(errorLog).not.toHaveBeenCalled();
  });

  it('tells as little as the mapping does, in the stack too', async () => {
    const { message, extensions, stacktrace, text } = await errorOf(apiException(401), 'gateway');
    expect(message).toBe('An upstream service denied access.');
    expect(extensions).toEqual({ code: 'OPENROUTER_UNAUTHORIZED', status: 502 });
    expect(stacktrace).toBeDefined();
    expect(text).not.toContain('upstream said');
    expect(errorLog).toHaveBeenCalledTimes(1);
  });

  it('has the refused arguments', async () => {
    const exception = new OpenRouterValidationException('amount', [
      { property: 'amount', constraints: { min: 'amount is less than 1' } },
    ]);
    expect((await errorOf(exception)).extensions).toEqual({
      code: 'OPENROUTER_VALIDATION',
      status: 400,
      errors: [{ property: 'amount', reasons: ['amount is less than 1'] }],
    });
  });

  it('has the code of an aborted call', async () => {
    const { extensions } = await errorOf(
      new OpenRouterAbortException({ message: 'left', delivery: 'unknown' }),
    );
    expect(extensions).toEqual({ code: 'OPENROUTER_ABORTED', status: 499 });
  });

  it('shows no key', async () => {
    const { text } = await errorOf(apiException(401, { message: `bad key ${KEY}` }));
    expect(text).toContain('bad key');
    expect(text).not.toContain(KEY);
  });
});
