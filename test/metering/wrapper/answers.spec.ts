import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import { fetch as undiciFetch } from 'undici';
import { failureOf } from '../../support/failures.js';
import { cleanUp, sendJson, startServer, type TestServer } from '../../support/servers.js';
import { until } from '../../support/waiting.js';
import { meteredFetch, post } from './support/metered.js';
import { RecordingDesk } from './support/recording-desk.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const ID = 'gen-1730000000-abc';
const LAST = `data: ${JSON.stringify({ id: ID, choices: [], usage: { cost: 0.5 } })}\n\n`;
const EVENT = `data: ${JSON.stringify({ id: ID, choices: [{ delta: { content: 'Hello' } }] })}\n\n`;
const JSON_BODY = { id: ID, choices: [], usage: { cost: 0.5 } };

afterEach(cleanUp);

function beginStream(response: ServerResponse, ...events: string[]): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'x-generation-id': ID });
  for (const event of events) response.write(event);
}

const send = (server: TestServer, desk: RecordingDesk, init: RequestInit = {}): Promise<Response> =>
  meteredFetch(server, desk)(`${server.baseUrl}/chat/completions`, { ...post(), ...init });

async function startStream(...events: string[]): Promise<{ server: TestServer; hasLeft: () => boolean }> {
  let hasLeft = false;
  const server = await startServer((_request, response) => {
    response.on('close', () => {
      hasLeft = !response.writableFinished;
    });
    beginStream(response, ...events);
  });
  return { server, hasLeft: () => hasLeft };
}

describe('the answer of a metered fetch', () => {
  it('is the one that fetch has made', async () => {
    const made: Response[] = [];
    const server = await startServer((_request, response) =>
      sendJson(response, JSON_BODY, 201, { 'x-a': 'b' }),
    );

    const answer = await meteredFetch(server, new RecordingDesk(), {
      innerFetch: () => async (input, init) => {
        const inner = await fetch(input, init);
        made.push(inner);
        return inner;
      },
    })(`${server.baseUrl}/chat/completions`, post());

    expect(answer).toBe(made[0]);
    expect(answer).toBeInstanceOf(Response);
    expect(answer).toMatchObject({ status: 201, statusText: 'Created', type: 'basic', redirected: false });
    expect(answer.url).toBe(`${server.baseUrl}/chat/completions`);
    expect(answer.headers.get('x-a')).toBe('b');
    expect(answer.bodyUsed).toBe(false);
  });

  const readers: [string, (answer: Response) => Promise<unknown>][] = [
    ['json', (answer) => answer.json()],
    ['text', async (answer) => JSON.parse(await answer.text()) as unknown],
    [
      'arrayBuffer',
      async (answer) => JSON.parse(Buffer.from(await answer.arrayBuffer()).toString()) as unknown,
    ],
    ['blob', async (answer) => JSON.parse(await (await answer.blob()).text()) as unknown],
    ['a reader', async (answer) => new Response(answer.body).json()],
    ['a clone', (answer) => answer.clone().json()],
    ['a clone of a clone', (answer) => answer.clone().clone().json()],
  ];

  it.each(readers)('tells its cost once, read by %s', async (_name, read) => {
    const server = await startServer((_request, response) => sendJson(response, JSON_BODY));
    const desk = new RecordingDesk();

    const answer = await send(server, desk);

    expect(await read(answer)).toEqual(JSON_BODY);
    await until(() => desk.only.outcome !== undefined);
    expect(desk.only).toMatchObject({ told: [{ usd: 0.5 }], outcome: 'complete' });
  });

  it.each(readers)('of an error tells it, read by %s', async (_name, read) => {
    const body = { error: { code: 402, message: 'Insufficient credits' } };
    const server = await startServer((_request, response) => sendJson(response, body, 402));
    const desk = new RecordingDesk();

    await read(await send(server, desk));

    await until(() => desk.only.outcome !== undefined);
    expect(desk.only).toMatchObject({ errors: [body], outcome: 'failed' });
  });

  it('can be read once, as any', async () => {
    const server = await startServer((_request, response) => sendJson(response, JSON_BODY));
    const answer = await send(server, new RecordingDesk());
    await answer.text();

    expect(answer.bodyUsed).toBe(true);
    expect((await failureOf(answer.text())).name).toBe('TypeError');
    expect((await failureOf(answer.blob())).name).toBe('TypeError');
    expect(() => answer.clone()).toThrow('consumed');
    expect(answer.body).not.toBeNull();
  });

  it('has clones that resemble it, and both can be read', async () => {
    const server = await startServer((_request, response) => sendJson(response, JSON_BODY));
    const desk = new RecordingDesk();
    const answer = await send(server, desk);
    const clone = answer.clone();

    expect(clone).toMatchObject({ url: answer.url, redirected: false, type: 'basic', status: 200 });
    expect(await Promise.all([answer.json(), clone.json()])).toEqual([JSON_BODY, JSON_BODY]);
    expect(desk.only.told).toHaveLength(1);
  });

  it.each([204, 205, 304])('of the status %d has no body', async (status) => {
    const server = await startServer((_request, response) => response.writeHead(status).end());
    const desk = new RecordingDesk();

    const answer = await send(server, desk);

    expect(answer).toMatchObject({ status, body: null });
    expect(desk.only).toMatchObject({ calls: ['answered', 'ended'], outcome: 'complete' });
  });

  it('tells a cache hit', async () => {
    const server = await startServer((_request, response) =>
      sendJson(response, {}, 200, { 'x-openrouter-cache-status': 'hit' }),
    );
    const desk = new RecordingDesk();

    await (await send(server, desk)).json();

    expect(desk.only.answer).toMatchObject({ isCacheHit: true, generationId: undefined });
  });

  it('of raw bytes tells nothing', async () => {
    const server = await startServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'audio/mpeg', 'x-generation-id': ID });
      response.end('"usage":{"cost":9}');
    });
    const desk = new RecordingDesk();

    expect(await (await send(server, desk)).text()).toBe('"usage":{"cost":9}');
    expect(desk.only).toMatchObject({ told: [], outcome: 'complete', answer: { generationId: ID } });
  });
});

