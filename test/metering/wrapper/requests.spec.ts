import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it } from '@jest/globals';
import { API_KEY, cleanUp, sendJson, startServer } from '../../support/servers.js';
import { failureOf } from '../../support/failures.js';
import { meteredFetch, post } from './support/metered.js';
import { RecordingDesk } from './support/recording-desk.js';

const KEY_HASH = createHash('sha256').update(API_KEY).digest('hex');
const FACTS = { path: '/chat/completions', model: 'a/b', maxTokens: 100, isStream: false, keyHash: KEY_HASH };

afterEach(cleanUp);

/** A server that answers with what it was sent. */
const startEcho = () =>
  startServer((request, response) => sendJson(response, { method: request.method, body: request.body }));

describe('what a metered fetch knows of a request', () => {
  it.each([
    ['a string', (url: string) => [url, post()] as const],
    ['a URL', (url: string) => [new URL(url), post()] as const],
    ['a request', (url: string) => [new Request(url, post())] as const],
    ['a request and settings', (url: string) => [new Request(url, { method: 'PUT' }), post()] as const],
    ['a method in lower case', (url: string) => [url, { ...post(), method: 'post' }] as const],
    [
      'pairs of headers',
      (url: string) => [url, { ...post(), headers: [['Authorization', `bearer ${API_KEY}`]] }] as const,
    ],
    [
      'an object of headers',
      (url: string) => [url, { ...post(), headers: new Headers(post().headers) }] as const,
    ],
    [
      'bytes',
      (url: string) => [url, { ...post(), body: new TextEncoder().encode(post().body as string) }] as const,
    ],
    [
      'a buffer',
      (url: string) =>
        [url, { ...post(), body: new TextEncoder().encode(post().body as string).buffer }] as const,
    ],
  ])('is the same for %s', async (_name, argumentsFor) => {
    const server = await startEcho();
    const desk = new RecordingDesk();
    const [input, init] = argumentsFor(`${server.baseUrl}/chat/completions`) as unknown as Parameters<
      typeof fetch
    >;

    await (await meteredFetch(server, desk)(input, init)).text();

    expect(desk.only.request).toMatchObject(FACTS);
    expect(server.requests[0]!.body).toBe(post().body);
  });

  it.each([
    ['admitted at once', undefined],
    ['that waits to be admitted', () => Promise.resolve(undefined)],
  ])(
    'is nothing of a body that cannot be read, which fetch refuses by itself: one %s',
    async (_when, admit) => {
      const detached = new ArrayBuffer(8);
      const view = new Uint8Array(detached);
      structuredClone(detached, { transfer: [detached] });
      const { proxy, revoke } = Proxy.revocable({}, {});
      revoke();
      for (const body of [detached, view, proxy as unknown as string]) {
        const server = await startEcho();
        const url = `${server.baseUrl}/chat/completions`;
        const init = { method: 'POST', body };
        const refusal = await globalThis.fetch(url, init).then(() => undefined, String);
        const desk = new RecordingDesk(admit);
        const asked = meteredFetch(server, desk)(url, init);
        expect(await asked.then(() => undefined, String)).toBe(refusal);
      }
    },
  );

  it.each(['max_completion_tokens', 'max_output_tokens', 'max_tokens'])(
    'has the maximum of %s',
    async (name) => {
      const server = await startEcho();
      const desk = new RecordingDesk();

      await (await meteredFetch(server, desk)(`${server.baseUrl}/responses`, post({ [name]: 7 }))).text();

      expect(desk.only.request).toMatchObject({ path: '/responses', maxTokens: 7, model: undefined });
    },
  );

  it.each([
    [
      'a form',
      () => {
        const form = new FormData();
        form.append('model', 'a/b');
        return form;
      },
    ],
    ['a stream', () => new Blob(['{"model":"a/b"}']).stream()],
    ['a blob', () => new Blob(['{"model":"a/b"}'])],
    ['no JSON', () => 'model=a'],
  ])('has no model for %s, which is sent as it is', async (_name, bodyOf) => {
    const server = await startEcho();
    const desk = new RecordingDesk();
    const init = { method: 'POST', body: bodyOf(), duplex: 'half' } as RequestInit;

    await (await meteredFetch(server, desk)(`${server.baseUrl}/audio/transcriptions`, init)).text();

    expect(desk.only.request).toMatchObject({ model: undefined, keyHash: undefined });
    expect(server.requests[0]!.body).not.toBe('');
  });

  it('does not contain the key', async () => {
    const server = await startEcho();
    const desk = new RecordingDesk();

    await (await meteredFetch(server, desk)(`${server.baseUrl}/chat/completions`, post())).text();

    expect(JSON.stringify(desk.only)).not.toContain(API_KEY);
  });
});

