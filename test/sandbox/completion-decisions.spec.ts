import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it, jest } from '@jest/globals';
import type { SandboxCompletion, SandboxCompletionRequest } from '../../lib/testing/index.js';
import {
  BODIES,
  costOf,
  deciding,
  ENDLESS,
  leaveAfter,
  PATHS,
  post,
  STREAMING,
  totalUsage,
} from './support/completions.js';
import { call, manage, setClock, start } from './support/sandbox.js';

describe('onCompletion', () => {
  it('is asked with the request, once for each completion', async () => {
    const asked: SandboxCompletionRequest[] = [];
    const sandbox = await start();
    sandbox.onCompletion((request) => {
      asked.push(request);
      return undefined;
    });
    for (const path of PATHS) {
      const { json } = await post(sandbox, path, { user: 'u7' });
      expect(costOf(json)).toBe(0.0015);
    }
    expect(asked.map(({ path }) => path)).toEqual(PATHS.map((path) => `/api/v1${path}`));
    expect(asked[0]!.body).toEqual({ ...BODIES['/chat/completions'], user: 'u7' });
    expect(asked[0]!.headers.authorization).toBe(`Bearer ${sandbox.apiKey}`);
  });

  it('replaces the function before it, and is taken back', async () => {
    const sandbox = await deciding({ usd: 1 });
    expect(costOf((await post(sandbox)).json)).toBe(1);
    sandbox.onCompletion(() => ({ usd: 2 }));
    expect(costOf((await post(sandbox)).json)).toBe(2);
    sandbox.onCompletion(undefined);
    expect(costOf((await post(sandbox)).json)).toBe(0.0015);
    expect(await totalUsage(sandbox)).toBe(3.0015);
  });

  it.each([null, 5, {}])('refuses %j', async (decide) => {
    const sandbox = await start();
    expect(() => sandbox.onCompletion(decide as never)).toThrow(/^onCompletion: `decide` must be a function/);
  });

  it.each<[unknown, string]>([
    [{ cost: 1 }, '`cost` is not known'],
    [{ usd: -1 }, '`usd` must be a finite number of US dollars, 0 or more; got -1'],
    [{ chunks: 0 }, '`chunks` must be a whole number from 1 to 1000000; got 0'],
    [{ chunkDelayMs: 0.5 }, '`chunkDelayMs` must be a whole number'],
    [{ usage: 'first' }, '`usage` must be one of "last", "missing", "null"'],
    [{ failAfter: 6 }, '`failAfter` must be at most `chunks`, which is 5; got 6'],
    [{ cutAfter: 3, chunks: 2 }, '`cutAfter` must be at most `chunks`, which is 2; got 3'],
    [{ failAfter: 1, cutAfter: 1 }, '`failAfter` must be left out with `cutAfter`'],
    [{ isCacheHit: 1 }, '`isCacheHit` must be one of true, false'],
    [{ isCacheHit: true, usd: 1 }, '`usd` must be left out with `isCacheHit`'],
    [{ isCacheHit: true, byokUsd: 1 }, '`byokUsd` must be left out with `isCacheHit`'],
    [{ byokUsd: '1' }, '`byokUsd` must be a finite number of US dollars'],
    [null, 'the argument must be an object'],
    [5, 'the argument must be an object'],
    [Promise.resolve({}), 'the function must return its decision; got a promise'],
  ])('answers 500 to the decision %j, and says why', async (decision, message) => {
    const sandbox = await deciding(decision as SandboxCompletion);
    for (const path of PATHS) {
      const { status, headers, json } = await post(sandbox, path, { stream: true });
      expect(status).toBe(500);
      expect(headers.get('x-should-retry')).toBe('false');
      expect(json.error.message).toContain(
        'The function given to sandbox.onCompletion has failed: onCompletion: ',
      );
      expect(json.error.message).toContain(message);
    }
    expect(sandbox.charges).toEqual([]);
  });

  it('answers 500 where the function throws, and says why', async () => {
    const sandbox = await start();
    for (const reason of [new Error('no such tenant'), 'no such tenant']) {
      sandbox.onCompletion(() => {
        // eslint-disable-next-line @typescript-eslint/only-throw-error
        throw reason;
      });
      const { status, json } = await post(sandbox);
      expect(status).toBe(500);
      expect(json.error.message).toMatch(/: no such tenant$/);
    }
  });

  it('decides the number of text chunks, each written by itself', async () => {
    const sandbox = await deciding({ chunks: 500 });
    const { port, host } = new URL(sandbox.baseUrl);
    const socket = connect(Number(port), '127.0.0.1');
    const body = JSON.stringify({ ...BODIES['/chat/completions'], stream: true });
    socket.write(
      `POST /api/v1/chat/completions HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n` +
        `authorization: Bearer ${sandbox.apiKey}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
    const pieces: Buffer[] = [];
    socket.on('data', (piece: Buffer) => pieces.push(piece));
    await once(socket, 'close');
    const text = Buffer.concat(pieces).toString();
    // The comment, the text, its finish, the usage and the end, each as a chunk of HTTP.
    const sizes = text.slice(text.indexOf('\r\n\r\n')).match(/(?<=\r\n)[0-9a-f]+(?=\r\n)/g);
    expect(sizes).toHaveLength(1 + 500 + 3 + 1);
    expect(text.match(/"content":"[^"]+"/g)).toHaveLength(500);
  });

  it('waits before each text chunk but the first', async () => {
    const sandbox = await deciding({ chunks: 4, chunkDelayMs: 20 }, { completionMs: ENDLESS });
    const from = performance.now();
    await post(sandbox, '/chat/completions', { stream: true });
    expect(performance.now() - from).toBeGreaterThanOrEqual(3 * 20 - 5);
  });

  it('lets the cache answer', async () => {
    const sandbox = await deciding({ isCacheHit: true });
    const ids = new Set<string>();
    for (const path of PATHS) {
      for (const stream of [false, true]) {
        const { headers, json, text } = await post(sandbox, path, { stream });
        expect(headers.get('x-openrouter-cache-status')).toBe('HIT');
        ids.add(headers.get('x-generation-id')!);
        expect(text).not.toContain('"cost"');
        expect(text).not.toMatch(/"(output|completion)_tokens":[1-9]/);
        if (json !== null) {
          const { prompt_tokens, input_tokens } = json.usage;
          expect(prompt_tokens ?? input_tokens).toBe(0);
        }
      }
    }
    expect(ids.size).toBe(2 * PATHS.length);
    expect(sandbox.charges.map(({ usd }) => usd)).toEqual(Array(8).fill(0));
    expect(await totalUsage(sandbox)).toBe(0);
    const [id] = ids;
    await call(sandbox, `/generation?id=${id}`, sandbox.apiKey);
    expect((await call(sandbox, `/generation?id=${id}`, sandbox.apiKey)).json.data).toMatchObject({
      total_cost: 0,
      tokens_prompt: 0,
      tokens_completion: 0,
      response_cache_source_id: expect.stringMatching(/^gen-/),
    });
    expect((await post(await start())).headers.get('x-openrouter-cache-status')).toBeNull();
  });

  it('lets the owner’s own contract pay', async () => {
    const sandbox = await deciding({ byokUsd: 0.5 }, { generationMisses: 0 });
    for (const path of PATHS) {
      const { json } = await post(sandbox, path);
      expect(json.usage).toMatchObject({
        cost: 0,
        is_byok: true,
        cost_details: { upstream_inference_cost: 0.5 },
      });
    }
    sandbox.onCompletion(() => ({ byokUsd: 0.5, usd: 0.025 }));
    const { json } = await post(sandbox);
    expect(json.usage.cost).toBe(0.025);
    expect((await call(sandbox, `/generation?id=${json.id}`, sandbox.apiKey)).json.data).toMatchObject({
      total_cost: 0.025,
      upstream_inference_cost: 0.5,
      is_byok: true,
    });
    expect(sandbox.charges.map(({ usd }) => usd)).toEqual([0, 0, 0, 0, 0.025]);
    expect((await call(sandbox, '/key', sandbox.apiKey)).json.data).toMatchObject({
      usage: 0.025,
      byok_usage: 2.5,
    });
    expect(await totalUsage(sandbox)).toBe(0.025);
  });

  it.each(STREAMING)('cuts the connection of %s', async (path) => {
    const sandbox = await deciding({ usd: 1, cutAfter: 2 });
    for (const stream of [true, false]) {
      const response = await fetch(sandbox.baseUrl + path, {
        method: 'POST',
        headers: { authorization: `Bearer ${sandbox.apiKey}` },
        body: JSON.stringify({ ...BODIES[path], stream }),
      });
      expect(response.headers.get('x-generation-id')).toMatch(/^gen-/);
      let text = '';
      const decoder = new TextDecoder();
      const read = async (): Promise<void> => {
        for await (const piece of response.body!) text += decoder.decode(piece as Uint8Array);
      };
      await expect(read()).rejects.toThrow();
      expect(text).toContain(stream ? ' from' : '{');
      if (stream) expect(text).not.toContain(' the');
      expect(text).not.toContain('cost');
    }
    expect(sandbox.charges).toMatchObject([
      { usd: 0.4, isCancelled: true },
      { usd: 1, isCancelled: false },
    ]);
  });

  it('cuts a stream before its first text, and after its last', async () => {
    for (const [cutAfter, usd] of [
      [0, 0],
      [5, 1],
    ] as const) {
      const sandbox = await deciding({ usd: 1, cutAfter });
      await expect(post(sandbox, '/chat/completions', { stream: true })).rejects.toThrow();
      expect(sandbox.charges).toMatchObject([{ usd, isCancelled: true }]);
    }
  });
});

describe('the bill', () => {
  it('is rounded half-up to whole nano-dollars, once', async () => {
    const sandbox = await start({ credits: { totalCredits: 10, totalUsage: 0 } });
    const costs = [1.4e-9, 1.5e-9, 2.4999999e-9, 4.9e-10, 5e-10, 0.1 + 0.2, 1e-21];
    for (const usd of costs) {
      sandbox.onCompletion(() => ({ usd }));
      expect(costOf((await post(sandbox)).json)).toBe(sandbox.charges.at(-1)!.usd);
    }
    expect(sandbox.charges.map(({ usd }) => usd)).toEqual([1e-9, 2e-9, 2e-9, 0, 1e-9, 0.3, 0]);
    expect(await totalUsage(sandbox)).toBe(0.300000006);
  });

  it('is the price of the model where told so', async () => {
    const sandbox = await start({ completionCost: 'by-model', credits: { totalCredits: 10, totalUsage: 0 } });
    const costs: Record<string, number> = {};
    for (const model of ['openai/gpt-4.1', 'anthropic/claude-sonnet-4', 'acme/unknown', 'acme/small:free']) {
      costs[model] = costOf((await post(sandbox, '/chat/completions', { model })).json)!;
    }
    // 9 tokens of the prompt, 5 of the answer.
    expect(costs).toEqual({
      'openai/gpt-4.1': 0.000058,
      'anthropic/claude-sonnet-4': 0.000102,
      'acme/unknown': 0.000029,
      'acme/small:free': 0,
    });
    sandbox.onCompletion(() => ({ chunks: 1_000 }));
    expect(costOf((await post(sandbox)).json)).toBe(0.008018);
    expect(
      costOf((await post(sandbox, '/embeddings', { model: 'openai/text-embedding-3-small' })).json),
    ).toBe(0.00000012);
    sandbox.onCompletion(() => ({ usd: 0.5 }));
    expect(costOf((await post(sandbox)).json)).toBe(0.5);
    expect(await totalUsage(sandbox)).toBe(0.50820712);
  });

  it.each(STREAMING)('of a stream of %s that is left is the share of what was sent', async (path) => {
    const sandbox = await deciding({ usd: 0.01, chunks: 3, chunkDelayMs: ENDLESS }, { generationMisses: 0 });
    const generationId = await leaveAfter(sandbox, 'Hello', path);
    expect(sandbox.charges).toMatchObject([{ generationId, usd: 0.003333333, isCancelled: true }]);
    expect(await totalUsage(sandbox)).toBe(0.003333333);
    expect((await call(sandbox, `/generation?id=${generationId}`, sandbox.apiKey)).json.data).toMatchObject({
      total_cost: 0.003333333,
      tokens_completion: 1,
      cancelled: true,
      finish_reason: null,
      streamed: true,
    });
  });

  it('of such a stream is whole where its provider goes on', async () => {
    const sandbox = await deciding(
      { usd: 0.01, chunks: 3, chunkDelayMs: ENDLESS },
      { cancelledBilling: 'full' },
    );
    await leaveAfter(sandbox, 'Hello');
    expect(sandbox.cancelledBilling).toBe('full');
    sandbox.cancelledBilling = 'stops';
    await leaveAfter(sandbox, 'PROCESSING');
    await leaveAfter(sandbox, 'Hello');
    sandbox.onCompletion(() => ({ usd: 0.01, cutAfter: 0 }));
    await expect(post(sandbox, '/chat/completions', { stream: true })).rejects.toThrow();
    sandbox.cancelledBilling = 'full';
    await expect(post(sandbox, '/chat/completions', { stream: true })).rejects.toThrow();
    const [full, ...others] = sandbox.charges.map(({ usd }) => usd);
    expect(full).toBe(0.01);
    // The first text follows the comment at once, and may have been sent before the client had left.
    expect([0, 0.003333333]).toContain(others[0]);
    expect(others.slice(1)).toEqual([0.003333333, 0, 0.01]);
  });

  it('of an answer in JSON is whole, also if nobody waits for it', async () => {
    const sandbox = await deciding({ usd: 0.01 }, { completionMs: ENDLESS });
    const client = new AbortController();
    const given = call(sandbox, '/responses', sandbox.apiKey, {
      method: 'POST',
      body: JSON.stringify(BODIES['/responses']),
      signal: client.signal,
    });
    while (sandbox.requests.length === 0) await new Promise(setImmediate);
    client.abort();
    await expect(given).rejects.toThrow();
    while (sandbox.charges.length === 0) await new Promise(setImmediate);
    expect(sandbox.charges).toMatchObject([{ usd: 0.01, isCancelled: false }]);
  });

  it.each(['half', undefined, null])('refuses the cancelledBilling %j', async (value) => {
    const sandbox = await start();
    expect(() => (sandbox.cancelledBilling = value as 'full')).toThrow(
      /^OpenRouterSandbox: `cancelledBilling` must be one of "stops", "full"/,
    );
    expect(sandbox.cancelledBilling).toBe('stops');
  });

  it('is a snapshot, and agrees with the account to the last digit', async () => {
    const sandbox = await start({ credits: { totalCredits: 10, totalUsage: 0 } });
    let asked = 0;
    sandbox.onCompletion(() => {
      asked += 1;
      return { usd: asked / 7_000, ...(asked % 3 === 0 && { failAfter: asked % 5 }) };
    });
    const none = sandbox.charges;
    const paths = Array.from({ length: 40 }, (_, index) => PATHS[index % PATHS.length]!);
    await Promise.all(paths.map((path, index) => post(sandbox, path, { stream: index % 2 === 0 })));
    expect(none).toEqual([]);
    expect(sandbox.charges).toHaveLength(40);
    expect(sandbox.charges.every(Object.isFrozen)).toBe(true);
    const nanos = sandbox.charges.reduce((sum, { usd }) => sum + Math.round(usd * 1e9), 0);
    expect(Math.round((await totalUsage(sandbox)) * 1e9)).toBe(nanos);
    sandbox.spend(0.5);
    expect(sandbox.charges).toHaveLength(40);
    const before = await totalUsage(sandbox);
    sandbox.clearCharges();
    expect([sandbox.charges, await totalUsage(sandbox)]).toEqual([[], before]);
  });
});

describe('GET /generation', () => {
  const after = (ms: number): void => {
    jest.setSystemTime(Date.parse('2026-03-10T12:00:00Z') + ms);
  };

  it('finds nothing for a while, and a cancelled completion later still', async () => {
    setClock('2026-03-10T12:00:00Z');
    const sandbox = await deciding(undefined, { generationMisses: 0, generationDelayMs: 1_000 });
    const { json } = await post(sandbox);
    sandbox.onCompletion(() => ({ chunkDelayMs: ENDLESS }));
    const left = await leaveAfter(sandbox, 'Hello');
    const ask = async (id: string): Promise<number> =>
      (await call(sandbox, `/generation?id=${id}`, sandbox.apiKey)).status;
    const both = async (): Promise<number[]> => [await ask(json.id as string), await ask(left)];
    expect(await both()).toEqual([404, 404]);
    after(999);
    expect(await both()).toEqual([404, 404]);
    after(1_000);
    expect(await both()).toEqual([200, 404]);
    after(2_000);
    expect(await both()).toEqual([200, 200]);
    sandbox.generationDelayMs = 5_000;
    expect(sandbox.generationDelayMs).toBe(5_000);
    expect(await both()).toEqual([404, 404]);
    sandbox.generationDelayMs = 0;
    expect(await both()).toEqual([200, 200]);
  });

  it('counts what it did not find in that time', async () => {
    setClock('2026-03-10T12:00:00Z');
    const sandbox = await deciding(undefined, { generationMisses: 2, generationDelayMs: 1_000 });
    const { json } = await post(sandbox);
    const ask = async (): Promise<number> =>
      (await call(sandbox, `/generation?id=${json.id}`, sandbox.apiKey)).status;
    expect(await ask()).toBe(404);
    after(1_000);
    expect([await ask(), await ask()]).toEqual([404, 200]);
  });

  it.each([-1, 0.5, undefined])('refuses the generationDelayMs %p', async (value) => {
    const sandbox = await start();
    expect(() => (sandbox.generationDelayMs = value!)).toThrow(
      /^OpenRouterSandbox: `generationDelayMs` must be a whole number from 0 to 2147483647/,
    );
    expect(sandbox.generationDelayMs).toBe(0);
  });
});

it('answers many completions at a time', async () => {
  const sandbox = await deciding({ usd: 0.001 });
  let left = 500;
  const work = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await post(sandbox, STREAMING[left % STREAMING.length], { stream: left % 2 === 0 });
    }
  };
  await Promise.all(Array.from({ length: 50 }, work));
  expect(sandbox.charges).toHaveLength(500);
  expect((await manage(sandbox, 'GET', '/credits')).json.data.total_usage).toBe(0.5);
});

describe('a completion that was carried out and whose answer is lost', () => {
  it('lasts as long as its stream would have', async () => {
    const sandbox = await deciding({ chunks: 3, chunkDelayMs: 30 });
    sandbox.failNext({ fault: 'reset', when: 'after' });
    const startedAt = performance.now();
    await expect(post(sandbox, '/chat/completions', { stream: true })).rejects.toThrow();
    expect(performance.now() - startedAt).toBeGreaterThan(55);
    expect(sandbox.charges).toHaveLength(1);
  });

  it('is billed for what was made before its connection was to be cut', async () => {
    const sandbox = await deciding({ usd: 1, chunks: 5, cutAfter: 2 });
    sandbox.failNext({ status: 502, when: 'after' });
    expect((await post(sandbox, '/chat/completions', { stream: true })).status).toBe(502);
    expect(sandbox.charges).toMatchObject([{ usd: 0.4 }]);
  });
});