describe('a stream through a metered fetch', () => {
  it('has the chunks of the stream that fetch has made, each when it is asked for', async () => {
    const chunks = [EVENT, EVENT, LAST, 'data: [DONE]\n\n'].map((text) => new TextEncoder().encode(text));
    let pulled = 0;
    const body = new ReadableStream<Uint8Array>(
      {
        pull: (controller) => {
          const chunk = chunks[pulled];
          pulled += 1;
          if (chunk === undefined) controller.close();
          else controller.enqueue(chunk);
        },
      },
      { highWaterMark: 0 },
    );
    const desk = new RecordingDesk();
    const headers = { 'content-type': 'text/event-stream', 'x-generation-id': ID };
    const answer = await meteredFetch({ baseUrl: 'http://127.0.0.1:1' }, desk, {
      innerFetch: () => () => Promise.resolve(new Response(body, { headers })),
    })('http://127.0.0.1:1/x', post());
    const reader = answer.body!.getReader();

    expect(pulled).toBe(0);
    for (const [index, chunk] of chunks.entries()) {
      expect((await reader.read()).value).toBe(chunk);
      expect(pulled).toBe(index + 1);
      expect(desk.only.told).toHaveLength(index < 2 ? 0 : 1);
    }
    expect((await reader.read()).done).toBe(true);
    expect(desk.only.outcome).toBe('complete');
  });

  it('that the client leaves after its cost has told it, and the server notices', async () => {
    const { server, hasLeft } = await startStream(EVENT, LAST);
    const desk = new RecordingDesk();

    for await (const chunk of (await send(server, desk)).body!) {
      if (Buffer.from(chunk as Uint8Array).includes('usage')) break;
    }

    await until(hasLeft);
    expect(desk.only).toMatchObject({ calls: ['answered', 'told', 'ended'], outcome: 'aborted' });
  });

  it('passes the reason of a cancellation on, while a read is pending', async () => {
    const reasons: unknown[] = [];
    const desk = new RecordingDesk();
    const body = new ReadableStream({
      pull: () => new Promise<void>(() => undefined),
      cancel: (reason) => void reasons.push(reason),
    });
    const answer = await meteredFetch({ baseUrl: 'http://127.0.0.1:1' }, desk, {
      innerFetch: () => () =>
        Promise.resolve(new Response(body, { headers: { 'content-type': 'text/event-stream' } })),
    })('http://127.0.0.1:1/x', post());
    const reader = answer.body!.getReader();
    const pending = reader.read();

    await reader.cancel('done');

    expect(await pending).toEqual({ done: true, value: undefined });
    expect(reasons).toEqual(['done']);
    expect(desk.only.outcome).toBe('aborted');
  });

  it('that breaks off fails with the error of fetch', async () => {
    const server = await startServer(({ socket }, response) => {
      beginStream(response, EVENT);
      setImmediate(() => socket.destroy());
    });
    const desk = new RecordingDesk();

    const failure = await failureOf(send(server, desk).then((answer) => answer.text()));

    expect(failure).toMatchObject({ name: 'TypeError', message: 'terminated' });
    expect(desk.only).toMatchObject({ told: [], outcome: 'failed' });
  });

  it('that the signal ends is aborted, with the reason of the signal', async () => {
    const { server } = await startStream(EVENT);
    const desk = new RecordingDesk();
    const controller = new AbortController();
    const reader = (await send(server, desk, { signal: controller.signal })).body!.getReader();
    await reader.read();

    controller.abort();

    expect(await failureOf(reader.read())).toBe(controller.signal.reason);
    expect(desk.only.outcome).toBe('aborted');
  });

  it('tells an error in it, and fails only by the desk', async () => {
    const error = { code: 502, message: 'The provider has failed' };
    const server = await startServer((_request, response) => {
      beginStream(response, EVENT, `data: ${JSON.stringify({ error, choices: [] })}\n\n`);
      response.end();
    });
    const desk = new RecordingDesk();

    await (await send(server, desk)).text();

    expect(desk.only.errors).toEqual([{ error }]);
  });
});