describe('a metered fetch passes untouched', () => {
  it.each([
    ['another method', (base: string) => [`${base}/models`] as const],
    ['a free operation', (base: string) => [`${base}/keys`, post()] as const],
    ['another server', () => ['http://127.0.0.1:9/chat/completions', post()] as const],
    ['an invalid URL', () => ['no url', post()] as const],
    ['no arguments', () => [] as const],
  ])('%s', async (_name, argumentsFor) => {
    const answer = new Response('x');
    const seen: unknown[][] = [];
    const desk = new RecordingDesk();
    const inner = (...given: unknown[]): Promise<Response> => {
      seen.push(given);
      return Promise.resolve(answer);
    };
    const given = argumentsFor('http://127.0.0.1:1/api/v1') as unknown as Parameters<typeof fetch>;

    const result = await meteredFetch({ baseUrl: 'http://127.0.0.1:1/api/v1' }, desk, {
      innerFetch: () => inner,
    })(...given);

    expect(result).toBe(answer);
    expect(result.bodyUsed).toBe(false);
    expect(seen[0]![0]).toBe(given[0]);
    expect(seen[0]![1]).toBe(given[1]);
    expect(desk.completions).toEqual([]);
  });

  it('another server, and says so once', async () => {
    const origins: string[] = [];
    const fetch = meteredFetch({ baseUrl: 'http://127.0.0.1:1' }, new RecordingDesk(), {
      innerFetch: () => () => Promise.resolve(new Response()),
      onForeign: (origin) => origins.push(origin),
    });

    await fetch('https://api.openai.com/v1/chat/completions');
    await fetch('https://api.openai.com/v1/chat/completions', post());
    await fetch('https://example.com', post());

    expect(origins).toEqual(['https://api.openai.com']);
  });

  it('arguments that fetch refuses, in the words of fetch', async () => {
    const server = await startEcho();
    const request = new Request(`${server.baseUrl}/chat/completions`, post());
    await request.text();

    const desk = new RecordingDesk();
    const failure = await failureOf(meteredFetch(server, desk)(request));

    expect(failure).toMatchObject({ name: 'TypeError', message: (await failureOf(fetch(request))).message });
    expect(desk.completions).toEqual([]);
  });

  it('takes the fetch underneath anew for each call', async () => {
    const answers = ['1', '2'];
    const fetch = meteredFetch({ baseUrl: 'http://127.0.0.1:1' }, new RecordingDesk(), {
      innerFetch: () => () => Promise.resolve(new Response(answers.shift())),
    });

    expect(await (await fetch('http://127.0.0.1:1/x', post())).text()).toBe('1');
    expect(await (await fetch('http://127.0.0.1:1/x', post())).text()).toBe('2');
  });
});

describe('a refusal', () => {
  const refusal = { message: 'No more', metadata: { limit_source: 'application_spend_limit' } };

  it('is an answer in the envelope of OpenRouter, and nothing is sent', async () => {
    const server = await startEcho();
    const desk = new RecordingDesk(() => refusal);
    const url = `${server.baseUrl}/chat/completions`;
    const request = new Request(url, post());

    const answer = await meteredFetch(server, desk)(request);

    expect(answer).toMatchObject({ status: 402, ok: false, url });
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(answer.headers.get('x-should-retry')).toBe('false');
    expect(await answer.json()).toEqual({ error: { code: 402, ...refusal } });
    expect(request.bodyUsed).toBe(false);
    expect(server.requests).toEqual([]);
  });
});

describe('a signal', () => {
  it('that is aborted before the request rejects it as fetch does, and nothing is opened', async () => {
    const server = await startEcho();
    const desk = new RecordingDesk();
    const reason = new Error('changed my mind');

    const url = `${server.baseUrl}/chat/completions`;
    const failure = await failureOf(
      meteredFetch(server, desk)(url, { ...post(), signal: AbortSignal.abort(reason) }),
    );

    expect(failure).toBe(reason);
    expect(desk.completions).toEqual([]);
    expect(server.requests).toEqual([]);
  });

  it('that is aborted while the request waits for its admission ends it unsent', async () => {
    const server = await startEcho();
    const admission = resolvers<undefined>();
    const desk = new RecordingDesk(() => admission.promise);
    const controller = new AbortController();
    const call = meteredFetch(server, desk)(`${server.baseUrl}/chat/completions`, {
      ...post(),
      signal: controller.signal,
    });

    controller.abort();
    admission.resolve(undefined);

    expect(await failureOf(call)).toBe(controller.signal.reason);
    expect(desk.only.unanswered).toMatchObject({ isAborted: true, isUnsent: true });
    expect(server.requests).toEqual([]);
  });

  it('that is aborted before the answer ends the completion as aborted', async () => {
    const controller = new AbortController();
    const server = await startServer(() => controller.abort());
    const desk = new RecordingDesk();
    const request = new Request(`${server.baseUrl}/chat/completions`, {
      ...post(),
      signal: controller.signal,
    });

    const failure = await failureOf(meteredFetch(server, desk)(request));

    expect(failure.name).toBe('AbortError');
    expect(desk.only.unanswered).toEqual({ reason: failure, isAborted: true, isUnsent: false });
  });

  it('does not make a lost connection an abort', async () => {
    const server = await startServer(({ socket }) => socket.destroy());
    const desk = new RecordingDesk();
    const { signal } = new AbortController();

    const url = `${server.baseUrl}/chat/completions`;
    const failure = await failureOf(meteredFetch(server, desk)(url, { ...post(), signal }));

    expect(desk.only.unanswered).toEqual({ reason: failure, isAborted: false, isUnsent: false });
  });
});

function resolvers<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
