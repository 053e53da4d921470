import { describe, expect, it } from '@jest/globals';
import type { OpenRouterSandboxOptions } from '../../lib/testing/index.js';
import {
  BODIES,
  costOf,
  deciding,
  eventsOf,
  PATHS,
  post,
  STREAMING,
  textOf,
  totalUsage,
} from './support/completions.js';
import { call, setClock, start } from './support/sandbox.js';

describe.each(PATHS)('POST %s', (path) => {
  it('answers, names its generation and charges the key', async () => {
    setClock('2026-03-10T12:00:00Z');
    const sandbox = await deciding({ usd: 0.25 });
    const { status, headers, json } = await post(sandbox, path, { user: 'u7', metadata: { user_id: 'u7' } });
    expect(status).toBe(200);
    expect(costOf(json)).toBe(0.25);
    const generationId = headers.get('x-generation-id')!;
    expect(generationId).toMatch(/^gen-\d+-\w+$/);
    const isId = path === '/chat/completions' || path === '/embeddings';
    expect(json.id === generationId).toBe(isId);
    if (!isId) expect(json.id).toMatch(path === '/responses' ? /^resp_\w+$/ : /^msg_\w+$/);
    expect(sandbox.charges).toEqual([
      {
        generationId,
        usd: 0.25,
        model: 'openai/gpt-4.1',
        keyHash: sandbox.requests[0]!.keyHash,
        user: 'u7',
        at: new Date('2026-03-10T12:00:00Z'),
        isCancelled: false,
      },
    ]);
    expect(await totalUsage(sandbox)).toBe(0.25);
    expect((await call(sandbox, `/generation?id=${generationId}`, sandbox.apiKey)).status).toBe(404);
    const { json: found } = await call(sandbox, `/generation?id=${generationId}`, sandbox.apiKey);
    expect(found.data).toMatchObject({
      total_cost: 0.25,
      streamed: false,
      cancelled: false,
      finish_reason: 'stop',
      api_type: path === '/embeddings' ? 'embeddings' : 'completions',
      external_user: 'u7',
    });
  });

  it.each([
    [401, 'an unknown key', {}],
    [402, 'no credits', { credits: { totalCredits: 1, totalUsage: 1 } }],
    [402, 'a used-up key limit', { keyLimit: 0, keyLimitStatus: 402 }],
    [403, 'a used-up key limit', { keyLimit: 0 }],
    [403, 'a used-up budget', { guardrails: [{ scope: 'member', limitUsd: 0 }] }],
    [400, 'a wrong model', {}],
  ] as const)('refuses with %d: %s', async (status, reason, options) => {
    const sandbox = await start({ completionCost: 0.5, ...(options as OpenRouterSandboxOptions) });
    const key = status === 401 ? 'sk-or-v1-nobody' : sandbox.apiKey;
    let asked = 0;
    sandbox.onCompletion(() => void (asked += 1));
    for (const stream of [false, true]) {
      const { json, ...answer } = await call(sandbox, path, key, {
        method: 'POST',
        body: JSON.stringify({ ...BODIES[path], stream, ...(reason === 'a wrong model' && { model: 5 }) }),
      });
      expect(answer.status).toBe(status);
      expect(answer.headers.get('x-generation-id')).toBeNull();
      expect(typeof json.error.message).toBe('string');
      if (path === '/messages')
        expect(json).toMatchObject({ type: 'error', error: { type: expect.stringMatching(/_error$/) } });
      else expect(json.error.code).toBe(status);
      if (reason === 'no credits') {
        const { metadata } = path === '/messages' ? json : json.error;
        expect(metadata).toMatchObject({ limit_source: 'openrouter_credits' });
      }
    }
    expect([asked, sandbox.charges]).toEqual([0, []]);
  });
});

