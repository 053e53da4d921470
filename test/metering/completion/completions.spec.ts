import { afterEach, describe, expect, it } from '@jest/globals';
import { inspect } from 'node:util';
import { config } from 'rxjs';
import { cleanUp, closedPort, sendError, sendJson, startServer } from '../../support/servers.js';
import { answer, generationBody, openCompletions, request, usage } from './support.js';

afterEach(async () => {
  config.onUnhandledError = null;
  await cleanUp();
});

/** An API that nobody asks. */
const NOWHERE = 'http://127.0.0.1:9/api/v1';

const refused = (): Promise<unknown> =>
  closedPort().then((port) =>
    fetch(`http://127.0.0.1:${port}/`, { method: 'POST' }).catch((error: unknown) => error),
  );

describe('the cost of a completion', () => {
  it('is announced when the answer tells it, once, before the answer is over', () => {
    const { costs, open } = openCompletions(NOWHERE);
    const completion = open({ scope: { tenant: 'acme' }, model: 'asked/for' });
    completion.answered(answer({ generationId: 'gen-1' }));
    expect(costs).toEqual([]);
    completion.told(
      usage({
        usd: 0.25,
        model: 'openai/gpt-5-mini',
        provider: 'OpenAI',
        promptTokens: 10,
        completionTokens: 20,
        isByok: true,
      }),
    );
    expect(costs).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        generationId: 'gen-1',
        usd: 0.25,
        source: 'answer',
        model: 'openai/gpt-5-mini',
        requestedModel: 'asked/for',
        path: '/chat/completions',
        status: 200,
        provider: 'OpenAI',
        promptTokens: 10,
        completionTokens: 20,
        isByok: true,
        isStream: true,
        outcome: 'complete',
        scope: { tenant: 'acme' },
        startedAt: expect.any(Date),
        durationMs: expect.any(Number),
      },
    ]);
    expect(Object.isFrozen(costs[0])).toBe(true);
    completion.told(usage({ usd: 0.5 }));
    completion.ended('aborted');
    completion.ended('complete');
    completion.unanswered(new Error('late'), false);
    expect(costs).toHaveLength(1);
  });

  it('has the model that was asked for, and no scope, if nothing else is known', () => {
    const { costs, open } = openCompletions(NOWHERE);
    const completion = open({ model: 'asked/for', isStream: true });
    completion.answered(answer({ isStream: false }));
    completion.told(usage({ usd: 0 }));
    completion.ended('complete');
    expect(costs).toMatchObject([{ usd: 0, model: 'asked/for', scope: {}, isStream: false, isByok: false }]);
    expect(costs[0]).not.toHaveProperty('provider');
    expect(costs[0]).not.toHaveProperty('generationId');
  });

  it('is none for a refusal, and for a request that was never sent', async () => {
    const { completions, costs, open } = openCompletions(NOWHERE);
    const throttled = open();
    throttled.answered(answer({ status: 429 }));
    throttled.ended('complete', { error: { code: 429, message: 'slow down' } });
    open().unanswered(await refused(), false);
    open().unanswered(new DOMException('aborted', 'AbortError'), true, true);
    await completions.settled();
    expect(costs).toEqual([]);
  });

  it('is unknown if a request was lost, aborted, or failed without an id', () => {
    const { costs, open } = openCompletions(NOWHERE);
    open().unanswered(Object.assign(new Error('reset'), { code: 'ECONNRESET' }), false);
    open().unanswered(new DOMException('aborted', 'AbortError'), true);
    const failed = open();
    failed.answered(answer({ status: 502 }));
    failed.ended('complete', { error: { code: 502, message: 'down' } });
    expect(costs).toMatchObject([
      { usd: null, source: 'unknown', outcome: 'failed' },
      { usd: null, source: 'unknown', outcome: 'aborted' },
      { usd: null, source: 'unknown', outcome: 'failed' },
    ]);
  });

  it('reaches the other listeners if one of them throws', async () => {
    const { completions, costs, open } = openCompletions(NOWHERE);
    const later: number[] = [];
    const reported = new Promise((resolve) => {
      config.onUnhandledError = resolve;
    });
    completions.costs$.subscribe(() => {
      throw new Error('a listener failed');
    });
    completions.costs$.subscribe(({ usd }) => later.push(usd ?? -1));
    const completion = open();
    completion.answered(answer());
    expect(() => completion.told(usage({ usd: 1 }))).not.toThrow();
    completion.ended('complete');
    expect(costs).toHaveLength(1);
    expect(later).toEqual([1]);
    expect(await reported).toEqual(new Error('a listener failed'));
  });

  it('leaves nothing of a key, a prompt or an answer in memory', async () => {
    const server = await startServer((_request, response) => sendError(response, 404));
    const { completions, costs, open } = openCompletions(server.baseUrl);
    const completion = open();
    completion.answered(answer({ generationId: 'gen-1' }));
    completion.erred({ error: { code: 500, message: 'the prompt: my secret diary' } });
    expect(inspect(completions, { depth: Infinity, showHidden: true })).not.toMatch(/diary|sk-or/);
    completion.ended('failed');
    await completions.settled();
    expect(inspect(costs, { depth: Infinity, showHidden: true })).not.toMatch(/diary|sk-or/);
  });
});

