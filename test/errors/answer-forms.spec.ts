import { afterEach, describe, expect, it } from '@jest/globals';
import axios from 'axios';
import { classifyOpenRouterError } from '../../lib/errors/index.js';
import { failureOf } from '../support/failures.js';
import { API_KEY, cleanUp, startServer } from '../support/servers.js';

afterEach(cleanUp);

const errorOf = (message: string, members: object): Error => Object.assign(new Error(message), members);

describe('an answer in bytes', () => {
  const body = JSON.stringify({
    error: { code: 403, message: `Refused ${API_KEY}`, metadata: { limit_source: 'openrouter_key_limit' } },
  });
  const bytes = new TextEncoder().encode(body);

  it.each<[string, unknown]>([
    ['a buffer', Buffer.from(body)],
    ['an array of bytes', bytes],
    ['an array buffer', bytes.buffer],
    ['text', body],
  ])('is read of %s', (_name, content) => {
    for (const error of [
      errorOf('x', { statusCode: 403, body: content }),
      errorOf('x', { response: { status: 403, data: content } }),
      errorOf('x', { response: { status: 403, text: content } }),
    ]) {
      expect(classifyOpenRouterError(error)).toMatchObject({
        kind: 'key-limit',
        message: 'Refused [redacted]',
      });
    }
  });

  it('is none where the bytes have gone to another thread', () => {
    const gone = new TextEncoder().encode(body);
    structuredClone(gone.buffer, { transfer: [gone.buffer] });
    for (const content of [gone, gone.buffer]) {
      const error = errorOf('403 Refused', { status: 403, body: content });
      expect(classifyOpenRouterError(error)).toMatchObject({ kind: 'forbidden', message: '403 Refused' });
    }
  });

  it('is read up to a bound', () => {
    const whole = Buffer.concat([
      Buffer.from(body.slice(0, -1)),
      Buffer.from(`,"x":"${'y'.repeat(5_000_000)}"}`),
    ]);
    expect(classifyOpenRouterError({ status: 403, body: whole })).toMatchObject({ kind: 'key-limit' });
  });

  it('is read of axios', async () => {
    const { baseUrl } = await startServer((_request, response) => {
      response.writeHead(403, { 'content-type': 'application/json' });
      response.end(body);
    });
    const failure = await failureOf(axios.post(baseUrl, {}, { responseType: 'arraybuffer' }));
    expect(classifyOpenRouterError(failure)).toMatchObject({ kind: 'key-limit', status: 403 });
  });
});

describe('an error in the text of a whole stream', () => {
  const stream = (error: object, parts: number): string =>
    [
      ': OPENROUTER PROCESSING',
      ...Array.from({ length: parts }, () => 'data: {"id":"gen-1","choices":[{"delta":{"content":"word"}}]}'),
      `data: ${JSON.stringify({ id: 'gen-1', choices: [], ...error })}`,
      'data: [DONE]',
      '',
    ].join('\n\n');
  const budget = {
    error: { code: 403, message: 'Refused.', metadata: { limit_source: 'openrouter_workspace_budget' } },
  };

  it.each([0, 3, 5_000])('is read after %i parts', (parts) => {
    const text = stream(budget, parts);
    for (const error of [
      text,
      { status: 200, body: text },
      errorOf('x', { statusCode: 200, responseBody: text }),
    ]) {
      expect(classifyOpenRouterError(error)).toMatchObject({ kind: 'budget', message: 'Refused.' });
    }
  });

  it('is not made of what a model has written', () => {
    const content = 'data: {"error":{"code":402,"message":"Insufficient credits"}}';
    const text = stream({ choices: [{ delta: { content } }] }, 1);
    expect(classifyOpenRouterError({ status: 200, body: text }).kind).toBe('unknown');
  });
});

describe('an answer that is quoted as Python writes it', () => {
  const quoted = (status: number, error: string): string =>
    `litellm.APIError: OpenrouterException - Error code: ${status} - {'error': ${error}, 'user_id': 'user_1'}`;

  it.each<[string, string, object]>([
    [
      'a key’s limit',
      quoted(
        402,
        `{'message': "Create a key with a higher limit: it's 'spent'", 'code': 402, 'metadata': None}`,
      ),
      { kind: 'key-limit', status: 402, message: "Create a key with a higher limit: it's 'spent'" },
    ],
    [
      'a provider’s money',
      quoted(
        402,
        `{'message': 'Provider returned error', 'code': 402, 'metadata': {'raw': '{"error":{"message":"It\\'s \\\\"empty\\\\""}}', 'provider_name': 'DeepSeek', 'is_byok': True}}`,
      ),
      { kind: 'payment-required', status: 402, message: 'Provider returned error (DeepSeek): It\'s "empty"' },
    ],
    [
      'a day’s limit',
      quoted(
        429,
        `{'message': 'Rate limit exceeded: limit_rpd/a/b', 'code': 429, 'metadata': {'headers': {'X-RateLimit-Reset': '1890640000000'}, 'provider_name': None}}`,
      ),
      { kind: 'rate-limit', isTransient: false, resetsAt: new Date(1_890_640_000_000) },
    ],
    [
      'escapes',
      quoted(403, `{'message': 'Key limit exceeded\\xa0(\\'daily\\')\\n', 'code': 403}`),
      { kind: 'key-limit', message: "Key limit exceeded\u00a0('daily')\n" },
    ],
    [
      'one that is cut off',
      quoted(
        403,
        `{'code': 403, 'message': 'No.', 'metadata': {'limit_source': 'openrouter_key_limit', 'remedy_hint': 'Raise`,
      ).split(", 'user_id")[0] ?? '',
      { kind: 'key-limit', message: 'No.' },
    ],
  ])('%s', (_name, message, verdict) => {
    for (const error of [
      new Error(message),
      errorOf(`500 ${message}`, { status: 500, error: { message, type: null, param: null, code: '500' } }),
    ]) {
      expect(classifyOpenRouterError(error)).toMatchObject(verdict);
    }
  });

  it.each<[string, string]>([
    ['another object', "{'a': 1}"],
    ['a word', "{'error': 'no'}"],
    ['an escape that is cut off', "{'error': {'message': 'unfinished \\"],
    ['many escapes', `{'${'"\\'.repeat(9_000)}`],
    ['many quotes', `{'${"'".repeat(16_000)}`],
  ])('nothing is made of %s', (_name, text) => {
    const started = process.cpuUsage();
    expect(classifyOpenRouterError(new Error(text)).kind).toBe('unknown');
    expect(process.cpuUsage(started).user).toBeLessThan(500_000);
  });
});
