import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { isOfOpenRouter, isOwnEnvelope, markOtherOrigin } from '../../lib/errors/answer-origin.js';
import { createApiException } from '../../lib/errors/api-exception.factory.js';
import { OpenRouterForbiddenException } from '../../lib/index.js';

describe("OpenRouter's own envelope", () => {
  it.each<[string, unknown, boolean]>([
    ['as documented', { error: { code: 403, message: 'no' } }, true],
    ['with more', { error: { code: 403, message: 'no', metadata: {} }, user_id: 'u' }, true],
    ['of another status', { error: { code: 401, message: 'no' } }, false],
    ['with the code as text, as gateways have it', { error: { code: '403', message: 'no' } }, false],
    ['without a code', { error: { message: 'no' } }, false],
    ['without a message', { error: { code: 403 } }, false],
    ['with a blank message', { error: { code: 403, message: ' ' } }, false],
    ['with the error as text', { error: 'no' }, false],
    ['with a list of errors', { error: [{ code: 403, message: 'no' }] }, false],
    ['without the error around it', { code: 403, message: 'no' }, false],
    ['that is no JSON', undefined, false],
    ['that is null', null, false],
    ['that is a text', 'error code: 1010', false],
  ])('%s', (_title, content, expected) => {
    expect(isOwnEnvelope(content, 403)).toBe(expected);
    const body = content === undefined ? '<html>' : JSON.stringify(content);
    const exception = createApiException({
      status: 403,
      header: () => undefined,
      body,
      operation: 'credits.getCredits',
      scrub: (text) => text,
    });
    expect(isOfOpenRouter(exception)).toBe(expected);
  });

  it('is what an exception is about that was made by hand, and anything else', () => {
    expect(
      [new OpenRouterForbiddenException({ message: 'no' }), new Error('x'), 5].map(isOfOpenRouter),
    ).toEqual([true, true, true]);
  });

  it('is noted where nobody sees it', () => {
    const [plain, marked] = [0, 1].map(() => new OpenRouterForbiddenException({ message: 'no' }));
    markOtherOrigin(marked!);
    expect(JSON.stringify(marked)).toBe(JSON.stringify(plain));
    expect(Object.keys(marked!)).toEqual(Object.keys(plain!));
    expect(inspect(marked)).not.toContain('envelope');
  });
});
