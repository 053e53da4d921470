import { afterEach, describe, expect, it } from '@jest/globals';
import type { ServerResponse } from 'node:http';
import { cleanUp, type SeenRequest, sendJson, startServer } from '../../support/servers.js';
import { meteredFetch, post } from './support/metered.js';
import { RecordingDesk } from './support/recording-desk.js';

const ID = 'gen-1730000000-abc';
const CHAT = {
  id: ID,
  model: 'openai/gpt-5-mini',
  provider: 'OpenAI',
  choices: [{ message: { content: 'Hello' } }],
  usage: { prompt_tokens: 3, completion_tokens: 5, cost: 0.000123, is_byok: false },
};
const REQUEST = { model: 'openai/gpt-5-mini', max_tokens: 100, messages: [] };
const STATED = {
  usd: 0.000123,
  generationId: ID,
  model: 'openai/gpt-5-mini',
  provider: 'OpenAI',
  promptTokens: 3,
  completionTokens: 5,
  isByok: false,
};

afterEach(cleanUp);

function sendEvents(
  response: ServerResponse,
  events: readonly string[],
  headers: Record<string, string> = {},
): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'x-generation-id': ID, ...headers });
  for (const event of events) response.write(event);
  response.end();
}

const STREAM = [
  ': OPENROUTER PROCESSING\n\n',
  ...['Hel', 'lo'].map(
    (content) => `data: ${JSON.stringify({ id: ID, choices: [{ delta: { content } }], usage: null })}\n\n`,
  ),
  `data: ${JSON.stringify({ ...CHAT, choices: [] })}\n\n`,
  'data: [DONE]\n\n',
];

describe('a metered fetch', () => {
  it('tells the cost of an answer of JSON', async () => {
    const server = await startServer((_request: SeenRequest, response) => sendJson(response, CHAT));
    const desk = new RecordingDesk();

    const answer = await meteredFetch(server, desk)(`${server.baseUrl}/chat/completions`, post(REQUEST));

    expect(await answer.json()).toEqual(CHAT);
    expect(answer.url).toBe(`${server.baseUrl}/chat/completions`);
    expect(desk.only).toMatchObject({
      request: {
        path: '/chat/completions',
        model: 'openai/gpt-5-mini',
        maxTokens: 100,
        isStream: false,
        keyHash: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
      told: [STATED],
      outcome: 'complete',
      calls: ['answered', 'told', 'ended'],
    });
  });

  it('tells the cost of a stream', async () => {
    const server = await startServer((_request, response) => sendEvents(response, STREAM));
    const desk = new RecordingDesk();

    const answer = await meteredFetch(server, desk)(
      `${server.baseUrl}/chat/completions`,
      post({ stream: true }),
    );

    expect(await answer.text()).toBe(STREAM.join(''));
    expect(desk.only).toMatchObject({
      request: { isStream: true },
      answer: { status: 200, generationId: ID, isCacheHit: false, isStream: true },
      told: [STATED],
      outcome: 'complete',
    });
  });
});