describe('a request without a scope', () => {
  it('is refused if the options say so, with a message that names the ways to give one', () => {
    const { completions, open } = openCompletions(NOWHERE, { options: { onUnattributed: 'refuse' } });
    const refusal = completions.open(request());
    expect(refusal).toEqual({
      message: expect.stringMatching(/@MeterAs.*metering\.run.*metering\.fetchFor/s),
      metadata: { limit_source: 'application_unattributed' },
    });
    open({ scope: {} }).unanswered(undefined, true);
  });
});

describe('a cost that the answer did not tell', () => {
  it('is looked up until it is there', async () => {
    const server = await startServer((_request, response, index) => {
      if (index < 2) sendError(response, 404);
      else {
        sendJson(
          response,
          generationBody({
            total_cost: 0.125,
            model: 'openai/gpt-5-mini',
            provider_name: 'OpenAI',
            tokens_prompt: 9,
            native_tokens_prompt: 10,
            tokens_completion: 20,
            is_byok: true,
            upstream_inference_cost: 0.5,
            cancelled: true,
          }),
        );
      }
    });
    const { completions, costs, open } = openCompletions(server.baseUrl);
    const completion = open();
    completion.answered(answer({ generationId: 'gen-1' }));
    completion.ended('aborted');
    expect(costs).toEqual([]);
    await completions.settled();
    expect(costs).toMatchObject([
      {
        generationId: 'gen-1',
        usd: 0.125,
        source: 'generation',
        outcome: 'aborted',
        model: 'openai/gpt-5-mini',
        provider: 'OpenAI',
        promptTokens: 10,
        completionTokens: 20,
        isByok: true,
      },
    ]);
    expect(server.requests.map(({ path }) => path)).toEqual(Array(3).fill('/api/v1/generation?id=gen-1'));
  });

  it.each<['fee' | 'total', boolean, number]>([
    ['fee', true, 0.01],
    ['total', true, 0.31],
    ['total', false, 0.01],
  ])('contains the bill of an own provider key as `byok` says: %s', async (byok, isByok, usd) => {
    const server = await startServer((_request, response) =>
      sendJson(response, generationBody({ total_cost: 0.01, upstream_inference_cost: 0.3, is_byok: isByok })),
    );
    const { completions, costs, open } = openCompletions(server.baseUrl, { options: { byok } });
    const completion = open();
    completion.answered(answer({ generationId: 'gen-1' }));
    completion.ended('complete');
    await completions.settled();
    expect(costs).toMatchObject([{ usd, isByok }]);
  });

  it('is unknown if `byok` wants the bill of the provider, and it is not stated', async () => {
    const server = await startServer((_request, response) =>
      sendJson(response, generationBody({ total_cost: 0.01, upstream_inference_cost: null, is_byok: true })),
    );
    const { completions, costs, open } = openCompletions(server.baseUrl, { options: { byok: 'total' } });
    const completion = open();
    completion.answered(answer({ generationId: 'gen-1' }));
    completion.ended('complete');
    await completions.settled();
    expect(costs).toMatchObject([{ usd: null, source: 'unknown', isByok: true }]);
  });

  it('counts a generation once, whether it is metered or recorded first', async () => {
    const server = await startServer((_request, response) =>
      sendJson(response, generationBody({ total_cost: 0.4 })),
    );
    const { completions, costs, open } = openCompletions(server.baseUrl);
    const complete = async (generationId: string): Promise<void> => {
      const completion = open();
      completion.answered(answer({ generationId }));
      completion.ended('complete');
      await completions.settled();
    };
    await complete('gen-1');
    expect(completions.record({ usd: 0.4, id: 'gen-1' })).toBe(costs[0]);
    const recorded = completions.record({ usd: 0.4, id: 'gen-2' });
    await complete('gen-2');
    expect(costs).toEqual([costs[0], recorded]);
    expect(costs).toMatchObject([{ source: 'generation' }, { source: 'recorded' }]);
  });

  it('is unknown after the last try, whatever each of them was answered', async () => {
    const statuses = [401, 402, 403, 404, 429, 500, 200];
    const server = await startServer((_request, response, index) => {
      const status = statuses[index] ?? 500;
      if (status === 200) sendJson(response, '{"data":{}}');
      else sendError(response, status);
    });
    const { completions, costs, open } = openCompletions(server.baseUrl, {
      options: { lookupDelaysMs: [1, 1, 1, 1, 1, 1, 1] },
    });
    const completion = open();
    completion.answered(answer({ generationId: 'gen-1' }));
    completion.ended('failed');
    await completions.settled();
    expect(costs).toMatchObject([{ usd: null, source: 'unknown', outcome: 'failed', generationId: 'gen-1' }]);
    expect(server.requests).toHaveLength(statuses.length);
  });

  it('is not looked up by what cannot be the id of a generation', async () => {
    const server = await startServer((_request, response) => sendJson(response, generationBody()));
    const { completions, costs, open } = openCompletions(server.baseUrl);
    const completion = open();
    completion.answered(answer({ generationId: 'no id/../keys' }));
    completion.ended('complete');
    await completions.settled();
    expect(costs).toMatchObject([{ usd: null, source: 'unknown' }]);
    expect(server.requests).toEqual([]);
  });
});