describe.each(STREAMING)('POST %s with a stream', (path) => {
  it('sends a comment, the text in chunks, and the usage once, at the end', async () => {
    const sandbox = await deciding({ usd: 0.25, usage: 'last' });
    const answer = await post(sandbox, path, { stream: true });
    expect(answer.headers.get('content-type')).toBe('text/event-stream');
    expect(answer.headers.get('x-generation-id')).toBe(sandbox.charges[0]!.generationId);
    expect(answer.text.startsWith(': OPENROUTER PROCESSING\n\n')).toBe(true);
    const events = eventsOf(answer);
    expect(events.map(textOf).filter(Boolean)).toEqual(['Hello', ' from', ' the', ' sandbox', '.']);
    const costs = events.map(costOf);
    const isMessages = path === '/messages';
    expect(costs.indexOf(0.25)).toBe(costs.length - (isMessages ? 2 : 1));
    expect(costs.filter((cost) => cost !== undefined)).toEqual([0.25]);
    expect(answer.text.endsWith('data: [DONE]\n\n')).toBe(!isMessages);
    expect(await totalUsage(sandbox)).toBe(0.25);
  });

  it('has the usage where it is decided', async () => {
    for (const [usage, last] of [
      ['missing', undefined],
      ['null', null],
    ] as const) {
      const sandbox = await deciding({ usage });
      const events = eventsOf(await post(sandbox, path, { stream: true }));
      expect(events.map(costOf).filter((cost) => cost !== undefined)).toEqual([]);
      const { usage: found, response } = events.at(path === '/messages' ? -2 : -1);
      expect(response === undefined ? found : response.usage).toBe(last);
      const { json } = await post(sandbox, path);
      expect(json.usage).toBe(last);
      expect(sandbox.charges.map(({ usd }) => usd)).toEqual([0.0015, 0.0015]);
    }
  });

  it.each([false, true])('fails in the middle, in the words of the API: stream %p', async (stream) => {
    for (const usage of [undefined, 'last'] as const) {
      const sandbox = await deciding({ usd: 1, failAfter: 3, usage });
      const answer = await post(sandbox, path, { stream });
      expect(answer.status).toBe(200);
      const failure = stream ? eventsOf(answer).at(-1) : answer.json;
      const { error } = failure.response ?? failure;
      expect(error.message).toBe('Provider disconnected unexpectedly');
      expect(costOf(failure)).toBe(usage && 0.6);
      if (stream) {
        expect(eventsOf(answer).map(textOf).join('')).toBe('Hello from the');
        expect(answer.text).not.toContain('[DONE]');
      }
      if (path === '/messages') expect([failure.type, error.type]).toEqual(['error', 'api_error']);
      else if (path === '/responses') expect(error.code).toBe('server_error');
      else expect(error).toMatchObject({ code: 502, metadata: { error_type: 'provider_unavailable' } });
      expect(sandbox.charges).toMatchObject([{ usd: 0.6, isCancelled: false }]);
      const { generationId } = sandbox.charges[0]!;
      await call(sandbox, `/generation?id=${generationId}`, sandbox.apiKey);
      const found = await call(sandbox, `/generation?id=${generationId}`, sandbox.apiKey);
      expect(found.json.data).toMatchObject({ total_cost: 0.6, finish_reason: 'error', cancelled: false });
    }
  });
});

describe('POST /messages', () => {
  it('has no cost in a stream, by default', async () => {
    const sandbox = await deciding({ usd: 0.25 });
    const events = eventsOf(await post(sandbox, '/messages', { stream: true }));
    expect(events.map(({ type }) => type as string)).toEqual([
      'message_start',
      'content_block_start',
      ...Array<string>(5).fill('content_block_delta'),
      'content_block_stop',
      'message_delta',
      'message_stop',
    ]);
    expect(events.at(-2).usage).toMatchObject({ input_tokens: 9, output_tokens: 5 });
    expect(JSON.stringify(events)).not.toContain('cost');
  });

  it('fails on demand in its own envelope', async () => {
    const sandbox = await start();
    for (const [status, type, errorType] of [
      [402, 'billing_error', 'payment_required'],
      [429, 'rate_limit_error', 'rate_limit_exceeded'],
      [500, 'api_error', 'server'],
      [529, 'overloaded_error', 'provider_overloaded'],
    ] as const) {
      sandbox.failNext({ path: '/messages', status });
      const { json } = await post(sandbox, '/messages');
      expect(json).toMatchObject({ type: 'error', error: { type, error_type: errorType } });
    }
  });
});

describe('POST /responses with a stream', () => {
  it('sends numbered events from created to completed', async () => {
    const sandbox = await deciding({ chunks: 2 });
    const events = eventsOf(await post(sandbox, '/responses', { stream: true }));
    expect(events.map(({ type }) => (type as string).replace('response.', ''))).toEqual([
      'created',
      'in_progress',
      'output_item.added',
      'content_part.added',
      'output_text.delta',
      'output_text.delta',
      'output_text.done',
      'content_part.done',
      'output_item.done',
      'completed',
    ]);
    expect(events.map(({ sequence_number }) => sequence_number as number)).toEqual(
      events.map((_, index) => index),
    );
    expect(events.at(-1).response).toMatchObject({
      status: 'completed',
      output: [{ content: [{ type: 'output_text', text: 'Hello from' }] }],
    });
  });
});

describe('POST /embeddings', () => {
  it('has one vector for each input, in both encodings', async () => {
    const sandbox = await start();
    const vector = { object: 'embedding', embedding: [0.5, -0.25, 0.125] };
    const { json } = await post(sandbox, '/embeddings');
    expect(json).toMatchObject({ object: 'list', data: [vector, { ...vector, index: 1 }] });
    const one = await post(sandbox, '/embeddings', { input: [1, 2, 3], encoding_format: 'base64' });
    expect(one.json.data).toHaveLength(1);
    const bytes = Buffer.from(one.json.data[0].embedding as string, 'base64');
    expect([0, 4, 8].map((offset) => bytes.readFloatLE(offset))).toEqual(vector.embedding);
    // It has no streams.
    expect((await post(sandbox, '/embeddings', { stream: true })).json.object).toBe('list');
  });
});
