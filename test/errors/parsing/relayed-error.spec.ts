import { describe, expect, it } from '@jest/globals';
import { createApiException } from '../../../lib/errors/api-exception.factory.js';
import { classifyOpenRouterError } from '../../../lib/errors/index.js';
import { createScrub, scrubShapes } from '../../../lib/secret/scrub.js';
import { leaksIn } from '../../support/leaks.js';
import { API_KEY } from '../../support/servers.js';

function messagesOf(metadata: unknown, message = 'Provider returned error', status = 502): string[] {
  const body = { error: { code: status, message, metadata } };
  const exception = createApiException({
    status,
    header: () => undefined,
    body: JSON.stringify(body),
    operation: 'x',
    scrub: scrubShapes,
  });
  return [
    exception.message,
    classifyOpenRouterError(exception).message,
    classifyOpenRouterError({ status, body }).message,
    classifyOpenRouterError(body).message,
  ];
}

const json = JSON.stringify;

describe('what a provider has said', () => {
  it.each<[string, unknown, string]>([
    [
      'JSON as text',
      json({ error: { message: 'Insufficient Balance', code: 'x' } }),
      ': Insufficient Balance',
    ],
    ['JSON', { error: { message: 'Insufficient Balance' } }, ': Insufficient Balance'],
    ['plain text', 'upstream connect error\nor reset', ': upstream connect error or reset'],
    ['an error as text', json({ error: 'model is loading' }), ': model is loading'],
    ['a message', json({ message: 'too fast', code: 3_505 }), ': too fast'],
    ['a detail', json({ detail: 'Not enough funds' }), ': Not enough funds'],
    ['a list', json([{ error: { code: 429, message: 'Quota exceeded' } }]), ': Quota exceeded'],
    [
      'an event',
      json({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }),
      ': Overloaded',
    ],
    ['a message in a message', json({ error: { message: json({ error: { message: 'deep' } }) } }), ': deep'],
    ['a list of issues', json({ detail: [{ msg: 'field required' }] }), ''],
    ['a page', '<html><title>Bad\n gateway</title><body>x</body></html>', ': Bad gateway'],
    ['a page without a title', '<html><body>x</body></html>', ''],
    ['JSON without a message', json({ status: 'failed' }), ''],
    [
      'JSON that is cut off',
      '{"error":{"message":"Insufficient Balance","param":nu',
      ': Insufficient Balance',
    ],
    ['broken JSON', '{"error"; 7}', ''],
    ['nothing', undefined, ''],
    ['null', null, ''],
    ['an empty text', ' ', ''],
    ['a number', 7, ''],
    ['a long text', 'y'.repeat(900), `: ${'y'.repeat(200)}…`],
  ])('is told from %s', (_name, raw, told) => {
    for (const message of messagesOf({ provider_name: 'DeepSeek', raw })) {
      expect(message).toBe(`Provider returned error (DeepSeek)${told}`);
    }
    for (const message of messagesOf({ raw }, 'Provider returned error.')) {
      expect(message).toBe(`Provider returned error${told === '' ? '.' : told}`);
    }
  });

  it('is not told where OpenRouter’s message says something itself', () => {
    const metadata = { provider_name: 'DeepSeek', raw: 'raw' };
    expect(new Set(messagesOf(metadata, 'No endpoints found.'))).toEqual(new Set(['No endpoints found.']));
    expect(new Set(messagesOf(metadata, 'Provider returned error: slow'))).toEqual(
      new Set(['Provider returned error: slow']),
    );
  });

  it('is told without secrets', () => {
    const metadata = {
      provider_name: API_KEY,
      raw: `Incorrect key: ${API_KEY}, and Bearer abcdefghijklmnop`,
    };
    expect(leaksIn(messagesOf(metadata), [API_KEY, 'abcdefghijklmnop'])).toEqual([]);
    const exception = createApiException({
      status: 401,
      header: () => undefined,
      body: json({
        error: { message: 'Provider returned error', metadata: { raw: 'bad key byok-secret-12345' } },
      }),
      operation: 'x',
      scrub: createScrub(['byok-secret-12345']),
    });
    expect(exception.message).toBe('Provider returned error: bad key [redacted]');
  });

  it.each<[number, string]>([
    [402, 'Insufficient credits. This request requires more credits, but can only afford 12'],
    [402, 'Key limit exceeded'],
    [402, 'in-flight requests'],
    [403, 'Key limit exceeded (total limit)'],
    [403, 'Workspace monthly budget of $5 exceeded'],
    [429, 'limit_rpd/x/y'],
    [429, 'free-models-per-day'],
    [401, 'User not found'],
  ])('is not taken for OpenRouter’s own words: %i %s', (status, raw) => {
    const body = {
      error: { code: status, message: 'Provider returned error', metadata: { provider_name: 'X', raw } },
    };
    const exception = createApiException({
      status,
      header: () => undefined,
      body: json(body),
      operation: 'x',
      scrub: scrubShapes,
      key: { from: 'apiKey', isInference: true },
    });
    const kind = { 401: 'unauthorized', 402: 'payment-required', 403: 'forbidden', 429: 'rate-limit' }[
      status
    ];
    for (const error of [exception, { status, body }, body, { error: body.error, status }]) {
      const verdict = classifyOpenRouterError(error);
      expect(verdict).toEqual({
        kind,
        status,
        isTransient: status === 429,
        message: `Provider returned error (X): ${raw}`,
      });
    }
    expect(exception).not.toHaveProperty('limitSource');
    expect(exception).not.toHaveProperty('affordableTokens');
  });
});