describe('what was paid in another way', () => {
  it('is a cost of its own', () => {
    const { completions, costs } = openCompletions(NOWHERE);
    const cost = completions.record({ usd: 0.5, id: 'video-1', scope: { tenant: 'acme' }, model: 'a/video' });
    expect(cost).toEqual({
      id: 'video-1',
      usd: 0.5,
      source: 'recorded',
      model: 'a/video',
      isByok: false,
      isStream: false,
      outcome: 'complete',
      scope: { tenant: 'acme' },
      startedAt: expect.any(Date),
      durationMs: 0,
    });
    expect(costs).toEqual([cost]);
    expect(Object.isFrozen(cost)).toBe(true);
  });

  it('counts once by its id, and each time without one', () => {
    const { completions, costs } = openCompletions(NOWHERE);
    const first = completions.record({ usd: 0.5, id: 'video-1' });
    expect(completions.record({ usd: 0.75, id: 'video-1' })).toBe(first);
    completions.record({ usd: 1 });
    completions.record({ usd: 1 });
    expect(costs.map(({ usd }) => usd)).toEqual([0.5, 1, 1]);
    expect(new Set(costs.map(({ id }) => id)).size).toBe(3);
  });

  it('remembers the latest 10 000 ids', () => {
    const { completions, costs } = openCompletions(NOWHERE);
    for (let index = 0; index <= 10_000; index += 1) completions.record({ usd: 0, id: `batch-${index}` });
    completions.record({ usd: 0, id: 'batch-1' });
    expect(costs).toHaveLength(10_001);
    completions.record({ usd: 0, id: 'batch-0' });
    expect(costs).toHaveLength(10_002);
  });
});
