import { describe, expect, it } from '@jest/globals';
import { mayBeShortOfMoney } from '../../lib/errors/error-verdict.js';
import { classifyOpenRouterError, isOutOfCredits, isTransient } from '../../lib/index.js';
import { UNATTRIBUTED } from '../../lib/metering/completion/unattributed.js';

/** The refusal as `metering.fetch` answers it, and as the errors of clients contain it. */
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