describe('an answer that is dropped', () => {
  it.each([
    ['unread', () => Promise.resolve(null)],
    ['with its body', (answer: Response) => Promise.resolve(answer.body)],
    ['half read', (answer: Response) => answer.body!.getReader().read()],
  ])('%s frees its connection, and ends as aborted', async (_name, use) => {
    let left = 0;
    const server = await startServer((_request, response) => {
      response.on('close', () => (left += 1));
      beginStream(response, EVENT);
    });
    const desk = new RecordingDesk();
    const fetch = meteredFetch(server, desk);
    const dropOne = async (): Promise<void> => {
      await use(await fetch(`${server.baseUrl}/chat/completions`, post()));
    };

    for (let count = 0; count < 10; count += 1) await dropOne();

    await until(async () => {
      await new Promise((resolve) => setImmediate(resolve));
      collect();
      return left === 10 && desk.completions.every(({ outcome }) => outcome === 'aborted');
    });
    expect(desk.completions).toHaveLength(10);
  });

  it('stays open as long as the client has its body, or reads it as a whole', async () => {
    const ends: ServerResponse[] = [];
    const server = await startServer((_request, response) => {
      ends.push(response);
      beginStream(response, EVENT);
    });
    const desk = new RecordingDesk();
    const body = await send(server, desk).then((answer) => answer.body!);
    const text = send(server, desk).then((answer) => answer.text());
    await until(() => ends.length === 2);

    for (let count = 0; count < 10; count += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      collect();
    }
    for (const response of ends) response.end(LAST);

    expect(await text).toBe(EVENT + LAST);
    expect(await new Response(body).text()).toBe(EVENT + LAST);
    expect(desk.completions.map(({ outcome }) => outcome)).toEqual(['complete', 'complete']);
  });
});

describe('the fetch of the package undici underneath', () => {
  it('is metered as well', async () => {
    const desk = new RecordingDesk();
    const json = await startServer((_request, response) => sendJson(response, JSON_BODY));
    const fetch = meteredFetch(json, desk, {
      innerFetch: () => undiciFetch as unknown as typeof globalThis.fetch,
    });

    const answer = await fetch(`${json.baseUrl}/chat/completions`, post());
    expect(await answer.json()).toEqual(JSON_BODY);
    const streamed = await fetch(`${json.baseUrl}/chat/completions`, post());
    expect(await new Response(streamed.body).json()).toEqual(JSON_BODY);

    expect(desk.completions).toMatchObject([
      { told: [{ usd: 0.5 }], outcome: 'complete' },
      { told: [{ usd: 0.5 }], outcome: 'complete' },
    ]);
  });
});
