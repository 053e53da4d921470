import { describe, expect, it } from '@jest/globals';
import { mayBeShortOfMoney } from '../../lib/errors/error-verdict.js';
import {
  classifyOpenRouterError,
  isOutOfCredits,
  isSpendLimitReached,
  isTransient,
  OpenRouterSpendLimitException,
  OpenRouterSpendStoreException,
} from '../../lib/index.js';
import { unattributed } from '../../lib/metering/completion/unattributed.js';

/** The refusal as `metering.fetch` answers it, and as the errors of clients contain it. */
const UNATTRIBUTED = unattributed(undefined, []);
const envelope = { error: { code: 402, ...UNATTRIBUTED } };

describe('a request that the application itself refused, since it has no scope', () => {
  it.each<[string, unknown]>([
    ['an answer', { status: 402, body: envelope }],
    ['its body', envelope],
    [
      'an error of openai',
      Object.assign(new Error(`402 ${UNATTRIBUTED.message}`), { status: 402, ...envelope }),
    ],
    [
      'an error of the AI SDK',
      Object.assign(new Error(UNATTRIBUTED.message), {
        name: 'AI_APICallError',
        statusCode: 402,
        responseBody: JSON.stringify(envelope),
        data: envelope,
      }),
    ],
  ])('is no shortage of money: %s', (_title, error) => {
    expect(classifyOpenRouterError(error)).toMatchObject({
      kind: 'unattributed',
      limitSource: 'application_unattributed',
      isTransient: false,
    });
    expect(isOutOfCredits(error)).toBe(false);
    expect(isTransient(error)).toBe(false);
    expect(mayBeShortOfMoney(error)).toBe(false);
  });
});

describe('a request that a spend limit of the application refused', () => {
  const resetsAt = new Date('2026-12-01T00:00:00.000Z');
  const answer = (limit_source: string): object => ({
    error: { code: 402, message: 'Refused.', metadata: { limit_source, resets_at: resetsAt.toISOString() } },
  });
  const refusal = {
    message: 'Refused.',
    rule: 'tenant',
    subject: { tenant: 'acme' },
    period: 'month' as const,
    limitUsd: 2,
    spentUsd: 1.97,
    heldUsd: 0.02,
    requiredUsd: 0.05,
    resetsAt,
  };
  const exception = new OpenRouterSpendLimitException(refusal);

  it.each<[string, unknown]>([
    ['an answer', { status: 402, body: answer('application_spend_limit') }],
    [
      'an error of openai',
      Object.assign(new Error('402'), { status: 402, ...answer('application_spend_limit') }),
    ],
    ['an exception', exception],
    ['an exception as a cause', new Error('failed', { cause: exception })],
  ])('is a reached limit, and no empty account: %s', (_title, error) => {
    expect(classifyOpenRouterError(error)).toMatchObject({
      kind: 'spend-limit',
      limitSource: 'application_spend_limit',
      isTransient: false,
      resetsAt,
    });
    expect(isSpendLimitReached(error)).toBe(true);
    expect(isOutOfCredits(error)).toBe(false);
    expect(mayBeShortOfMoney(error)).toBe(false);
  });

  it.each<[string, unknown]>([
    ['an answer', { status: 402, body: answer('application_spend_store') }],
    ['an exception', new OpenRouterSpendStoreException('No answer.')],
  ])('may pass if only the store did not answer: %s', (_title, error) => {
    expect(classifyOpenRouterError(error)).toMatchObject({
      kind: 'spend-store',
      limitSource: 'application_spend_store',
      isTransient: true,
    });
    expect(isSpendLimitReached(error)).toBe(false);
    expect(mayBeShortOfMoney(error)).toBe(false);
  });

  it('has an end only if its window has one', () => {
    const forGood = new OpenRouterSpendLimitException({ ...refusal, resetsAt: null });
    expect(classifyOpenRouterError(forGood)).not.toHaveProperty('resetsAt');
  });
});
